from pocketws.frames import Frame


def test_smoke():
    assert Frame(1, b"Hello").serialize() == b"\x81\x05Hello"

"""Masking (section 5.3), at once and in place, against the plainest loop."""

from pocketws.frames import apply_mask, mask_in_place
from tests.both.vectors import COUNT, COUNT_MASKED, KEY, repeated


def naive_mask(data, key, start, end):
    """Return `data` with data[start:end] masked, byte by byte as in section 5.3."""
    return bytes([byte ^ key[i % 4] if start <= i < end else byte for i, byte in enumerate(data)])


def test_mask_is_the_loop_of_section_5_3():
    for key in (KEY, b"\x00\x00\x00\x01", b"\xff\x00\xff\x00", bytes(4)):
        for size in range(40):
            data = COUNT[100 : 100 + size]
            masked = apply_mask(data, key)
            assert masked == naive_mask(data, key, 0, size)
            assert isinstance(masked, bytes)
            assert apply_mask(masked, key) == data, "masking twice changes nothing"


def test_mask_takes_any_bytes_and_leaves_them():
    for data in (b"Hello", bytearray(b"Hello"), memoryview(b"Hello"), memoryview(bytearray(b"-Hello-"))[1:6]):
        assert apply_mask(data, KEY) == b"\x7f\x9f\x4d\x51\x58"
        assert data == b"Hello"


def test_mask_of_a_long_payload():
    for size in (4095, 4096, 4097, 6001):
        data = repeated(COUNT, 0, size)
        masked = apply_mask(data, KEY)
        assert masked == repeated(COUNT_MASKED, 0, size)
        assert apply_mask(masked, KEY) == data


def test_mask_in_place_from_every_start_to_every_end():
    data = COUNT[50:63]
    for start in range(len(data) + 1):
        for end in range(start, len(data) + 1):
            here = bytearray(data)
            assert mask_in_place(here, KEY, start, end) is None
            assert here == naive_mask(data, KEY, start, end), (start, end)


def test_mask_in_place_across_its_steps():
    size = 3 * 4096
    for start, end in ((0, 4095), (0, 4096), (1, 4097), (2, 4099), (3, 8195), (4095, size), (4097, size - 1)):
        here = bytearray(repeated(COUNT, 0, size))
        mask_in_place(here, KEY, start, end)
        for at in range(0, size, 1024):  # piece by piece, because a board has no room for all of them
            expected = naive_mask(COUNT * 4, KEY, start - at, end - at)
            assert here[at : at + 1024] == expected, (start, end, at)


def test_mask_in_place_piece_by_piece():
    for step in (1, 2, 3, 5, 100):
        here = bytearray(COUNT)
        for start in range(0, 256, step):
            mask_in_place(here, KEY, start, min(start + step, 256))
        assert here == COUNT_MASKED

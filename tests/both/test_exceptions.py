"""What a closed connection says about its end."""

from pocketws.exceptions import ConnectionClosedError
from pocketws.frames import Close

BYE, GONE = Close(1000, "bye"), Close(1001, "")

CASES = {
    "test_the_text_tells_who_closed_and_how": [
        ("cut", None, None, None, "no Close frame received or sent"),
        ("only ours", None, BYE, None, "sent Close(code=1000, reason='bye'); no Close frame received (1006)"),
        ("only the peer's", BYE, None, None, "received Close(code=1000, reason='bye'); no Close frame sent"),
        ("the peer first", BYE, GONE, True, "received Close(code=1000, reason='bye'); then sent"),
        ("we first", GONE, BYE, False, "sent Close(code=1000, reason='bye'); then received"),
    ]
}


def test_the_text_tells_who_closed_and_how(case):
    _, received, sent, received_first, text = case
    error = ConnectionClosedError(received, sent, received_first)
    assert str(error).startswith(text), str(error)
    assert (error.rcvd, error.sent, error.rcvd_then_sent) == (received, sent, received_first)
    assert (error.code, error.reason) == ((1006, "") if received is None else received)

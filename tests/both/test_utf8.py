"""UTF-8 that arrives in pieces: decoded wherever it is cut, and refused at the first byte that shows a fault."""

from pocketws.utf8 import Utf8Decoder
from tests.both.helpers import chopped, raises
from tests.both.vectors_payload import BAD_UTF8, UTF8


def text_of(points):
    return "".join([chr(point) for point in points])


def refused_at(data):
    """Return which byte of `data`, fed one by one, is refused; len(data) for its end, None if it is all right."""
    decoder = Utf8Decoder()
    for at in range(len(data)):
        try:
            decoder.decode(data[at : at + 1])
        except UnicodeError:
            return at
    try:
        decoder.decode(b"", True)
    except UnicodeError:
        return len(data)
    return None


def test_text_is_decoded_however_chopped(case):
    name, data, points = case
    for _, pieces in chopped(data):
        decoder = Utf8Decoder()
        text = "".join([decoder.decode(piece) for piece in pieces])
        assert text == text_of(points)
        assert decoder.decode(b"", True) == ""


def test_text_is_decoded_with_any_cut(case):
    name, data, points = case
    for first in range(len(data) + 1):
        for second in range(first, len(data) + 1):
            decoder = Utf8Decoder()
            parts = [
                decoder.decode(data[:first]),
                decoder.decode(data[first:second]),
                decoder.decode(data[second:], True),
            ]
            assert "".join(parts) == text_of(points)


def test_characters_come_out_with_their_last_byte(case):
    name, data, points = case
    for size in range(len(data) + 1):
        text = Utf8Decoder().decode(data[:size])
        whole = [point for i, point in enumerate(points) if len(text_of(points[: i + 1]).encode()) <= size]
        assert text == text_of(whole)


def test_any_bytes_type_is_decoded():
    data = b"\xe2\x82\xac"
    for kind in (bytes, bytearray, memoryview):
        decoder = Utf8Decoder()
        assert decoder.decode(kind(data[:1])) == ""
        assert decoder.decode(kind(data[1:] + b"a")) == "\u20aca"


def test_piece_may_be_a_buffer_that_is_used_again():
    buffer = bytearray(b"\xe2\x82")
    decoder = Utf8Decoder()
    decoder.decode(buffer)
    buffer[:] = b"xx"
    assert decoder.decode(b"\xac") == "\u20ac"


def test_bad_text_is_refused_however_chopped(case):
    name, data, _ = case
    for before, after in ((b"", b""), (b"\xf0\x90\x80\x80", b"a"), (b"", b"\x80\x80\x80")):
        wire = before + data + after
        for cut in range(len(wire) + 1):
            decoder = Utf8Decoder()
            try:
                decoder.decode(wire[:cut])
            except UnicodeError:
                continue
            raises(UnicodeError, decoder.decode, wire[cut:], True)


# The same, with the byte that shows the fault: the number of bytes before it. Written out, for it is what
# fail-fast means; test_utf8_oracle.py compares all edges with CPython's decoder.
TELLING = {
    "a continuation byte alone": 0,
    "the last continuation byte alone": 1,
    "a continuation byte too many": 2,
    "2 bytes cut to 1": 1,
    "3 bytes cut to 1": 1,
    "3 bytes cut to 2": 2,
    "E0 cut to 1": 1,
    "4 bytes cut to 1": 1,
    "4 bytes cut to 2": 2,
    "4 bytes cut to 3": 3,
    "2 bytes broken by ASCII": 1,
    "3 bytes broken by ASCII": 2,
    "4 bytes broken by a lead byte": 3,
    "overlong NUL, 2 bytes": 0,
    "overlong slash, 2 bytes": 0,
    "overlong DEL, 2 bytes": 0,
    "overlong slash, 3 bytes": 1,
    "overlong U+07FF, 3 bytes": 1,
    "overlong slash, 4 bytes": 1,
    "overlong U+FFFF, 4 bytes": 1,
    "first surrogate": 1,
    "last surrogate": 1,
    "a surrogate pair": 1,
    "U+110000": 1,
    "U+13FFFF": 1,
    "U+140000": 0,
    "U+1FFFFF": 0,
    "5 bytes": 0,
    "6 bytes": 0,
    "FE": 0,
    "FF": 0,
    "bad after good of the same lead byte": 4,
    "surrogate after good text": 6,
    "UTF-16": 0,
    "Latin-1": 2,
}


def test_bad_text_is_refused_at_the_first_byte_that_shows_it(case):
    name, data, _ = case
    telling = TELLING[name]
    assert refused_at(data) == telling
    assert refused_at(b"\xc2\xa3" + data) == telling + 2
    assert Utf8Decoder().decode(data[:telling]) is not None
    if telling < len(data):
        raises(UnicodeError, Utf8Decoder().decode, data[: telling + 1])


def test_every_beginning_of_a_character_waits_for_more():
    for _, data, _ in UTF8:
        for size in range(len(data) + 1):
            Utf8Decoder().decode(data[:size])


def test_half_a_character_is_no_end():
    for data in (b"\xc2", b"\xe0\xa0", b"\xf4\x8f\xbf", b"a\xed\x9f"):
        decoder = Utf8Decoder()
        decoder.decode(data)
        assert str(raises(UnicodeError, decoder.decode, b"", True)) == "the text ends in the middle of a character"
        raises(UnicodeError, Utf8Decoder().decode, data, True)


def test_error_names_the_bytes():
    for data, message in (
        (b"\xf8", "byte 0xf8 never occurs in UTF-8"),
        (b"\xed\xa0", "byte 0xa0 may not follow 0xed in UTF-8"),
        (b"\xe0\x9f", "byte 0x9f may not follow 0xe0 in UTF-8"),
    ):
        assert str(raises(UnicodeError, Utf8Decoder().decode, data)) == message


CASES = {
    "test_text_is_decoded_however_chopped": UTF8,
    "test_text_is_decoded_with_any_cut": UTF8,
    "test_characters_come_out_with_their_last_byte": UTF8,
    "test_bad_text_is_refused_however_chopped": BAD_UTF8,
    "test_bad_text_is_refused_at_the_first_byte_that_shows_it": BAD_UTF8,
}

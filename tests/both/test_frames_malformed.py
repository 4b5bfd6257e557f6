"""Headers that RFC 6455 forbids: refused for the right reason, however the network chops them."""

from pocketws.exceptions import ProtocolError, WebSocketException
from pocketws.frames import RSV1, Frame, FrameParser, check_header, decode_header
from tests.both.helpers import chopped, raises
from tests.both.vectors import KEY
from tests.both.vectors_malformed import MALFORMED


def is_error_of(case, error):
    """Tell whether `error` names the rule that the vector breaks."""
    name, head, masked, section, field, rsv = case
    ending = "(RFC 6455 section %s)" % section
    return (error.section, error.field, error.close_code) == (section, field, 1002) and str(error).endswith(ending)


def test_header_is_refused(case):
    name, head, masked, section, field, rsv = case
    error = raises(ProtocolError, check_header, decode_header(head), masked, rsv)
    assert is_error_of(case, error), str(error)
    assert isinstance(error, WebSocketException)


def test_header_is_read_before_it_is_judged(case):
    name, head, masked, section, field, rsv = case
    for size in range(len(head)):
        assert decode_header(head[:size]) is None
    assert decode_header(head).size == len(head)


EARLY = ("RSV1-3", "opcode", "FIN", "MASK")  # the fields in the first two bytes; a length is judged when it is whole


def test_parser_refuses_at_the_first_byte_that_tells_and_for_good(case):
    name, head, masked, section, field, rsv = case
    telling = 2 if field in EARLY else len(head)
    for _, pieces in chopped(head):
        parser = FrameParser(masked, rsv=rsv)
        arrived = 0
        for piece in pieces:
            if arrived < telling:
                assert parser.next_frame() is None
            parser.feed(piece)
            arrived += len(piece)
            if arrived >= telling:
                error = raises(ProtocolError, parser.next_frame)
                assert is_error_of(case, error), str(error)
        for _ in range(2):
            assert str(raises(ProtocolError, parser.next_frame)) == str(error)
            parser.feed(b"\x81\x00")  # a good frame does not heal the stream


def test_two_bytes_are_judged_like_the_whole(case):
    name, head, masked, section, field, rsv = case
    header = decode_header(head)
    if field in EARLY:
        error = raises(ProtocolError, check_header, header, masked, rsv, whole=False)
        assert str(error) == str(raises(ProtocolError, check_header, header, masked, rsv))
    else:
        check_header(header, masked, rsv, whole=False)


def test_frame_before_is_not_lost(case):
    name, head, masked, section, field, rsv = case
    before = Frame(2, b"before")
    for _, pieces in chopped(before.serialize(KEY if masked else b"") + head + b"after"):
        parser = FrameParser(masked, rsv=rsv)
        taken, errors = [], []
        for piece in pieces:
            parser.feed(piece)
            try:
                while (frame := parser.next_frame()) is not None:
                    taken.append(frame)
            except ProtocolError as error:
                errors.append(error)
        assert taken == [before]
        assert errors
        for error in errors:
            assert is_error_of(case, error), str(error)


def test_without_a_role_only_the_mask_goes_unjudged(case):
    name, head, masked, section, field, rsv = case
    if field == "MASK":
        check_header(decode_header(head), None, rsv)
    else:
        assert is_error_of(case, raises(ProtocolError, check_header, decode_header(head), None, rsv))


def test_negotiated_bits_are_allowed_on_data():
    for rsv in range(8):
        for bits in range(8):
            header = decode_header(bytes((0x82 | bits << 4, 0)))
            assert header.rsv == bits
            if bits & ~rsv:
                error = raises(ProtocolError, check_header, header, None, rsv)
                digits = "%d%d%d" % (bits >> 2, bits >> 1 & 1, bits & 1)
                assert str(error).startswith("RSV1-3 is %s, but no extension" % digits)
            else:
                check_header(header, None, rsv)


def test_only_rsv1_reaches_the_frame():
    for first, rsv1 in ((0xC1, True), (0xA1, False), (0x91, False)):
        for length, payload, pieces in ((0, b"", ()), (3, b"abc", ()), (3, b"ab", (1,))):
            parser = FrameParser(rsv=7, pieces=pieces)
            parser.feed(bytes((first, length)) + payload)
            assert parser.next_frame().rsv1 is rsv1
    assert RSV1 == 4


def test_messages_say_what_was_seen():
    for head, masked, message in (
        (b"\x8b\x00", None, "opcode 0xb is reserved"),
        (b"\x08\x00", None, "a close frame may not be fragmented"),
        (b"\x89\x7e\x00\x7e", None, "a ping frame holds at most 125 bytes, not 126"),
        (b"\x81\x00", True, "a client must mask every frame"),
        (b"\x81\x80" + KEY, False, "a server must not mask its frames"),
        (b"\x82\x7e\x00\x7d", None, "length 125 has a shorter form than these 2 extra bytes"),
        (b"\x82\xff" + bytes(6) + b"\xff\xff" + KEY, None, "length 65535 has a shorter form than these 8 extra bytes"),
        (b"\x82\x7f\x80" + bytes(7), None, "the first bit of a 64-bit length must be 0"),
    ):
        error = raises(ProtocolError, check_header, decode_header(head), masked)
        assert str(error).startswith(message + " (RFC 6455 section "), str(error)
    error = raises(ProtocolError, check_header, decode_header(b"\xca\x00"), None, RSV1)
    assert str(error) == "a pong frame is never compressed (RFC 6455 section 5.2)"


CASES = {
    name: MALFORMED
    for name in (
        "test_header_is_refused",
        "test_header_is_read_before_it_is_judged",
        "test_parser_refuses_at_the_first_byte_that_tells_and_for_good",
        "test_two_bytes_are_judged_like_the_whole",
        "test_frame_before_is_not_lost",
        "test_without_a_role_only_the_mask_goes_unjudged",
    )
}

"""What frames carry: close codes and reasons, UTF-8."""

from pocketws import compat
from pocketws.compat import decode_utf8, encode_utf8
from pocketws.exceptions import ProtocolError
from pocketws.frames import decode_close, encode_close
from tests.both.helpers import raises
from tests.both.vectors_payload import BAD_CLOSES, BAD_CODES, BAD_UTF8, CLOSES, UTF8

# Close


def test_close_is_decoded(case):
    name, payload, code, reason = case
    for data in (payload, bytearray(payload), memoryview(payload)):
        close = decode_close(data)
        assert close == (close.code, close.reason) == (code, reason)


def test_close_is_encoded(case):
    name, payload, code, reason = case
    assert encode_close(code, reason) == payload
    if not reason:
        assert encode_close(code) == payload


def test_close_without_a_code():
    assert encode_close() == encode_close(None, "") == b""
    assert decode_close(b"") == decode_close(bytearray()) == (1005, "")
    assert "section 5.5.1)" in str(raises(ValueError, encode_close, None, "why"))
    assert "section 5.5.1)" in str(raises(ValueError, encode_close, reason="why"))


def test_bad_close_is_refused(case):
    name, payload, section, close_code = case
    for data in (payload, bytearray(payload)):
        error = raises(ProtocolError, decode_close, data)
        assert (error.section, error.field, error.close_code) == (section, "payload", close_code)
        assert str(error).endswith("(RFC 6455 section %s)" % section)


def test_close_code_that_may_not_be_sent_is_not_encoded():
    for code in BAD_CODES + (-1, 65536, 1 << 40):
        error = raises(ValueError, encode_close, code)
        assert str(error) == "%d is not a close code that may be sent (RFC 6455 section 7.4)" % code


def test_close_reason_of_124_bytes_is_not_encoded():
    for reason in ("r" * 124, "r" * 1000, "\u00e9" * 62):
        assert "section 5.5)" in str(raises(ValueError, encode_close, 1000, reason))


def test_close_reason_with_a_surrogate_is_not_encoded():
    raises(ValueError, encode_close, 1000, chr(0xD800))  # UnicodeError is a ValueError


# UTF-8


def test_utf8_is_decoded(case):
    name, data, points = case
    text = "".join([chr(point) for point in points])
    for wire in (data, bytearray(data), memoryview(data)):
        assert decode_utf8(wire) == text
    assert encode_utf8(text) == data


def test_bad_utf8_is_refused(case):
    name, data, lax = case
    for wire in (data, b"before" + data, data + b"after", b"\xe2\x82\xac" * 30 + data + b"\xed\x9f\xbf" * 30):
        raises(UnicodeError, decode_utf8, wire)
        raises(UnicodeError, decode_utf8, memoryview(wire))


def test_guard_of_micropython_alone_refuses_what_its_decoder_accepts():
    for _, data, lax in BAD_UTF8:
        if lax:
            for wire in (data, b"before" + data, data + b"after"):
                raises(UnicodeError, compat._refuse_lax_utf8, "", wire)


def test_guard_of_micropython_on_both_runtimes():
    runtime = compat.MICROPYTHON
    compat.MICROPYTHON = True
    try:
        for _, data, points in UTF8:
            text = "".join([chr(point) for point in points])
            assert decode_utf8(data) == text
            assert encode_utf8(text) == data
    finally:
        compat.MICROPYTHON = runtime


def test_surrogates_are_not_encoded():
    for point in (0xD800, 0xDBFF, 0xDC00, 0xDFFF):
        raises(UnicodeError, encode_utf8, "a" + chr(point) + "b")


def test_utf8_of_every_two_and_three_bytes_at_the_edges():
    """Each pair of bytes, and each edge between ranges in three bytes, against the grammar of RFC 3629."""
    edges = (0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1)
    edges += (0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF)
    wrong = []
    for a in range(0x70, 256):
        for b in range(0x70, 256):
            if is_decoded(bytes((a, b))) != is_utf8((a, b)):
                wrong.append((a, b))
    for a in edges:
        for b in edges:
            for c in edges:
                for wire in ((a, b, c), (a, b, c, 0x80), (0xF0, a, b, c), (0xF4, a, b, c)):
                    if is_decoded(bytes(wire)) != is_utf8(wire):
                        wrong.append(wire)
    assert not wrong, wrong[:10]


def is_decoded(data):
    try:
        decode_utf8(data)
    except UnicodeError:
        return False
    return True


def is_utf8(data):
    """Tell whether a tuple of bytes follows the grammar of RFC 3629 section 4."""
    at = 0
    while at < len(data):
        lead = data[at]
        at += 1
        if lead < 0x80:
            continue
        more = 1 if 0xC2 <= lead <= 0xDF else 2 if 0xE0 <= lead <= 0xEF else 3 if 0xF0 <= lead <= 0xF4 else 0
        if not more or at + more > len(data):
            return False
        lowest = 0xA0 if lead == 0xE0 else 0x90 if lead == 0xF0 else 0x80
        highest = 0x9F if lead == 0xED else 0x8F if lead == 0xF4 else 0xBF
        if not lowest <= data[at] <= highest:
            return False
        for byte in data[at + 1 : at + more]:
            if not 0x80 <= byte <= 0xBF:
                return False
        at += more
    return True


CASES = {
    "test_close_is_decoded": CLOSES,
    "test_close_is_encoded": CLOSES,
    "test_bad_close_is_refused": BAD_CLOSES,
    "test_utf8_is_decoded": UTF8,
    "test_bad_utf8_is_refused": BAD_UTF8,
}

"""permessage-deflate (RFC 7692): what is agreed on in the opening handshake."""

import os

from pocketws.compat import MICROPYTHON
from pocketws.deflate import PerMessageDeflate
from pocketws.exceptions import NegotiationError, ProtocolError
from pocketws.handshake import accept, build_request, check_response, format_extensions, parse_extensions, parse_uri
from pocketws.http import Headers, Request
from tests.both.board import on_a_board, unhex
from tests.both.helpers import raises
from tests.both.vectors_deflate import reference, stored
from tests.both.vectors_deflate_handshake import AGREED, BOARD_AGREED, FINALIZED, MALFORMED
from tests.both.vectors_handshake import KEY, REQUEST


def parameters_of(text):
    """Return the parameters that stand in a header after the extension's name."""
    value = "permessage-deflate" + ("; " + text if text else "")
    return parse_extensions(Headers({"Sec-WebSocket-Extensions": value}))[0][1]


def text_of(parameters):
    return format_extensions([("permessage-deflate", parameters)])[len("permessage-deflate; ") :]


# What is agreed on


def reaches(encode):
    """Return (whether a message refers to an earlier one, the bits of its window) by what comes out of `encode`.

    A compressor of zlib looks back less than 2**bits - 262 bytes.
    """
    content = os.urandom(100)
    first = len(encode(content, True))
    takeover = len(encode(content, True)) < first - 50
    reached = None
    for bits in range(9, 16):
        filler = bytes((1 << bits) - 300 - 100)
        alike = len(encode(content + filler + content, True))
        different = len(encode(content + filler + os.urandom(100), True))
        if alike < different - 50:
            reached = bits
    return takeover, reached


def accepts(decode):
    """The same, by what `decode` takes."""
    content = os.urandom(33_000)
    try:
        decode()(stored(content), True, None)
    except ProtocolError:
        return None
    for bits in range(15, 7, -1):
        inflate = decode()
        inflate(stored(content), True, None)
        try:
            inflate(reference(1 << bits), True, None)
            return True, bits
        except ProtocolError:
            pass
    return False, None


def check_agreed(make, own, peer):
    """Check that a codec compresses within `own` limits (None: not at all) and takes all within those of the peer."""
    codec = make()
    assert codec.compresses == (own is not None)
    if codec.compresses:
        assert reaches(codec.encode) == own
    takeover, bits = accepts(lambda: make().decode)
    assert takeover == peer[0]
    if takeover:
        assert bits == peer[1]


def test_server_answers(case):
    _, settings, offer, answer, client, server = case
    extension = PerMessageDeflate(**settings)
    accepted = extension.accept(parameters_of(offer))
    if answer is None:
        assert accepted is None
        return
    assert text_of(accepted[0]) == answer
    check_agreed(lambda: extension.accept(parameters_of(offer))[1], server, client)


def test_client_judges_the_answer(case):
    _, settings, offer, answer, client, server = case
    extension = PerMessageDeflate(**settings)
    assert text_of(extension.offer()) == offer
    if isinstance(client, str):
        error = raises(NegotiationError, extension.finalize, parameters_of(answer))
        assert (error.rfc, error.section) == (7692, client)
        return
    check_agreed(lambda: extension.finalize(parameters_of(answer)), client, server)


def test_malformed_offers_are_declined_and_answers_refused(case):
    parameters = parameters_of(case[0])
    for extension in [on_a_board()] + ([] if MICROPYTHON else [PerMessageDeflate()]):
        for more in ([], [("client_max_window_bits", "12")], [("server_no_context_takeover", None)]):
            if not set(more) & set(parameters):
                assert extension.accept(parameters + more) is None
                assert extension.accept(more + parameters) is None
                error = raises(NegotiationError, extension.finalize, parameters + more)
                assert (error.rfc, error.section) == (7692, "7")
                assert str(error).startswith("permessage-deflate has ")


def test_long_value_is_cut_in_the_text():
    error = raises(NegotiationError, on_a_board().finalize, [("server_max_window_bits", "1" * 1000)])
    assert len(str(error)) < 200


def test_answer_never_has_a_bare_parameter_that_needs_a_value():
    error = raises(NegotiationError, on_a_board().finalize, [("client_max_window_bits", None)])
    assert "client_max_window_bits; expected a number from 8 to 15" in str(error)


def test_settings_that_cannot_be(case):
    name, value = case
    error = raises(ValueError, PerMessageDeflate, **{name: value})
    assert "expected" in str(error)


def test_board_offers_what_it_can_take():
    board = on_a_board()
    offer = "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=%d; client_max_window_bits"
    assert text_of(board.offer()) == offer % 10
    assert text_of(on_a_board(server_max_window_bits=9).offer()) == offer % 9
    for answer in (
        "server_no_context_takeover; server_max_window_bits=10",
        "server_max_window_bits=8; server_no_context_takeover; client_no_context_takeover",
        "server_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9",
    ):
        codec = board.finalize(parameters_of(answer))
        assert not codec.compresses
        for _ in range(2):
            assert codec.decode(unhex("f248cdc9c90700"), True, 5) == b"Hello"
        bits = 8 if "=8" in answer else 10
        assert_corrupt_beyond(codec, 1 << bits)


def assert_corrupt_beyond(codec, window):
    error = raises(ProtocolError, codec.decode, reference(window + 1), True, None)
    assert error.close_code == 1007


def test_board_refuses_an_answer_that_is_too_much_for_it():
    for answer, section in (
        ("", "7.1.1.1"),
        ("server_no_context_takeover", "7.1.2.1"),
        ("server_max_window_bits=10", "7.1.1.1"),
        ("server_no_context_takeover; server_max_window_bits=11", "7.1.2.1"),
    ):
        error = raises(NegotiationError, on_a_board().finalize, parameters_of(answer))
        assert (error.rfc, error.section) == (7692, section)


def test_board_answers(case):
    _, settings, offer, answer = case
    accepted = on_a_board(**settings).accept(parameters_of(offer))
    if answer is None:
        assert accepted is None
        return
    assert text_of(accepted[0]) == answer
    codec = accepted[1]
    assert not codec.compresses and codec.encode is None
    assert codec.decode(unhex("f248cdc9c90700"), True, 5) == b"Hello"
    assert_corrupt_beyond(codec, 1 << int(answer.rpartition("=")[2]))


# In the opening handshake


def test_first_offer_that_can_be_had_is_accepted():
    """Section 5.1: several offers of one extension, the preferred one first."""
    offers = (
        "permessage-deflate; client_max_window_bits=16",
        "other",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=9",
    )
    for headers in ([", ".join(offers)], offers):
        request = Request("/", Headers(REQUEST + tuple([("Sec-WebSocket-Extensions", value) for value in headers])))
        response, _, chosen = accept(request, extensions=[on_a_board()])
        expected = "permessage-deflate; client_no_context_takeover; client_max_window_bits=10"
        assert response.headers["Sec-WebSocket-Extensions"] == expected
        assert len(chosen) == 1
        if not MICROPYTHON:
            response, _, chosen = accept(request, extensions=[PerMessageDeflate()])
            assert response.headers["Sec-WebSocket-Extensions"] == "permessage-deflate"
            assert len(chosen) == 1
    request = Request("/", Headers(REQUEST + (("Sec-WebSocket-Extensions", ", ".join(offers[:4])),)))
    response, _, chosen = accept(request, extensions=[on_a_board()])
    assert ("Sec-WebSocket-Extensions" in response.headers, chosen) == (False, [])


def test_handshake_between_a_board_and_others(case):
    """Either may be the server. Two boards agree too, and then send each other uncompressed messages."""
    ours, theirs, answer = case
    make = {"board": on_a_board, "desktop": PerMessageDeflate}
    client, server = make[ours](), make[theirs]()
    request = build_request(parse_uri("ws://example.com/"), KEY, extensions=[client])
    response, _, of_server = accept(request, extensions=[server])
    _, of_client = check_response(response, KEY, extensions=[client])
    assert response.headers.get("Sec-WebSocket-Extensions") == answer
    assert len(of_client) == len(of_server) == 1
    for codec in of_client:
        assert codec.compresses == (ours == "desktop")
        for sender, receiver in ((codec, of_server[0]), (of_server[0], codec)):
            if sender.compresses:
                content = os.urandom(1000) * 3
                for _ in range(2):
                    assert receiver.decode(sender.encode(content, True), True, 3000) == content


def text(case):
    """Return a name for a negotiation: the settings, and what came from the other side."""
    return "%s / %s / %s" % (", ".join(["%s=%s" % pair for pair in case[0].items()]), case[1], case[2])


BOARDS_ANSWER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10"

CASES = {
    "test_malformed_offers_are_declined_and_answers_refused": [(text,) for text in MALFORMED],
    "test_board_answers": [(text(case),) + case for case in BOARD_AGREED],
    "test_settings_that_cannot_be": [
        ("server_max_window_bits", 7),
        ("server_max_window_bits", 16),
        ("server_max_window_bits", True),
        ("server_max_window_bits", "10"),
        ("client_max_window_bits", 7),
        ("client_max_window_bits", 16),
        ("client_max_window_bits", False),
        ("client_max_window_bits", 1),
        ("client_max_window_bits", "10"),
        ("compress_settings", {"wbits": -15}),
    ],
    # What needs zlib has no cases on MicroPython.
    "test_server_answers": () if MICROPYTHON else [(text(case),) + case for case in AGREED],
    "test_client_judges_the_answer": () if MICROPYTHON else [(text(case),) + case for case in FINALIZED],
    "test_handshake_between_a_board_and_others": [("board", "board", BOARDS_ANSWER + "; client_max_window_bits=10")],
}
if not MICROPYTHON:
    CASES["test_handshake_between_a_board_and_others"] += [
        ("desktop", "desktop", "permessage-deflate"),
        ("desktop", "board", "permessage-deflate; client_no_context_takeover; client_max_window_bits=10"),
        ("board", "desktop", BOARDS_ANSWER),
    ]

"""permessage-deflate (RFC 7692): what is compressed, and what comes in, whole, cut and corrupt."""

import os

from pocketws import deflate as module
from pocketws.compat import MICROPYTHON
from pocketws.deflate import BoardInflater, PerMessageDeflate, ZlibInflater
from pocketws.exceptions import PayloadTooBig, ProtocolError
from pocketws.protocol import FAILED, OPEN
from tests.both.board import unhex
from tests.both.helpers import chopped, raises
from tests.both.vectors_deflate import (
    AFTER_FINAL,
    CONTEXT,
    CORRUPT,
    MESSAGES,
    bomb,
    literals,
    reference,
    stored,
)
from tests.both.wire import BINARY, CLIENT, CLOSE, CONT, PING, ROLES, SERVER, TEXT, feed, frame, frames, opened, taken

INFLATERS = [("board", lambda: BoardInflater(10))]
WITH_CONTEXT = []
DIGITS = b"0123456789"
if not MICROPYTHON:
    WITH_CONTEXT = [("zlib with context", lambda: ZlibInflater(10, True))]
    INFLATERS += WITH_CONTEXT + [("zlib without context", lambda: ZlibInflater(10, False))]


# What a message inflates to


def inflated(inflater, pieces, max_size=None):
    """Return a message's content, as bytes, from the pieces of its frames."""
    out = b""
    for at, piece in enumerate(pieces):
        out += inflater.decode(piece, at == len(pieces) - 1, max_size)
    return out


def check_messages(inflater_of, messages, contents):
    for chop in (0, 1, 2):
        inflater = inflater_of()
        for at, message in enumerate(messages):
            pieces = list(chopped(unhex(message)))[chop][1]
            assert inflated(inflater, pieces) == contents[at]
            assert inflated(inflater, [b""] + pieces + [b""], 1000) == contents[at]  # empty fragments


def test_messages(case):
    _, messages, contents = case
    for _, inflater_of in INFLATERS:
        check_messages(inflater_of, messages, contents)


def test_messages_that_refer_to_earlier_ones(case):
    _, messages, contents = case
    check_messages(lambda: ZlibInflater(15, True), messages, contents)
    for _, inflater_of in WITH_CONTEXT:
        check_messages(inflater_of, messages, contents)
    without = ZlibInflater(15, False)
    for message in messages[:-1]:
        without.decode(unhex(message), True, None)
    assert_corrupt(without, [unhex(messages[-1])])


def test_blocks_after_a_final_block(case):
    """Section 7.2.1 lets a sender use them. A board would need the window for it, and says that it has none."""
    _, message, content = case
    for name, inflater_of in INFLATERS:
        for _, pieces in chopped(unhex(message)):
            if name != "board":
                assert inflated(inflater_of(), pieces) == content
                continue
            error = raises(ProtocolError, inflated, inflater_of(), pieces)
            assert (error.close_code, error.rfc, error.section, error.field) == (1003, 7692, "7.2.1", "payload")


def assert_corrupt(inflater, pieces):
    error = raises(ProtocolError, inflated, inflater, pieces)
    assert (error.close_code, error.rfc, error.section, error.field) == (1007, 7692, "7.2.2", "payload")
    assert str(error) == "the compressed data is corrupt (RFC 7692 section 7.2.2)"


def test_corrupt_data_is_refused(case):
    for _, inflater_of in INFLATERS:
        for _, pieces in chopped(unhex(case[1])):
            assert_corrupt(inflater_of(), pieces or [b""])
        inflater = inflater_of()
        assert inflater.decode(unhex("f248cdc9c90700"), True, None) == b"Hello"
        assert_corrupt(inflater, [unhex(case[1])])


def test_reference_to_before_the_message():
    """MicroPython's DeflateIO gives zeros for it, never what its memory held; beyond the window it sees the fault."""
    for name, inflater_of in INFLATERS:
        for distance in (1, 100, 1024):
            if name == "board" and MICROPYTHON:
                assert inflater_of().decode(reference(distance), True, None) == bytes(3)
            else:
                assert_corrupt(inflater_of(), [reference(distance)])
        for distance in (1025, 2048, 32768):
            assert_corrupt(inflater_of(), [reference(distance)])


def test_window_is_no_larger_than_agreed(case):
    """A message may refer to as much of the earlier ones as was agreed on, and not to a byte more."""
    (bits,) = case
    content = bytes([at % 251 for at in range(40_000)])
    for extra, good in ((0, True), (1, bits == 15)):
        inflater = ZlibInflater(bits, True)
        assert inflater.decode(stored(content), True, None) == content
        distance = (1 << bits) + extra
        if good and distance <= 32768:
            assert inflater.decode(reference(distance), True, None) == (content[-distance:] + b"")[:3]
        elif not good:
            assert_corrupt(inflater, [reference(distance)])


def test_uncompressed_blocks_of_any_size():
    for _, inflater_of in INFLATERS:
        for size in (0, 1, 255, 256, 257, 1023, 4095, 4096, 4097):
            content = (DIGITS * 410)[:size]
            assert inflater_of().decode(stored(content), True, size) == content
            assert inflater_of().decode(bytearray(literals(content)), True, size) == content


# Limits


def test_limit_counts_what_is_inflated(case):
    name, message, size = case
    for _, inflater_of in INFLATERS:
        for _, pieces in chopped(message):
            assert len(inflater_of().decode(message, True, size)) == size
            assert len(inflated(inflater_of(), pieces)) == size
        error = raises(PayloadTooBig, inflater_of().decode, message, True, size - 1)
        assert (error.size, error.max_size) == (size, size - 1)
        for limit in (0, size // 2):
            error = raises(PayloadTooBig, inflater_of().decode, message, True, limit)
            assert (error.size > limit, error.max_size) == (True, limit)


def test_limit_of_nothing():
    for _, inflater_of in INFLATERS:
        assert inflater_of().decode(b"\0", True, 0) == b""
        error = raises(PayloadTooBig, inflater_of().decode, literals(b"a"), True, 0)
        assert (error.size, error.max_size) == (1, 0)


def test_limit_holds_for_a_connection(case):
    """Exact, once inflated, and for all fragments together."""
    name, sizes = case
    content = b"Hello, " * 100
    message = literals(content[:7]) if name == "small" else literals(content)
    size = 7 if name == "small" else len(content)
    for role in ROLES:
        for _, inflater_of in INFLATERS:
            for opcode in (TEXT, BINARY):
                for streaming in (False, True):
                    parts = [(opcode if at == 0 else CONT, piece) for at, piece in enumerate(cut(message, sizes))]
                    wire = b""
                    for at, (part, piece) in enumerate(parts):
                        wire += frame(role, part, piece, at == len(parts) - 1, at == 0) + frame(role, PING)
                    for limit, good in ((size, True), (size - 1, False)):
                        protocol = opened(role, module.Codec(inflater_of()), max_size=limit, streaming=streaming)
                        for _ in range(2 if good else 1):
                            events = [event for event in feed(protocol, wire) if event.opcode == opcode]
                            assert good == (events != [] and events[-1].final)
                        assert protocol.state == (OPEN if good else FAILED)
                    assert (protocol.failure.close_code, protocol.failure.max_size) == (1009, limit)
                    assert protocol.failure.size > limit


def cut(data, sizes):
    """Return `data` in pieces of `sizes`, and the rest."""
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return pieces + [data]


def test_board_keeps_no_more_compressed_data_than_the_limit_allows():
    """Its protocol cannot count what it has not inflated; the fragments of a message are counted here."""
    inflater = BoardInflater(10)
    most = module.Codec(inflater).bound(100)
    for _ in range(most // 5):
        assert inflater.decode(b"\0\0\0\xff\xff", False, 100) == b""
    size = most // 5 * 5
    inflater.decode(bytes(most - size), False, 100)
    error = raises(PayloadTooBig, inflater.decode, b"\0", False, 100)
    assert (error.size, error.max_size) == (most + 1, 100)


def test_bound_lets_every_byte_take_nine_bits():
    codec = module.Codec(BoardInflater(10))
    for size in (0, 1, 10, 100, 1000):
        message = literals(b"\xff" * size)
        assert (9 * size) // 8 < len(message) <= codec.bound(size)
        for role in ROLES:
            protocol = opened(role, codec, max_size=size)
            assert [len(event.data) for event in feed(protocol, frame(role, BINARY, message, True, True))] == [size]
            later = frames(role, (BINARY, b"\0\0\0\xff\xff", False, True), (CONT, message))
            assert [len(event.data) for event in feed(protocol, later)] == [size]
        assert codec.bound(size) <= size * 5 // 4 + 64, "little enough to hold"


# On a connection


def test_text_is_inflated_as_it_comes():
    """What is no UTF-8 shows before the message has ended, where zlib inflates."""
    for role in ROLES:
        for _, inflater_of in INFLATERS:
            text = "gr\u00fc\u00dfe \u20ac"
            message = literals(text.encode())
            for _, pieces in chopped(frame(role, TEXT, message, True, True)):
                protocol = opened(role, module.Codec(inflater_of()))
                events = []
                for piece in pieces:
                    events += protocol.receive_data(piece)
                assert events == [(TEXT, text, True)]
            protocol = opened(role, module.Codec(inflater_of()))
            feed(protocol, frame(role, TEXT, literals(b"ab\xff"), True, True), 1)
            assert protocol.failure.close_code == 1007
            protocol = opened(role, module.Codec(inflater_of()))
            feed(protocol, frame(role, TEXT, literals(b"\xff" * 9)[:-1], False, True))
            assert protocol.state == (OPEN if isinstance(inflater_of(), BoardInflater) else FAILED)


def test_corrupt_data_fails_the_connection_and_says_so():
    for role in ROLES:
        for _, inflater_of in INFLATERS:
            protocol = opened(role, module.Codec(inflater_of()))
            assert feed(protocol, frame(role, BINARY, b"\xff\xff", True, True)) == []
            ((opcode, payload, _, _),) = taken(protocol)
            text = b"the compressed data is corrupt (RFC 7692 section 7.2.2)"
            assert (opcode, payload) == (CLOSE, b"\x03\xef" + text)


def test_messages_without_compression_leave_the_context_alone(case):
    """Section 6: RSV1 tells which are compressed, message by message."""
    for role in ROLES:
        for _, inflater_of in WITH_CONTEXT:
            protocol = opened(role, module.Codec(inflater_of()))
            wire = frames(
                role,
                (TEXT, unhex("f248cdc9c90700"), True, True),
                (TEXT, b"plain"),
                (TEXT, unhex("f2001100"), False, True),
                (PING, b"p"),
                (CONT, b"\0"),
            )
            assert [event.data for event in feed(protocol, wire)] == ["Hello", "plain", b"p", "Hello"]


# Compressing


def codecs(settings=()):
    """Return the codecs of a client and of a server that have the same `settings`."""
    extension = PerMessageDeflate(**dict(settings))
    answer, server = extension.accept(extension.offer())
    return extension.finalize(answer), server


def test_what_is_compressed_is_inflated(case):
    _, settings = case
    client, server = codecs(settings)
    contents = [b"", b"a", b"Hello" * 20, bytes(3000), os.urandom(3000), b"", b"Hello" * 20, b"Hello" * 20]
    for ours, theirs in ((client, server), (server, client)):
        for content in contents:
            message = ours.encode(content, True)
            assert len(message) <= ours.bound(len(content))
            assert theirs.decode(message, True, len(content)) == content
        for content in contents:  # in fragments, each of which comes out at once
            for data, final in ((content, False), (b"", False), (memoryview(content), True)):
                message = ours.encode(data, final)
                assert message.endswith(b"\0\0\xff\xff") != final
                assert theirs.decode(message, final, None) == data


def test_messages_of_a_connection_without_context_are_all_alike(case):
    content = os.urandom(100)
    for takeover in (True, False):
        client, _ = codecs({"client_no_context_takeover": not takeover})
        sizes = [len(client.encode(content, True)) for _ in range(3)]
        assert (sizes[1] < 20 and sizes[2] < 20) == takeover
        assert sizes[0] > 100 and (takeover or sizes == [sizes[0]] * 3)


def test_empty_messages(case):
    """Section 7.2.3.6."""
    client, _ = codecs()
    for before in (b"", b"a", b""):
        client.encode(before, True)
        assert client.encode(b"", True) == b"\0"


def test_compression_is_as_good_as_asked(case):
    sizes = []
    for settings in ({"level": 0}, {"level": 1}, None, {"level": 9, "memLevel": 9}):
        client, _ = codecs({"compress_settings": settings})
        content = b"".join([b'{"n": %d}, ' % (n * n) for n in range(2000)])
        sizes.append(len(client.encode(content, True)))
    assert sizes[0] > len(content) > 2 * max(sizes[1:])


def test_protocol_sends_compressed_and_marks_it(case):
    for role in ROLES:
        client, server = codecs()
        ours, theirs = (client, server) if role == CLIENT else (server, client)
        protocol = opened(role, ours)
        other = opened(CLIENT if role == SERVER else SERVER, theirs)
        protocol.send_text("Hello " * 20)
        protocol.send_ping(b"Hello " * 20)
        protocol.send_binary(b"Hello " * 20, final=False)
        protocol.send_continuation(b"!", final=True)
        wire = protocol.data_to_send()
        assert len(wire) < 120 + 80
        assert other.receive_data(wire) == [
            (TEXT, "Hello " * 20, True),
            (PING, b"Hello " * 20, True),
            (BINARY, b"Hello " * 20 + b"!", True),
        ]


# What needs zlib has no cases on MicroPython.

ON_CPYTHON = {
    "test_messages_that_refer_to_earlier_ones": CONTEXT,
    "test_window_is_no_larger_than_agreed": [(bits,) for bits in range(8, 16)],
    "test_what_is_compressed_is_inflated": [
        ("free", {}),
        ("without context", {"server_no_context_takeover": True, "client_no_context_takeover": True}),
        ("one side without context", {"client_no_context_takeover": True}),
        ("9 bits", {"server_max_window_bits": 9, "client_max_window_bits": 9}),
        ("12 and 10 bits", {"server_max_window_bits": 12, "client_max_window_bits": 10}),
        ("settings", {"compress_settings": {"level": 1, "memLevel": 1}}),
        ("level 0", {"compress_settings": {"level": 0}}),
    ],
    "test_messages_of_a_connection_without_context_are_all_alike": [("zlib",)],
    "test_messages_without_compression_leave_the_context_alone": [("zlib",)],
    "test_empty_messages": [("zlib",)],
    "test_compression_is_as_good_as_asked": [("zlib",)],
    "test_protocol_sends_compressed_and_marks_it": [("zlib",)],
}
CASES = {
    "test_messages": MESSAGES,
    "test_blocks_after_a_final_block": AFTER_FINAL,
    "test_corrupt_data_is_refused": CORRUPT,
    "test_limit_counts_what_is_inflated": [
        ("literals", literals(b"ab" * 150), 300),
        ("stored", stored(b"ab" * 150), 300),
        ("a bomb", bomb(1 + 258 * 30), 1 + 258 * 30),
        ("one byte", literals(b"a"), 1),
        ("as much as is taken at a time", literals(b"a" * 256), 256),
        ("many blocks", b"\0\0\0\xff\xff" * 5 + stored(b"abc"), 3),
    ],
    "test_limit_holds_for_a_connection": [("small", []), ("whole", []), ("fragments", [0, 3, 100, 0, 200])],
}
for name, cases in ON_CPYTHON.items():
    CASES[name] = () if MICROPYTHON else cases

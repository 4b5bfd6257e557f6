"""permessage-deflate against `websockets`, `wsproto` and zlib; and what only CPython can measure."""

import itertools
import random
import subprocess
import tracemalloc
import zlib

import pytest
import websockets.exceptions
import websockets.extensions.permessage_deflate as theirs
import wsproto.connection
import wsproto.extensions
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from pocketws.deflate import BoardInflater, Codec, PerMessageDeflate, ZlibInflater
from pocketws.exceptions import NegotiationError, PayloadTooBig, ProtocolError
from pocketws.frames import OP_BINARY, OP_CONT, OP_TEXT
from pocketws.handshake import format_extensions, parse_extensions
from pocketws.http import Headers
from pocketws.protocol import CLIENT, FAILED, SERVER
from tests.both.board import on_a_board
from tests.both.vectors_deflate import literals, reference, stored
from tests.both.wire import frame, opened
from tests.test_micropython import ROOT, micropython
from tests.test_protocol_peers import OTHER, Pocketws, Websockets, Wsproto
from tests.thorough import THOROUGH, first, some

TAKEOVER = ("server_no_context_takeover", "client_no_context_takeover")
WINDOWS = range(8, 16) if THOROUGH else (8, 9, 12, 15)  # bits
BITS = ("server_max_window_bits", "client_max_window_bits")
NAME = "permessage-deflate"


def named(*values):
    return dict(zip(TAKEOVER + BITS, values, strict=True))


# What is agreed on, compared with `websockets`


def theirs_accepts(extension, offer):
    """Return the answer of a server of `websockets`, or None."""
    try:
        return extension.process_request_params(offer, [])[0]
    except websockets.exceptions.NegotiationError:
        return None


def parameters(*values):
    """Return a list of parameters. The values are those of named(); None is left out, True has no value."""
    found = [(name, None) for name, value in zip(TAKEOVER, values[:2], strict=True) if value]
    found += [
        (name, None if value is True else str(value))
        for name, value in zip(BITS, values[2:], strict=True)
        if value is not None
    ]
    return found


FLAGS = (False, True)
LIMITS = (None, 8, 9, 12, 15)
OFFERS = list(itertools.product(FLAGS, FLAGS, LIMITS, (True,) + LIMITS))


@pytest.mark.parametrize("required", FLAGS)
@pytest.mark.parametrize("takeover", list(itertools.product(FLAGS, FLAGS)), ids=str)
def test_server_answers_as_websockets_does(takeover, required):
    compared = 0
    for server_bits, client_bits in itertools.product(LIMITS, LIMITS):
        if required and client_bits is None:
            continue  # websockets refuses to make one
        ours = PerMessageDeflate(*takeover, server_bits, client_bits, required)
        if server_bits == 8:
            continue  # websockets cannot compress with it, and we promise to send uncompressed
        other = theirs.ServerPerMessageDeflateFactory(
            *takeover, server_bits, client_bits, require_client_max_window_bits=required
        )
        for values in OFFERS:
            offer = parameters(*values)
            accepted = ours.accept(offer)
            if values[2] == 8:  # the same: we agree, and websockets declines
                assert theirs_accepts(other, offer) is None
                assert accepted is None or not accepted[1].compresses
            else:
                assert (accepted and accepted[0]) == theirs_accepts(other, offer)
                assert accepted is None or accepted[1].compresses
                compared += 1
    assert compared > 1000


@pytest.mark.parametrize("takeover", list(itertools.product(FLAGS, FLAGS)), ids=str)
def test_client_judges_as_websockets_does(takeover):
    compared = 0
    for server_bits, client_bits in itertools.product(LIMITS, (True,) + LIMITS):
        ours = PerMessageDeflate(*takeover, server_bits, client_bits)
        if client_bits == 8:
            continue  # as above
        other = theirs.ClientPerMessageDeflateFactory(*takeover, server_bits, client_bits)
        assert ours.offer() == other.get_request_params()
        for values in OFFERS:
            answer = parameters(*values)
            try:
                codec = ours.finalize(answer)
            except NegotiationError:
                codec = None
            try:
                extension = other.process_response_params(answer, [])
            except websockets.exceptions.NegotiationError:
                extension = None
            above_our_hint = isinstance(values[3], int) and client_bits in (9, 12) and values[3] > client_bits
            if values[3] is not True and above_our_hint and codec is not None:
                assert extension is None, "section 7.1.2.2: the server may ignore our hint, but websockets refuses"
            elif values[3] == 8 and codec is not None:
                assert (extension, codec.compresses) == (None, False), "we send uncompressed instead"
            else:
                assert (codec is None) == (extension is None)
                compared += 1
    assert compared > 1000


NUMBERS = st.sampled_from(["7", "8", "9", "15", "16", "08", "010", "-9", "1_0", "\u0661\u0660", "", "1" * 100])
PARAMETERS = st.lists(
    st.tuples(
        st.sampled_from(TAKEOVER + BITS + ("foo", "SERVER_NO_CONTEXT_TAKEOVER")),
        st.one_of(st.none(), NUMBERS, st.text()),
    ),
    max_size=5,
)


@settings(max_examples=some(1000), deadline=None)
@given(offer=PARAMETERS)
def test_any_offer_is_judged_as_websockets_does(offer):
    answer = PerMessageDeflate(client_max_window_bits=None).accept(offer)
    if ("server_max_window_bits", "8") not in offer:
        assert (answer and answer[0]) == theirs_accepts(theirs.ServerPerMessageDeflateFactory(), offer)


# Messages, both ways


def compressing(endpoint, extension):
    """Return the endpoint (of test_protocol_peers) with an extension, or a codec of ours."""
    if isinstance(endpoint, Pocketws):
        role, limit = endpoint.protocol.role, endpoint.protocol.max_size
        endpoint.protocol = opened(role, extension, max_size=limit)
    elif isinstance(endpoint, Websockets):
        endpoint.protocol.extensions = [extension]
    else:
        kind = wsproto.connection.CLIENT if endpoint.connection.client else wsproto.connection.SERVER
        endpoint.connection = wsproto.connection.Connection(kind, [extension])
    return endpoint


def header(offer):
    return format_extensions([(NAME, offer)])


def read(value):
    return parse_extensions(Headers({"Sec-WebSocket-Extensions": value}))[0][1]


def with_websockets(role, asked):
    """Return (our codec, the peer's extension) that agreed on `asked`; we have `role`."""
    if role == CLIENT:
        ours = PerMessageDeflate(**asked)
        answer, extension = theirs.ServerPerMessageDeflateFactory().process_request_params(ours.offer(), [])
        return ours.finalize(answer), extension
    factory = theirs.ClientPerMessageDeflateFactory(**asked)
    answer, codec = PerMessageDeflate().accept(factory.get_request_params())
    return codec, factory.process_response_params(answer, [])


def with_wsproto(role, asked):
    if role == CLIENT:
        ours, extension = PerMessageDeflate(**asked), wsproto.extensions.PerMessageDeflate()
        return ours.finalize(read(NAME + "; " + extension.accept(header(ours.offer())))), extension
    extension = wsproto.extensions.PerMessageDeflate(**asked)
    answer, codec = PerMessageDeflate().accept(read(NAME + "; " + extension.offer()))
    extension.finalize(header(answer))
    return codec, extension


PEERS = {"websockets": (Websockets, with_websockets), "wsproto": (Wsproto, with_wsproto)}
RNG = random.Random(7692)
TEXT = "Gr\u00fc\u00dfe, \u4e16\u754c! \U0001f44b "
MIXED = (  # 30 messages: opcode, parts
    [(OP_BINARY, [b""]), (OP_TEXT, ["a"]), (OP_TEXT, [TEXT]), (OP_TEXT, [""]), (OP_BINARY, [RNG.randbytes(100_000)])]
    + [(OP_TEXT, [TEXT * 20])] * 5
    + [(OP_BINARY, [RNG.randbytes(200) * 3, b"", b"x", RNG.randbytes(700)])] * 5
    + [(OP_TEXT, ["", TEXT, TEXT * 3, ""])] * 5
    + [(OP_BINARY, [bytes(70_000)]), (OP_BINARY, [b""]), (OP_BINARY, [b""]), (OP_TEXT, ["", ""])]
    + [(OP_TEXT, ['{"t": %d.5}' % number]) for number in range(6)]
)


def exchange(speaker, listener, messages, step=1 << 30):
    for opcode, parts in messages:
        for at, part in enumerate(parts):
            speaker.send(OP_CONT if at else opcode, part, at == len(parts) - 1)
        wire = speaker.output()
        for at in range(0, len(wire), step):
            listener.receive(wire[at : at + step])
    assert listener.events == [(opcode, ("" if opcode == OP_TEXT else b"").join(parts)) for opcode, parts in messages]
    assert listener.verdict() == "open"


@pytest.mark.parametrize("server_bits", WINDOWS)
@pytest.mark.parametrize("role", (CLIENT, SERVER))
@pytest.mark.parametrize("peer", PEERS)
def test_messages_both_ways(peer, role, server_bits):
    assert len(MIXED) == 30
    endpoint, agree = PEERS[peer]
    done = 0
    for no_server, no_client, client_bits in itertools.product(FLAGS, FLAGS, WINDOWS):
        own, other = (client_bits, server_bits) if role == CLIENT else (server_bits, client_bits)
        if other == 8 or (peer == "wsproto" and own == 8):
            continue  # they cannot
        if role == SERVER and client_bits == 8:
            continue
        codec, extension = agree(role, named(no_server, no_client, server_bits, client_bits))
        us, them = compressing(Pocketws(role), codec), compressing(endpoint(OTHER[role]), extension)
        assert codec.compresses == (own != 8)
        exchange(us, them, MIXED)
        exchange(them, us, MIXED)
        done += 1
    assert done or server_bits == 8


@pytest.mark.parametrize("role", (CLIENT, SERVER))
@pytest.mark.parametrize("peer", PEERS)
def test_messages_both_ways_as_everyone_offers_it(peer, role):
    endpoint, agree = PEERS[peer]
    codec, extension = agree(role, {})
    us, them = compressing(Pocketws(role), codec), compressing(endpoint(OTHER[role]), extension)
    exchange(us, them, MIXED, 1000)
    exchange(them, us, MIXED, 1000)


PARTS = st.lists(st.binary(max_size=2000) | st.sampled_from([bytes(5000), b"Hello" * 100]), min_size=1, max_size=4)
MESSAGES = st.lists(
    st.tuples(st.just(OP_BINARY), PARTS) | st.tuples(st.just(OP_TEXT), st.lists(st.text(), min_size=1, max_size=4)),
    max_size=8,
)


@pytest.mark.parametrize("role", (CLIENT, SERVER))
@pytest.mark.parametrize("peer", PEERS)
@settings(max_examples=100, deadline=None)
@given(
    asked=st.builds(named, st.booleans(), st.booleans(), st.integers(9, 15), st.integers(9, 15)),
    ours=MESSAGES,
    others=MESSAGES,
    step=st.sampled_from([1, 7, 1000, 1 << 30]),
)
def test_random_messages_both_ways(peer, role, asked, ours, others, step):
    endpoint, agree = PEERS[peer]
    codec, extension = agree(role, asked)
    us, them = compressing(Pocketws(role), codec), compressing(endpoint(OTHER[role]), extension)
    exchange(us, them, ours, step)
    exchange(them, us, others, step)


@pytest.mark.parametrize("role", (CLIENT, SERVER))
def test_limit_is_that_of_websockets(role):
    """Exact in the bytes that are inflated, for whole messages and for fragments."""
    for content, extra, parts in itertools.product((b"\0" * 5000, RNG.randbytes(5000)), (0, 1), (1, 3)):
        asked = named(False, False, 12, 12)
        codec, extension = with_websockets(role, asked)
        us, them = compressing(Pocketws(role, 5000 - extra), codec), compressing(Websockets(OTHER[role]), extension)
        pieces = [content[at * 2000 : 5000 if at == parts - 1 else at * 2000 + 2000] for at in range(parts)]
        for at, piece in enumerate(pieces):
            them.send(OP_CONT if at else OP_BINARY, piece, at == parts - 1)
        us.receive(them.output())
        assert us.verdict() == ("fails 1009" if extra else "open")


@settings(max_examples=some(300), deadline=None)
@given(content=st.binary(max_size=600), fault=st.data())
def test_faults_are_seen_wherever_zlib_sees_them(content, fault):
    """What we accept, zlib accepts, and it means the same; we refuse more: what is cut."""
    compressor = zlib.compressobj(wbits=-15)
    message = bytearray((compressor.compress(content * 2) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4])
    at = fault.draw(st.integers(0, len(message) - 1))
    message[at] ^= 1 << fault.draw(st.integers(0, 7))
    try:
        found = ZlibInflater(15, False).decode(bytes(message), True, 100_000)
    except (ProtocolError, PayloadTooBig):
        return
    decompressor = zlib.decompressobj(-15)
    try:
        whole = decompressor.decompress(bytes(message) + b"\x00\x00\xff\xff")
    except zlib.error:
        raise AssertionError("zlib sees a fault") from None
    assert found.startswith(whole) if decompressor.eof else found == whole  # zlib stops at a final block


# A board


def test_handshakes_of_a_board_with_websockets():
    board = on_a_board()
    answer, _ = theirs.ServerPerMessageDeflateFactory().process_request_params(board.offer(), [])
    assert header(answer) == (
        NAME + "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10"
    )
    assert not board.finalize(answer).compresses
    factory = theirs.ClientPerMessageDeflateFactory()
    answer, codec = board.accept(factory.get_request_params())
    extension = factory.process_response_params(answer, [])
    assert (extension.local_no_context_takeover, extension.local_max_window_bits) == (True, 10)
    assert not codec.compresses
    assert (
        on_a_board().accept(theirs.ClientPerMessageDeflateFactory(client_max_window_bits=None).get_request_params())
        is None
    )


PROGRAM = """
import sys
sys.path[:] = [".frozen", "lib", "."]
from binascii import hexlify, unhexlify
from pocketws.deflate import PerMessageDeflate
from pocketws.exceptions import PayloadTooBig, ProtocolError
board = PerMessageDeflate()
answer = [("server_no_context_takeover", None), ("server_max_window_bits", "10")]
codec = board.finalize(answer)
while True:
    line = sys.stdin.readline().strip()
    if line == "end":
        break
    try:
        parts = line.split(",")
        for at, part in enumerate(parts):
            out = codec.decode(unhexlify(part), at == len(parts) - 1, 16384)
        print(hexlify(out).decode())
    except (ProtocolError, PayloadTooBig) as error:
        print("fails", error.close_code)
        codec = board.finalize(answer)
"""


def on_micropython(messages):
    """Return what each of the messages (lists of parts) inflates to on MicroPython: bytes, or a str for a failure."""
    lines = "".join(",".join(part.hex() for part in parts) + "\n" for parts in messages) + "end\n"
    command = [micropython(), "-X", "heapsize=192K", "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, input=lines, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr
    found = done.stdout.splitlines()
    assert len(found) == len(messages)
    return [line if line.startswith("fails") else bytes.fromhex(line) for line in found]


CONTENTS = [
    b"",
    b"a",
    b"Hello",
    TEXT.encode() * 30,
    b'{"temperature": 21.5, "humidity": 40}' * 200,
    bytes(8192),
    RNG.randbytes(2000),
    RNG.randbytes(900) * 5,
    bytes(RNG.choice(b"abcd ") for _ in range(6000)),
]


def compressed_by_websockets(content, sizes):
    """Return the payloads of the frames, cut after `sizes`, as a server of `websockets` sends them to a board."""
    factory = theirs.ServerPerMessageDeflateFactory(compress_settings={"level": RNG.randrange(10)})
    extension = factory.process_request_params(on_a_board().offer(), [])[1]
    cuts = [0, *sizes, len(content)]
    parts = [content[start:end] for start, end in itertools.pairwise(cuts)]
    return [
        bytes(extension.encode(Frame(Opcode.CONT if at else Opcode.BINARY, part, at == len(parts) - 1)).data)
        for at, part in enumerate(parts)
    ]


def test_micropython_inflates_what_websockets_compressed_for_it():
    messages, contents = [], []
    for content in CONTENTS * 5:
        for sizes in ([], sorted(RNG.randrange(len(content) + 1) for _ in range(3))):
            messages.append(compressed_by_websockets(content, sizes))
            contents.append(content)
    inflater = BoardInflater(10)  # with the stand-in
    for parts, content in zip(messages, contents, strict=True):
        for at, part in enumerate(parts):
            out = inflater.decode(part, at == len(parts) - 1, 16384)
        assert out == content
    assert on_micropython(messages) == contents


def broken(message):
    message = bytearray(message)
    for _ in range(RNG.randrange(1, 4)):
        at = RNG.randrange(len(message) + 1)
        change = RNG.randrange(4)
        if change == 0:
            message[at:at] = RNG.randbytes(1)
        elif change == 1:
            del message[at:]
        elif at < len(message):
            message[at] ^= 1 << RNG.randrange(8)
    return bytes(message)


def test_micropython_survives_what_is_broken():
    """It never hands out what zlib would inflate to something else; but it takes some that zlib refuses, as it says."""
    messages = [[broken(compressed_by_websockets(content, [])[0])] for content in CONTENTS[1:] * 60]
    found = on_micropython(messages)
    counts = {"same": 0, "refused": 0, "lax": 0, "stricter": 0}
    for (message,), board in zip(messages, found, strict=True):
        try:
            desktop = bytes(ZlibInflater(10, False).decode(message, True, 16384))
        except (ProtocolError, PayloadTooBig) as error:
            desktop = f"fails {error.close_code}"
        if isinstance(desktop, str):
            counts["refused" if isinstance(board, str) else "lax"] += 1
        elif isinstance(board, str):  # a reference beyond the window, or blocks after a final one
            assert board in ("fails 1007", "fails 1003")
            counts["stricter"] += 1
        else:
            assert board == desktop
            counts["same"] += 1
    assert counts["same"] > 20 and counts["refused"] > 100
    assert counts["lax"] < counts["refused"] / 5


# Limits that only CPython can measure


@pytest.mark.parametrize("parts", first((1000, 1)))
@pytest.mark.parametrize("kind", ("zlib", "board"))
def test_bomb_is_not_inflated(kind, parts):
    """100 MB in 100 KB."""
    limit = 1 << 20
    compressor = zlib.compressobj(wbits=-10 if kind == "board" else -15)
    bomb = b"".join([compressor.compress(bytes(1 << 20)) for _ in range(100)]) + compressor.flush(zlib.Z_SYNC_FLUSH)
    assert len(bomb) < 110_000
    inflater = BoardInflater(10) if kind == "board" else ZlibInflater(15, True)
    size = -(-len(bomb) // parts)
    pieces = [bomb[at : at + size] for at in range(0, len(bomb), size)]
    wire = [
        frame(CLIENT, OP_CONT if at else OP_BINARY, piece, at == len(pieces) - 1, at == 0)
        for at, piece in enumerate(pieces)
    ]
    protocol = opened(CLIENT, Codec(inflater), max_size=limit)
    tracemalloc.start()
    try:
        for piece in wire:
            assert protocol.receive_data(piece) == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (protocol.state, protocol.failure.close_code) == (FAILED, 1009)
    assert limit < protocol.failure.size <= limit + 1
    assert peak < 3 * limit


@pytest.mark.parametrize("level", range(10))
def test_bound_is_enough_for_zlib(level):
    """Whatever its settings; the worst need 4 % more, and a compressor with fixed codes, without zlib, 12.5 %."""
    contents = [RNG.randbytes(size) for size in (0, 1, 2, 10, 100, 1000, 20_000)]
    contents += [bytes(RNG.randrange(144, 256) for _ in range(3000)), bytes(RNG.randrange(16) for _ in range(3000))]
    codec = Codec(ZlibInflater(15, False))
    for memory, strategy in itertools.product(range(1, 10), range(5)):
        for content in contents:
            compressor = zlib.compressobj(level, zlib.DEFLATED, -15, memory, strategy)
            message = (compressor.compress(content) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]
            assert len(message) <= codec.bound(len(content))


def test_small_blocks_beyond_the_bound_are_refused():
    """No sender has to flush after each byte, but it may; then a message is refused, long before it is held whole."""
    compressor = zlib.compressobj(wbits=-15)
    content = RNG.randbytes(1000)
    pieces = [compressor.compress(bytes((byte,))) + compressor.flush(zlib.Z_SYNC_FLUSH) for byte in content]
    message = b"".join(pieces)[:-4]
    for limit, verdict in ((len(content), "fails 1009"), (8 * len(content), "open")):
        us = compressing(Pocketws(CLIENT, limit), Codec(ZlibInflater(15, True)))
        us.receive(frame(CLIENT, OP_BINARY, message, True, True))
        assert us.verdict() == verdict
    fragments = compressing(Pocketws(CLIENT, len(content)), Codec(ZlibInflater(15, True)))
    for at, piece in enumerate(pieces):  # in frames of their own they pass
        last = at == len(pieces) - 1
        fragments.receive(frame(CLIENT, OP_CONT if at else OP_BINARY, piece[:-4] if last else piece, last, at == 0))
    assert fragments.events == [(OP_BINARY, content)]


class CountingZlib:
    """Counts the bytes that its decompressors are given, and those that they hand back."""

    error = zlib.error

    def __init__(self):
        self.count = 0

    def decompressobj(self, wbits, zdict):
        return CountingDecompressor(self, zlib.decompressobj(wbits, zdict))


class CountingDecompressor:
    def __init__(self, counter, decompressor):
        self.counter = counter
        self.decompressor = decompressor
        self.eof = False
        self.unused_data = b""

    def decompress(self, data, size):
        out = self.decompressor.decompress(data, size)
        self.eof, self.unused_data = self.decompressor.eof, self.decompressor.unused_data
        self.counter.count += len(data) + len(self.unused_data)
        return out


@pytest.mark.parametrize("block", (b"\x03\x00", b"\x73\x04\x00"), ids=("empty", "one byte"))
def test_work_is_linear_in_final_blocks(block):
    """Each one needs a new decompressor, to which the rest is handed on: not all of it each time."""
    counts = []
    for number in (10_000, 20_000):
        inflater = ZlibInflater(15, True)
        inflater._zlib = CountingZlib()
        out = inflater.decode(block * number + b"\0", True, 1 << 20)
        assert len(out) == (0 if len(block) == 2 else number)
        counts.append(inflater._zlib.count)
    assert counts[1] < 2.2 * counts[0]


def kept_by(function):
    """Return the bytes that are in use after `function`, and were not before."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("bits", (9, 12, 15))
def test_inflater_keeps_its_window_and_no_more(bits):
    inflater = ZlibInflater(bits, True)
    content = RNG.randbytes(1 << 20)
    message = stored(content)

    def receive():
        for _ in range(3):
            assert inflater.decode(message, True, None) == content

    assert kept_by(receive) < (1 << bits) + 2000
    distance = 1 << bits
    assert inflater.decode(reference(distance), True, None) == content[-distance:][:3]
    assert inflater.decode(literals(b"abc"), True, None) == b"abc"


@pytest.mark.parametrize("takeover", FLAGS)
def test_compressor_takes_as_much_memory_as_is_said(takeover):
    """zlib: 2**(bits + 2) + 2**(memLevel + 9) bytes, and some; and none between messages without context."""
    extension = PerMessageDeflate(client_no_context_takeover=not takeover)
    codec = extension.finalize([])
    kept = kept_by(lambda: codec.encode(b"Hello" * 100, True))
    assert 144 << 10 < kept < 160 << 10 if takeover else kept < 1000

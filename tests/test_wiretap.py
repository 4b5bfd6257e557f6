"""The wiretap: nobody notices it, it sees everything, and it fails when told to."""

import asyncio
import contextlib
import gc
import os
import socket
import struct
import time
import warnings
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosedError, InvalidMessage

from classroom.wiretap import CLOSING, HELD, Wiretap
from classroom.wiretap_stream import Head, Recorder, Tapped
from pocketws.exceptions import InvalidURI
from pocketws.frames import OP_BINARY, OP_CLOSE, OP_CONT, OP_PING, OP_TEXT, Frame, FrameParser, encode_close

KEY = b"\x37\xfa\x21\x3d"
REQUEST = (
    b"GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
RESPONSE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


def scene(coroutine_function):
    """Run a test's coroutine; check that it took no longer than 20 seconds, and left no task and no socket."""

    async def run():
        async with asyncio.timeout(20):
            await coroutine_function()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if left:  # those of the peers may need a moment to see that they are done
            await asyncio.wait(left, timeout=5)
        assert not [task for task in left if not task.done()]

    before = open_files()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        asyncio.run(run())
        gc.collect()
    assert open_files() == before


def open_files():
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


async def until(condition):
    """Let everything else run until `condition()` is true; the scene's time-out is the limit."""
    while not condition():  # noqa: ASYNC110 (what the conditions look at has no Event to wait for)
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def echo_server(**options):
    """Give the URL of a `websockets` server that sends back what it gets."""

    async def echo(websocket):
        with contextlib.suppress(ConnectionClosedError):
            async for message in websocket:
                await websocket.send(message)

    async with serve(echo, "127.0.0.1", 0, **{"compression": None, "ping_interval": None} | options) as server:
        yield "ws://127.0.0.1:%d" % server.sockets[0].getsockname()[1]


class Peer:
    """A raw TCP server with one connection at a time: what it gets and sends is up to the test."""

    async def __aenter__(self):
        self._arrived = asyncio.Queue()
        self._server = await asyncio.start_server(lambda *streams: self._arrived.put_nowait(streams), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._writers = []
        return self

    async def accept(self):
        reader, writer = await self._arrived.get()
        self._writers.append(writer)
        return reader, writer

    async def __aexit__(self, *exc_info):
        self._server.close()
        while not self._arrived.empty():
            self._writers.append(self._arrived.get_nowait()[1])
        for writer in self._writers:
            await hang_up(writer)
        await self._server.wait_closed()


async def hang_up(writer):
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@contextlib.asynccontextmanager
async def raw_pair(limit=None):
    """Give a wiretap and the streams of both ends of a connection through it: (tap, client, server)."""
    async with Peer() as peer:
        options = {} if limit is None else {"limit": limit}
        async with Wiretap(f"ws://127.0.0.1:{peer.port}/chat", **options) as tap:
            client = await asyncio.open_connection("127.0.0.1", port_of(tap))
            server = await peer.accept()
            try:
                yield tap, client, server
            finally:
                await hang_up(client[1])


async def upgrade(client, server):
    """Send the handshake through a raw pair."""
    client[1].write(REQUEST)
    assert await server[0].readexactly(len(REQUEST)) == REQUEST
    server[1].write(RESPONSE)
    assert await client[0].readexactly(len(RESPONSE)) == RESPONSE


def port_of(tap):
    return int(tap.url.split(":")[2].partition("/")[0])


def names(tap):
    return [record.name for record in tap.records]


# ---- it is not noticed, and sees everything


def test_a_conversation_of_websockets_is_recorded():
    async def conversation():
        async with echo_server() as url, Wiretap(url + "/chat?room=1") as tap:
            assert tap.url == f"ws://127.0.0.1:{port_of(tap)}/chat?room=1"
            async with connect(tap.url, compression=None) as websocket:
                assert websocket.request.path == "/chat?room=1"
                await websocket.send("Hello")
                assert await websocket.recv() == "Hello"
                await websocket.send(b"\x00\xff")
                assert await websocket.recv() == b"\x00\xff"
                await (await websocket.ping(b"hi"))
                await websocket.close(1000, "bye")
        seen = [(frame.sender, frame.name, frame.data, frame.masked) for frame in tap.frames]
        assert seen == [
            ("client", "text", b"Hello", True),
            ("server", "text", b"Hello", False),
            ("client", "binary", b"\x00\xff", True),
            ("server", "binary", b"\x00\xff", False),
            ("client", "ping", b"hi", True),
            ("server", "pong", b"hi", False),
            ("client", "close", b"\x03\xe8bye", True),
            ("server", "close", b"\x03\xe8bye", False),
        ]
        assert all(frame.fin and not frame.error and frame.delivered == frame.wire for frame in tap.frames)
        assert all(0 <= frame.time <= frame.arrived < 20 for frame in tap.frames)
        assert [record.time for record in tap.records] == sorted(record.time for record in tap.records)
        assert names(tap)[:2] == ["request", "response"] and names(tap)[-1] == "end"
        ((request, response, connection),) = tap.handshakes
        assert request.startswith(b"GET /chat?room=1 HTTP/1.1\r\n") and response.startswith(b"HTTP/1.1 101 ")
        assert request.endswith(b"\r\n\r\n") and response.endswith(b"\r\n\r\n") and connection == 1
        for sender, head, total in (
            ("client", request, tap.bytes_from_client),
            ("server", response, tap.bytes_from_server),
        ):
            assert total == len(head) + sum(len(frame.wire) for frame in tap.frames if frame.sender == sender)

    scene(conversation)


def test_compressed_messages_are_shown_as_what_they_say():
    async def conversation():
        async with echo_server(compression="deflate") as url, Wiretap(url) as tap:
            async with connect(tap.url) as websocket:
                for text in ("Hello", "Hello", "Hello, Hello"):
                    await websocket.send(text)
                    assert await websocket.recv() == text
        texts = [frame for frame in tap.frames if frame.name == "text"]
        assert [frame.inflated for frame in texts[::2]] == [b"Hello", b"Hello", b"Hello, Hello"]
        assert texts[0].remark == "compressed" and texts[0].rsv == 4 and texts[0].data != b"Hello"
        assert not any(frame.error for frame in tap.frames)
        assert "'Hello, Hello'" in tap.ladder().description

    scene(conversation)


def test_connections_are_numbered():
    async def conversation():
        async with echo_server() as url, Wiretap(url) as tap:
            async with connect(tap.url, compression=None) as one, connect(tap.url, compression=None) as two:
                for websocket, text in ((two, "second"), (one, "first")):
                    await websocket.send(text)
                    assert await websocket.recv() == text
            async with connect(tap.url, compression=None):
                pass
            await tap.wait_ended()
        texts = [(frame.connection, frame.data) for frame in tap.frames if frame.name == "text"]
        assert texts == [(2, b"second")] * 2 + [(1, b"first")] * 2
        assert [handshake.connection for handshake in tap.handshakes] == [1, 2, 3]
        assert "#2" in str(tap.ladder()) and "first" not in str(tap.ladder(2)) and "#" not in str(tap.ladder(2))

    scene(conversation)


def test_a_large_message_passes():
    async def conversation():
        data = os.urandom(3_000_000)
        async with echo_server(max_size=None) as url, Wiretap(url) as tap:
            async with connect(tap.url, compression=None, max_size=None) as websocket:
                await websocket.send(data)
                assert await websocket.recv() == data
        assert [bytes(frame.data) for frame in tap.frames if frame.name == "binary"] == [data, data]

    scene(conversation)


def test_a_server_that_speaks_first_and_one_that_never_ends():
    async def conversation():
        async with raw_pair() as (tap, client, server):
            server[1].write(b"220 mail.example\r\n")
            assert await client[0].readline() == b"220 mail.example\r\n"
            client[1].write(b"\x16\x03\x01")
            assert await server[0].readexactly(3) == b"\x16\x03\x01"
            first, second = tap.records
            assert (first.sender, first.name, first.data) == ("server", "bytes", b"220 mail.example\r\n")
            assert (second.sender, second.name, second.data) == ("client", "bytes", b"\x16\x03\x01")
            assert "neither HTTP nor frames" in first.note

    scene(conversation)


def test_half_closing_and_ending_pass_through():
    async def conversation():
        async with raw_pair() as (tap, client, server):
            client[1].write(b"GET / HTTP/1.0\r\n\r\n")
            client[1].write_eof()
            assert await server[0].read() == b"GET / HTTP/1.0\r\n\r\n"
            server[1].write(b"HTTP/1.0 200 OK\r\n\r\nall that comes")
            server[1].close()
            assert await client[0].read() == b"HTTP/1.0 200 OK\r\n\r\nall that comes"
            await tap.wait_ended()
            assert [(record.name, record.sender) for record in tap.records] == [
                ("request", "client"),
                ("end", "client"),
                ("response", "server"),
            ]

    scene(conversation)


def test_a_reset_passes_through():
    async def conversation():
        async with raw_pair() as (tap, client, server):
            await upgrade(client, server)
            linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
            client[1].get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            client[1].transport.abort()
            with pytest.raises(ConnectionResetError):
                await server[0].read()
            await tap.wait_ended()
            assert (tap.records[-1].name, tap.records[-1].sender) == ("reset", "client")

    scene(conversation)


# ---- HTTP without an upgrade


def test_polling_over_one_connection():
    async def conversation():
        async with raw_pair() as (tap, client, server):
            answers = (
                b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n21.50",
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n",
                b"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",
                b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            )
            for answer in answers:
                client[1].write(b"POST /temp HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=1")
                await server[0].readuntil(b"a=1")
                server[1].write(answer)
                assert await client[0].readexactly(len(answer)) == answer
            client[1].write(b"HEAD /temp HTTP/1.1\r\nHost: x\r\n\r\n")
            await server[0].readuntil(b"\r\n\r\n")
            server[1].write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 408 Request Timeout\r\n\r\nlate")
            await client[0].readuntil(b"late")
        requests = [record for record in tap.records if record.name == "request"]
        responses = [record for record in tap.records if record.name == "response"]
        assert [request.body for request in requests] == [b"a=1"] * 4 + [b""]
        assert [(r.data.split()[1], r.body_size) for r in responses] == [
            (b"200", 5),
            (b"200", len(b"3;x=1\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n")),
            (b"204", 0),
            (b"100", 0),
            (b"200", 0),
            (b"200", 0),
            (b"408", 4),
        ]
        assert not tap.handshakes and not tap.frames and "bytes" not in names(tap)
        assert "POST /temp body 3 B 'a=1'" in str(tap.ladder()) and "body 5 B '21.50'" in str(tap.ladder())

    scene(conversation)


def test_http_url_and_refused_handshake():
    async def conversation():
        async with echo_server(process_request=lambda ws, request: ws.respond(403, "No.\n")) as url:
            async with Wiretap(url.replace("ws://", "http://") + "/x") as tap:
                assert tap.url.startswith("http://127.0.0.1:") and tap.url.endswith("/x")
                reader, writer = await asyncio.open_connection("127.0.0.1", port_of(tap))
                writer.write(REQUEST)
                answer = await reader.read()
                await hang_up(writer)
        assert tap.handshakes == [(REQUEST, answer, 1)]
        assert answer.endswith(b"\r\n\r\nNo.\n")

    scene(conversation)


# ---- what goes wrong by itself


def test_a_server_that_is_not_there():
    async def conversation():
        async with Peer() as peer:
            port = peer.port
        async with Wiretap(f"ws://127.0.0.1:{port}") as tap:
            with pytest.raises((InvalidMessage, OSError)):
                await connect(tap.url)
            await tap.wait_ended()
        assert [(r.name, r.note) for r in tap.records] == [("refused", "the server refuses the connection")]
        assert "the server refuses the connection" in str(tap.ladder())

    scene(conversation)


@pytest.mark.parametrize("url", ("wss://localhost/", "https://localhost/"))
def test_tls_is_for_lesson_14(url):
    with pytest.raises(ValueError, match="is encrypted.*lesson 14"):
        Wiretap(url)


@pytest.mark.parametrize("url", ("localhost:80", "ftp://localhost/", "ws://", "ws://a b/", "ws://h/#x", "http://h:x/"))
def test_what_is_no_url_is_refused(url):
    with pytest.raises(InvalidURI):
        Wiretap(url)


def test_user_path_and_query_are_kept():
    async def conversation():
        for tail in ("", "/", "?a=/b", "/a/b?c=d%20e"):
            async with Wiretap(f"WS://me:secret@localhost:8080{tail}") as tap:
                assert tap.url == f"ws://me:secret@127.0.0.1:{port_of_user(tap)}{tail}"

    def port_of_user(tap):
        return tap._listener.sockets[0].getsockname()[1]

    scene(conversation)


def test_it_is_started_once_and_may_be_stopped_twice():
    async def conversation():
        async with echo_server() as url:
            tap = await Wiretap(url).start()
            with pytest.raises(RuntimeError, match="listens already"):
                await tap.start()
            await tap.stop()
            await tap.stop()
            with pytest.raises(OSError):
                await asyncio.open_connection("127.0.0.1", port_of(tap))

    scene(conversation)


def test_leaving_with_everything_open_does_not_hang():
    async def conversation():
        async with Peer() as peer:
            async with Wiretap(f"ws://127.0.0.1:{peer.port}") as tap:
                clients = [await asyncio.open_connection("127.0.0.1", port_of(tap)) for _ in range(3)]
                servers = [await peer.accept() for _ in clients]
                tap.pause()
                for _, writer in clients:  # no one reads, so every buffer is full
                    writer.write(bytes(8 << 20))
                await until(lambda: tap.bytes_from_client > HELD)
                started = time.perf_counter()
            assert time.perf_counter() - started < CLOSING
            for _, writer in clients:
                await hang_up(writer)
            assert len(servers) == 3

    scene(conversation)


def test_leaving_before_a_connection_got_going():
    async def conversation():
        async with echo_server() as url:
            tap = await Wiretap(url).start()
            opening = asyncio.ensure_future(asyncio.open_connection("127.0.0.1", port_of(tap)))
            await until(lambda: tap._open)
            await tap.stop()
            reader, writer = await opening
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            await hang_up(writer)

    scene(conversation)


def test_an_error_inside_does_not_stay_hidden(monkeypatch):
    async def conversation():
        async with echo_server() as url:
            tap = await Wiretap(url).start()
            monkeypatch.setattr(Tapped, "asked", None)
            reader, writer = await asyncio.open_connection("127.0.0.1", port_of(tap))
            writer.write(REQUEST)
            assert await reader.read() == b""
            with pytest.raises(ExceptionGroup):
                await tap.stop()
            await hang_up(writer)

    scene(conversation)


# ---- the failure lab


def test_pause_holds_everything_back():
    async def conversation():
        async with raw_pair() as (tap, client, server):
            await upgrade(client, server)
            tap.pause()
            tap.pause()  # once is enough
            client[1].write(Frame(OP_PING, b"x").serialize(KEY))
            await until(lambda: tap.frames)
            reading = asyncio.ensure_future(server[0].readexactly(7))
            server[1].write(Frame(OP_TEXT, b"meanwhile").serialize())
            await until(lambda: len(tap.frames) == 2)
            assert not reading.done() and tap.frames[0].held and tap.frames[0].arrived is None
            assert "HELD" in str(tap.ladder())
            tap.resume()
            assert await reading == tap.frames[0].wire
            assert await client[0].readexactly(11) == tap.frames[1].wire
            assert names(tap)[2:] == ["pause", "ping", "text", "resume"]
            assert tap.frames[0].arrived >= tap.records[-1].time and not tap.frames[0].held

    scene(conversation)


def test_pause_makes_a_fast_sender_wait():
    async def conversation():
        async with raw_pair() as (tap, client, server):
            tap.pause()
            client[1].write(bytes(32 << 20))
            draining = asyncio.ensure_future(client[1].drain())
            await until(lambda: tap.bytes_from_client > HELD)
            seen = tap.bytes_from_client
            assert seen <= HELD + (1 << 16)
            tap.resume()
            assert await server[0].readexactly(32 << 20)
            await draining

    scene(conversation)


def test_delay_keeps_the_order_in_each_direction():
    async def conversation():
        async with echo_server() as url, Wiretap(url) as tap:
            async with connect(tap.url, compression=None) as websocket:
                tap.delay(0.05)
                started = time.perf_counter()
                for number in range(5):
                    await websocket.send(str(number))
                await until(lambda: len(tap.frames) == 5)
                tap.delay(0)
                await websocket.send("last")
                assert [await websocket.recv() for _ in range(6)] == ["0", "1", "2", "3", "4", "last"]
                assert time.perf_counter() - started >= 0.05
        late = [frame for frame in tap.frames if frame.sender == "client" and frame.name == "text"]
        assert all(frame.arrived - frame.time >= 0.05 for frame in late[:5])
        assert "from now on, 50 ms more each way" in str(tap.ladder()) and "no more delay" in str(tap.ladder())

    scene(conversation)


def test_cut_resets_both_sides():
    async def conversation():
        async with raw_pair() as (tap, client, server):
            await upgrade(client, server)
            tap.pause()
            client[1].write(Frame(OP_TEXT, b"too late").serialize(KEY)[:-1])
            server[1].write(Frame(OP_PING, b"").serialize())
            await until(lambda: tap.frames and tap.bytes_from_client > len(REQUEST))
            tap.cut()
            tap.cut()  # there is nothing left to cut
            for reader, _ in (client, server):
                with pytest.raises(ConnectionResetError):
                    await reader.read()
            await tap.wait_ended()
            tap.resume()
        assert names(tap)[2:] == ["pause", "ping", "bytes", "cut", "resume"]
        assert tap.frames[0].lost and tap.frames[0].arrived is None
        assert "cut short" in tap.records[4].note
        assert "no close frame" in str(tap.ladder()) and "1006" in str(tap.ladder()) and "LOST" in str(tap.ladder())

    scene(conversation)


def test_cut_is_no_clean_close_for_websockets():
    async def conversation():
        async with echo_server() as url, Wiretap(url) as tap:
            async with connect(tap.url, compression=None) as websocket:
                tap.cut()
                with pytest.raises(ConnectionClosedError) as closed:
                    await websocket.recv()
                assert closed.value.rcvd is None and websocket.close_code == 1006
            async with connect(tap.url, compression=None) as websocket:  # the next one works
                await websocket.send("again")
                assert await websocket.recv() == "again"
        assert names(tap).count("cut") == 1

    scene(conversation)


def test_corrupt_flips_bits_of_one_frame():
    async def conversation():
        async with echo_server() as url, Wiretap(url) as tap:
            async with connect(tap.url, compression=None) as websocket:
                tap.corrupt("client", frame=2, xor=1)
                for text, expected in (("Hello", "Hello"), ("Hello", "Helln"), ("Hello", "Hello")):
                    await websocket.send(text)
                    assert await websocket.recv() == expected
        frame = tap.frames[2]
        assert frame.data == b"Hello" and frame.delivered == frame.wire[:-1] + bytes((frame.wire[-1] ^ 1,))
        assert frame.note == "corrupted: byte 10 was %02x, now %02x" % (frame.wire[10], frame.wire[10] ^ 1)
        assert frame.note in str(tap.ladder())
        assert not any(other.note for other in tap.frames if other is not frame)

    scene(conversation)


@pytest.mark.parametrize("chop", (1, 3, 1000))
@pytest.mark.parametrize("byte", (0, 1, 5, 6, -1, -7, 7, -8))
def test_corrupt_finds_its_byte_however_the_stream_is_chopped(byte, chop):
    tapped = Tapped(1, Recorder(), flips := {"client": [], "server": []})
    tap = Wiretap("ws://localhost")
    tap._flips = flips
    pass_on(tapped.client, REQUEST, chop)
    pass_on(tapped.server, RESPONSE, chop)
    tap.corrupt("server", byte=byte, xor=0x0F)
    frame = Frame(OP_TEXT, b"Hello").serialize()
    passed = pass_on(tapped.server, frame * 2, chop)
    expected = bytearray(frame * 2)
    record = tapped.recorder.records[2]
    if byte == -7 and chop == 1:
        assert record.note == "not corrupted: byte -7 had passed before the length was known"
    elif -7 <= byte < 7:
        expected[byte % 7] ^= 0x0F
    else:
        assert record.note == f"not corrupted: there is no byte {byte} among 7"
    assert passed == bytes(expected) and record.delivered == bytes(expected[:7])
    assert tapped.recorder.records[3].delivered == frame


@pytest.mark.parametrize(
    "wrong", ({"sender": "me"}, {"frame": 0}, {"xor": 0}, {"xor": 256}), ids=("sender", "frame", "no bits", "many bits")
)
def test_corrupt_refuses_what_makes_no_sense(wrong):
    with pytest.raises(ValueError):
        Wiretap("ws://localhost").corrupt(**{"sender": "client"} | wrong)
    with pytest.raises(ValueError):
        Wiretap("ws://localhost").delay(-1)


# ---- limits


def test_beyond_the_limit_bytes_are_only_counted():
    async def conversation():
        async with raw_pair(limit=1000) as (tap, client, server):
            await upgrade(client, server)
            frame = Frame(OP_BINARY, bytes(300)).serialize()
            server[1].write(frame * 10)
            await client[0].readexactly(len(frame) * 10)
            assert len(tap.frames) == 2 and tap.bytes_from_server == len(RESPONSE) + 10 * len(frame)
            assert names(tap)[2:] == ["binary", "binary", "limit"]
            assert tap.records[-1].note == "1,000 bytes are recorded; from here on, bytes are only counted"
            tap.corrupt("server", byte=-1)  # frames are still told apart
            server[1].write(frame)
            assert await client[0].readexactly(len(frame)) == frame[:-1] + b"\xff"
            tap.clear()
            server[1].write(frame)
            await client[0].readexactly(len(frame))
            assert names(tap) == ["binary"] and tap.bytes_from_server == len(frame)
            assert tap.records[0].time == 0 and not tap.handshakes

    scene(conversation)


# ---- what the stream says, without a network


def pass_on(stream, data, chop):
    """Feed `data` to a stream in pieces of `chop` bytes; return what it passes on."""
    passed = b""
    for start in range(0, len(data), chop):
        passed += stream.feed(data[start : start + chop], 0.0)
    return passed


def tapped_pair():
    return Tapped(1, Recorder(), {"client": [], "server": []})


def opened(*extensions):
    """Return a connection after its handshake, and its list of records."""
    tapped = tapped_pair()
    tapped.client.feed(REQUEST, 0.0)
    extra = b"".join(b"Sec-WebSocket-Extensions: %s\r\n" % extension for extension in extensions)
    tapped.server.feed(RESPONSE[:-2] + extra + b"\r\n", 0.0)
    tapped.recorder.records.clear()
    return tapped, tapped.recorder.records


MESSAGES = st.builds(
    Frame,
    st.sampled_from((OP_CONT, OP_TEXT, OP_BINARY, OP_PING)),
    st.binary(max_size=125),
    st.just(True),
)


@settings(deadline=None)
@given(frames=st.lists(MESSAGES, max_size=8), chop=st.integers(1, 40), masked=st.booleans())
def test_frames_are_those_that_the_parser_finds(frames, chop, masked):
    wires = [frame.serialize(KEY if masked else b"") for frame in frames]
    parser = FrameParser()
    parser.feed(b"".join(wires))
    found = [parser.next_frame() for _ in frames]
    tapped, records = opened()
    stream = tapped.client if masked else tapped.server
    assert pass_on(stream, b"".join(wires), chop) == b"".join(wires)
    assert [(r.opcode, r.data, r.fin, r.wire) for r in records] == [
        (frame.opcode, frame.data, frame.fin, wire) for frame, wire in zip(found, wires, strict=True)
    ]


PIECES = st.lists(st.tuples(st.booleans(), st.binary(max_size=30) | st.sampled_from((REQUEST, RESPONSE))), max_size=12)


@settings(deadline=None)
@given(pieces=PIECES, is_open=st.booleans())
def test_any_bytes_pass_unchanged_and_give_a_ladder(pieces, is_open):
    tapped = opened()[0] if is_open else tapped_pair()
    for from_client, data in pieces:
        stream = tapped.client if from_client else tapped.server
        assert stream.feed(data, 1.0) == data
        stream.passed(stream.total, 2.0)
    tapped.finish(3.0)
    recorded = sum(len(getattr(r, "wire", b"")) or len(r.data) for r in tapped.recorder.records if r.sender)
    recorded += sum(r.body_size for r in tapped.recorder.records if isinstance(r, Head))
    heads = 0 if not is_open else len(REQUEST + RESPONSE)
    assert recorded == tapped.client.total + tapped.server.total - heads


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, 300), max_size=30))
def test_chopping_makes_no_difference(cuts):
    frames = [
        Frame(OP_TEXT, b"Hi", False),
        Frame(OP_PING, b""),
        Frame(OP_CONT, b"!"),
        Frame(OP_CLOSE, encode_close(1000)),
    ]
    data = b"".join(frame.serialize() for frame in frames)
    whole, chopped = tapped_pair(), tapped_pair()
    borders = sorted({0, *(cut for cut in cuts if cut < len(RESPONSE + data)), len(RESPONSE + data)})
    for tapped, places in ((whole, [0, len(RESPONSE + data)]), (chopped, borders)):
        tapped.client.feed(REQUEST, 0.0)
        for start, stop in zip(places, places[1:], strict=False):
            tapped.server.feed((RESPONSE + data)[start:stop], 0.0)
    assert whole.recorder.records == chopped.recorder.records
    assert [r.name for r in whole.recorder.records] == ["request", "response", "text", "ping", "continuation", "close"]


def test_frames_sent_before_the_answer_wait_for_it():
    tapped = tapped_pair()
    frame = Frame(OP_TEXT, b"eager").serialize(KEY)
    assert tapped.client.feed(REQUEST + frame, 0.0) == REQUEST + frame
    tapped.client.passed(len(REQUEST + frame), 0.5)
    assert [r.name for r in tapped.recorder.records] == ["request"]
    tapped.server.feed(RESPONSE, 1.0)
    assert [r.name for r in tapped.recorder.records] == ["request", "response", "text"]
    assert tapped.recorder.records[2].data == b"eager" and tapped.recorder.records[2].arrived is not None


@pytest.mark.parametrize(
    "sender, wire, name, error",
    (
        ("client", "81 00", "text", "a client must mask every frame (RFC 6455 section 5.1)"),
        ("server", "81 80 00000000", "text", "a server must not mask its frames (RFC 6455 section 5.1)"),
        ("server", "83 01 61", "opcode 0x3", "opcode 0x3 is reserved (RFC 6455 section 5.2)"),
        ("server", "c1 00", "text", "RSV1-3 is 100, but no extension gave these bits a meaning (RFC 6455 section 5.2)"),
        ("server", "09 00", "ping", "a ping frame may not be fragmented (RFC 6455 section 5.5)"),
        ("server", "88 01 03", "close", "a close payload of 1 byte is half a code (RFC 6455 section 5.5.1)"),
    ),
)
def test_a_malformed_frame_is_shown_with_what_is_wrong(sender, wire, name, error):
    wire = bytes.fromhex(wire)
    tapped, records = opened()
    stream = tapped.client if sender == "client" else tapped.server
    assert stream.feed(wire, 0.0) == wire
    (record,) = records
    assert (record.name, record.error, record.note, record.wire) == (name, error, error, wire)


def test_a_length_that_can_be_none_ends_the_reading():
    tapped, records = opened()
    wire = bytes.fromhex("827f ffffffff ffffffff") + b"noise"
    assert tapped.server.feed(wire, 0.0) + tapped.server.feed(b"more", 0.0) == wire + b"more"
    assert [(r.name, r.data) for r in records] == [("bytes", wire), ("bytes", b"more")]
    assert "neither HTTP nor frames" in records[0].note


def test_compression_without_context_takeover_and_what_does_not_inflate():
    tapped, records = opened(b"permessage-deflate; server_no_context_takeover")
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(b"Hello") + packer.flush(zlib.Z_SYNC_FLUSH)
    wire = Frame(OP_TEXT, packed[:-4], rsv1=True).serialize()
    tapped.server.feed(wire * 2 + Frame(OP_TEXT, b"plain").serialize(), 0.0)
    assert [record.inflated for record in records] == [b"Hello", b"Hello", None]
    tapped.server.feed(Frame(OP_TEXT, b"\xff\xff", rsv1=True).serialize() + wire, 0.0)
    assert [record.inflated for record in records[3:]] == [None, None]

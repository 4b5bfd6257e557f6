"""Compressed messages on MicroPython, with a Pico W's heap: it inflates what a small window suffices for, and says so.

It sends uncompressed: it has no compressor (RFC 7692 section 6 allows that). See test_compression.py for CPython.
"""

import asyncio

import pytest

from pocketws.frames import OP_CONT, OP_TEXT, Frame
from tests.network.boards import Board
from tests.network.helpers import run
from tests.network.raw import RawServer, agreed, raw_client
from tests.network.secure import CLOSED, LATE, Relay, by_library, ending, fails, url
from tests.network.subjects import free_ports
from tests.network.test_compression import OFFER, STORED, UNIT, compressed, exchange, offered, parameters

pytest_plugins = ("tests.certificates", "tests.network.fixtures")

NO_TAKEOVER = ["server_no_context_takeover", "client_no_context_takeover"]
LIMIT = 4096
TEXT = UNIT * 100  # 1,700 bytes
MESSAGES = [TEXT, "", 0, 1, LIMIT, TEXT, "a"]


class Client(Board):
    def __init__(self, library):
        super().__init__(library, "deflate_client")

    async def connects(self, uri, asked=None, messages=(), then=None):
        """Return what a client sees of a server; see deflate_client.py."""
        options = {"max_size": LIMIT, "close_timeout": None}
        self.tell(dict(uri=uri, asked=asked or {}, options=options, messages=messages, then=then))
        return await self.said()


class Server(Board):
    def __init__(self, library):
        super().__init__(library, "deflate_server")

    async def __aenter__(self):
        await super().__aenter__()
        [self.port] = free_ports(1)
        self.url = f"ws://127.0.0.1:{self.port}/"
        self.tell([self.port, LIMIT])
        assert await self.said() == "ready"
        return self


@pytest.fixture
def client(compiled_library):
    """Return a function that makes a Client."""
    return lambda: Client(compiled_library)


@pytest.fixture
def server(compiled_library):
    """Return a function that makes a Server."""
    return lambda: Server(compiled_library)


# A board as a client


@by_library("theirs")
def test_a_client_gets_compressed_messages_with_a_small_window(theirs, client):
    offers = []

    async def handler(ws):
        offers.append(ws.request.headers["Sec-WebSocket-Extensions"])
        try:
            while True:
                message = await ws.recv()
                if message == "many":
                    for _ in range(20):
                        await ws.send(TEXT)
                    await ws.send([TEXT[:801], TEXT[801:801], TEXT[801:]])
                    await ws.close()
                else:
                    await ws.send(message)
        except CLOSED:
            pass

    async def main():
        async with theirs.serve(handler, "127.0.0.1", 0) as listening, Relay(listening) as relay, client() as board:
            uri = relay.url.replace("wss:", "ws:")
            agreement, *seen = await board.connects(uri, messages=MESSAGES)
            assert seen == [["closed", 1000]]
            for parameter in [*NO_TAKEOVER, "server_max_window_bits=10"]:
                assert parameter in offers[0] and parameter in agreement
            relay.count = 0
            _, *seen = await board.connects(uri, then="many")
            assert seen == [len(TEXT)] * 21 + [["ConnectionClosedOK", 1000, 1000, "NoneType"], ["closed", 1000]]
            assert relay.count < len(TEXT) * 4, "not compressed"
            agreement, *seen = await board.connects(uri, {"server_max_window_bits": 9}, MESSAGES)
            assert "server_max_window_bits=9" in agreement and seen == [["closed", 1000]]

    run(main())


@by_library("theirs")
def test_limits_of_a_client(theirs, client):
    """They count what is inflated, and are exact."""

    async def send(ws):
        await ws.send(bytes(int(await ws.recv())))
        await ws.close()
        codes.append(ws.close_code)

    codes = []

    async def main():
        async with theirs.serve(send, "127.0.0.1", 0) as listening, client() as board:
            uri = url(listening, scheme="ws")
            assert (await board.connects(uri, then=str(LIMIT)))[1] == LIMIT
            for size in (LIMIT + 1, 1 << 20):
                seen = await board.connects(uri, then=str(size))
                assert seen[1:] == [["ConnectionClosedError", None, 1009, "PayloadTooBig"], ["closed", 1006]]
        assert codes == [1000, 1009, 1009]

    run(main())


SMALL = "permessage-deflate; server_no_context_takeover; server_max_window_bits=10"
FAULTS = {
    "an unknown kind of block": [Frame(OP_TEXT, b"\xff", True, True)],
    "cut short": [Frame(OP_TEXT, STORED[:-2], True, True)],
    "in the second fragment": [compressed(b"hello", OP_TEXT, fin=False), Frame(OP_CONT, b"\xff")],
    "no text": [compressed(b"\xff\xfe", OP_TEXT)],
}


@pytest.mark.parametrize("frames", FAULTS.values(), ids=list(FAULTS))
def test_faults_that_a_client_meets(frames, client):
    async def script(peer):
        answer = agreed(await peer.request(), sec_websocket_extensions=SMALL)
        await peer.send(answer.serialize(), Frame(OP_TEXT, STORED, True, True), *frames)
        return await peer.ending()

    async def main():
        async with RawServer(script) as listening, client() as board:
            seen = await board.connects(listening.url, then="begin")
            closed = ["ConnectionClosedError", None, 1007, "ProtocolError"]
            assert seen == [SMALL, "hello", closed, ["closed", 1006]]
        assert listening.results == [["text 5", "close 1007"]]

    run(main())


@pytest.mark.parametrize(
    "answer",
    [
        "permessage-deflate",
        "permessage-deflate; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=11",
    ],
)
def test_a_client_refuses_what_it_has_not_the_memory_for(answer, client):
    async def script(peer):
        await peer.send(agreed(await peer.request(), sec_websocket_extensions=answer).serialize())
        return await peer.ended()

    async def main():
        async with RawServer(script) as listening, client() as board:
            [[kind, _]] = await board.connects(listening.url)
            assert kind == "NegotiationError"

    run(main())


# A board as a server


@by_library("ours")
def test_a_server_gets_compressed_messages_with_a_small_window(ours, server):
    async def main():
        async with server() as board, asyncio.timeout(LATE), ours.connect(board.url, close_timeout=None) as ws:
            agreed_on = parameters(ws)
            assert agreed_on["client_max_window_bits"] == "10" and "client_no_context_takeover" in agreed_on
            await exchange(ws, [TEXT, "", b"", bytes(LIMIT), TEXT, TEXT])
            await ws.send([TEXT[:801], TEXT[:0], TEXT[801:]])
            assert await ws.recv() == TEXT
            await ws.send("all")
            assert await ws.recv() == "to all"
            await ws.send(TEXT)
            assert await ws.recv() == TEXT
            await ws.close()
            assert await board.said() == ["ConnectionClosedOK", 1000, 1000, "NoneType"]

    run(main())


@by_library("ours")
def test_limits_of_a_server(ours, server):
    async def main():
        async with server() as board:
            for size in (LIMIT + 1, 1 << 20):
                async with ours.connect(board.url) as ws:
                    await exchange(ws, [bytes(LIMIT)])
                    await ws.send(bytes(size))
                    error = await fails(ours.ConnectionClosedError, ws.recv())
                    assert ending(error) == ("ConnectionClosedError", 1009, 1009)
                assert await board.said() == ["ConnectionClosedError", None, 1009, "PayloadTooBig"]

    run(main())


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        (OFFER, "permessage-deflate; client_no_context_takeover; client_max_window_bits=10"),
        (
            OFFER + "=9; server_max_window_bits=12; server_no_context_takeover",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12;"
            " client_max_window_bits=9",
        ),
        ("permessage-deflate", None),  # by Firefox: its window may not be limited
        ("permessage-deflate; server_no_context_takeover", None),
    ],
)
def test_what_browsers_offer_to_a_board(offer, answer, server):
    async def main():
        async with server() as board, raw_client(board.port) as peer:
            assert await offered(peer, offer) == answer
            message = Frame(OP_TEXT, b"hello") if answer is None else compressed(b"hello", OP_TEXT)
            await peer.send(message)
            frame = await peer.frame()
            assert (frame.rsv1, bytes(frame.data)) == (False, b"hello")
            await peer.send(Frame(OP_TEXT, STORED[:-2], True, True))
            code = 1002 if answer is None else 1007
            assert await peer.ending() == [f"close {code}"]
            assert await board.said() == ["ConnectionClosedError", None, code, "ProtocolError"]

    run(main())

"""A page in a real browser, seen through the wiretap."""

import asyncio
import contextlib
import threading

from websockets.asyncio.server import serve

from classroom.anatomy import handshake
from classroom.wiretap import Wiretap
from tests.browser import chromium_page, find_chromium

SCRIPT = """
url => new Promise((resolve, reject) => {
  const socket = new WebSocket(url), got = [];
  setTimeout(() => reject(new Error("no close within 10 s, after " + JSON.stringify(got))), 10000);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => socket.send("Hello from the page");
  socket.onmessage = event => {
    got.push(typeof event.data === "string" ? event.data : Array.from(new Uint8Array(event.data)));
    if (got.length === 1) socket.send(new Uint8Array([1, 2, 255]));
    else socket.close(1000, "bye");
  };
  socket.onclose = event => resolve({got, code: event.code, reason: event.reason, clean: event.wasClean});
})
"""


async def answer(websocket):
    """Ping the page before each answer, so that the ladder has a tie to show."""
    async for message in websocket:
        await (await websocket.ping(b"tick"))
        await websocket.send(message)


@contextlib.contextmanager
def tapped_server():
    """Give a Wiretap before a server, both on an event loop of their own: the browser's driver has this thread."""
    started, stop = threading.Event(), threading.Event()
    taps = []

    async def run():
        async with serve(answer, "127.0.0.1", 0, ping_interval=None) as server:
            port = server.sockets[0].getsockname()[1]
            async with Wiretap(f"ws://127.0.0.1:{port}/chat") as tap:
                taps.append(tap)
                started.set()
                await asyncio.to_thread(stop.wait, 60)
                await tap.wait_ended()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        assert started.wait(10)
        yield taps[0]
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def test_a_page_talks_through_the_wiretap():
    find_chromium()
    with tapped_server() as tap, chromium_page() as page:
        said = page.evaluate(SCRIPT, tap.url)
    assert said == {"got": ["Hello from the page", [1, 2, 255]], "code": 1000, "reason": "bye", "clean": True}
    assert [(frame.sender, frame.name, frame.content) for frame in tap.frames] == [
        ("client", "text", b"Hello from the page"),
        ("server", "ping", b"tick"),
        ("client", "pong", b"tick"),
        ("server", "text", b"Hello from the page"),
        ("client", "binary", b"\x01\x02\xff"),
        ("server", "ping", b"tick"),
        ("client", "pong", b"tick"),
        ("server", "binary", b"\x01\x02\xff"),
        ("client", "close", b"\x03\xe8bye"),
        ("server", "close", b"\x03\xe8bye"),
    ]
    assert all(frame.masked == (frame.sender == "client") and not frame.error for frame in tap.frames)
    assert tap.records[-1].name == "end" and tap.records[-1].sender == "server"
    ((request, response, _),) = tap.handshakes
    assert b"Chrom" in request and b"\r\nOrigin: null\r\n" in request
    assert handshake(request, response).title == "The opening handshake"
    assert str(tap.ladder()).count("after ") == 2

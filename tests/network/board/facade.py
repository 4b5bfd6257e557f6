"""What AsyncWebsocketClient promises, on both runtimes: `micropython facade.py LIB URL`

Each check is a coroutine function that is given the URL of the server in test_facade.py and
fails with an exception. Run as a program, this prints the name of each check that passes.
"""

import asyncio
import sys

if __name__ == "__main__":
    sys.path[:] = [".frozen", sys.argv[1]]

from async_websocketclient import AsyncWebsocketClient  # noqa: E402


async def raised(error, coroutine):
    """Return the `error` that awaiting `coroutine` raises; fail if it raises none."""
    try:
        result = await coroutine
    except error as caught:
        return caught
    raise AssertionError("expected an exception, but got %r" % (result,))


async def last_code(url):
    """Return the close code (str) of the connection to .../echo that ended first, and was not asked about yet."""
    client = AsyncWebsocketClient()
    await client.handshake(url + "last")
    code = await client.recv()
    await client.close()
    return code


async def let_go(url):
    """Let the server answer those that ask for .../slow."""
    client = AsyncWebsocketClient()
    await client.handshake(url + "go")
    await client.close()


async def without_a_connection(url):
    client = AsyncWebsocketClient()
    assert client.ms_delay_for_read == client.delay_read == 5
    assert AsyncWebsocketClient(20).ms_delay_for_read == AsyncWebsocketClient(ms_delay_for_read=20).delay_read == 20
    assert await client.open() is False
    assert await client.send("lost") is None
    assert await client.recv() is None
    assert await client.close() is False
    assert await client.open(True) is False
    assert client.connection is None


async def messages(url):
    client = AsyncWebsocketClient()
    assert await client.handshake(url + "echo") is True
    assert await client.open() is True
    for message in ("hello", "", "gr\u00fc\u00dfe \U0001f310", b"", b"\x00\xff", bytes(range(256)) * 12):
        assert await client.send(message) is None
        answer = await client.recv()
        assert type(answer) is type(message) and answer == message
    for message in (bytearray(b"abc"), memoryview(b"abc")):
        await client.send(message)
        assert await client.recv() == b"abc"
    for large in (b"0123456789abcdef" * 3750, "\u20ac!" * 7500):
        await client.send(large)
        assert await client.recv() == large
    assert await client.close() is False
    assert await client.open() is False
    assert await client.recv() is None
    assert await client.send("lost") is None
    assert await client.close() is False
    assert await last_code(url) == "1000"


async def what_is_no_message(url):
    client = AsyncWebsocketClient()
    await client.handshake(url + "echo")
    for message in (5, None, ["a", "b"], {"a": 1}):
        await raised(TypeError, client.send(message))
    await client.send("still there")
    assert await client.recv() == "still there"
    await client.close()
    await last_code(url)


async def the_argument_of_open(url):
    client = AsyncWebsocketClient()
    await client.handshake(url + "echo")
    assert await client.open(None) is True
    assert await client.open(True) is True
    assert await client.open(new_val=False) is False
    assert await client.open(True) is False
    assert await last_code(url) == "1000"


async def the_server_closes(url):
    """A program that asks open() before each recv() gets all messages, and then None."""
    client = AsyncWebsocketClient()
    await client.handshake(url + "three")
    received = []
    while await client.open():
        received.append(await client.recv())
    if received[-1] is None:
        received.pop()
    assert received == ["one", b"two", "three"], received
    assert await client.recv() is None
    assert client.connection.close_code == 4000
    assert client.connection.close_reason == "enough"
    assert await client.close() is False


async def the_network_breaks(url):
    client = AsyncWebsocketClient()
    await client.handshake(url + "cut")
    assert await client.recv() == "one"
    assert await client.recv() is None
    assert await client.open() is False
    assert await client.send("lost") is None
    assert await client.close() is False
    assert client.connection.close_code == 1006


async def pings_and_fragments(url):
    client = AsyncWebsocketClient()
    await client.handshake(url + "ping")
    assert await client.recv() == "answered"
    await client.handshake(url + "fragments")
    assert await client.recv() == "a\u20acc"
    assert await client.recv() == b"123"
    await client.close()


async def one_object_connects_again(url):
    client = AsyncWebsocketClient()
    for _ in range(3):  # each closes the one before
        assert await client.handshake(url + "echo") is True
        await client.send("hello")
        assert await client.recv() == "hello"
    await client.close()
    for _ in range(3):
        assert await last_code(url) == "1000"
    assert await client.handshake(url + "cut") is True
    assert await client.recv() == "one"
    assert await client.recv() is None
    assert await client.handshake(url + "echo") is True
    await client.send("again")
    assert await client.recv() == "again"
    await client.close()
    await last_code(url)


async def no_connection(url):
    """handshake() raises what pocketws raises, and the object can be used again."""
    client = AsyncWebsocketClient()
    await client.handshake(url + "echo")
    error = await raised(Exception, client.handshake(url + "refuse"))
    assert type(error).__name__ == "InvalidStatus" and error.response.status_code == 403
    assert await client.open() is False
    assert await client.recv() is None
    error = await raised(Exception, client.handshake("http://localhost/"))
    assert type(error).__name__ == "InvalidURI"
    await raised(OSError, client.handshake("ws://127.0.0.1:1/"))
    assert await last_code(url) == "1000"
    assert await client.handshake(url + "echo") is True
    await client.close()
    await last_code(url)


async def headers(url):
    async def seen(headers):
        """Return the headers that the server gets of ours: {name in lower case: value}."""
        client = AsyncWebsocketClient()
        await client.handshake(url + "headers", headers)
        lines = (await client.recv()).split("\n")
        await client.close()
        found = dict([line.split(": ", 1) for line in lines])
        return {name: found[name] for name in found if name not in others}

    others = ("host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "user-agent")
    origin = "http://" + url.split("/")[2]
    assert await seen([]) == {"origin": origin}
    expected = {"origin": origin, "authorization": "Bearer abc", "x-device": "7"}
    assert await seen([("Authorization", "Bearer abc"), ("X-Device", 7)]) == expected
    assert await seen([["Authorization", "Bearer abc"], [b"X-Device", b"7"]]) == expected
    assert await seen((("Authorization", "Bearer abc"), ("X-Device", "7"))) == expected
    assert await seen({"Authorization": "Bearer abc", "X-Device": 7}) == expected
    assert await seen([("Origin", "https://example.com")]) == {"origin": "https://example.com"}
    assert await seen([("origin", "null")]) == {"origin": "null"}
    expected = {"origin": origin, "sec-websocket-protocol": "chat, superchat"}
    assert await seen([("Sec-WebSocket-Protocol", "chat, superchat")]) == expected
    assert await seen([("sec-websocket-protocol", "chat"), ("Sec-WebSocket-Protocol", b"superchat")]) == expected


async def the_chosen_subprotocol(url):
    client = AsyncWebsocketClient()
    await client.handshake(url + "echo", [("Sec-WebSocket-Protocol", "chat, superchat")])
    assert client.connection.subprotocol == "superchat"
    await client.close()
    await last_code(url)


async def headers_of_the_handshake_itself(url):
    client = AsyncWebsocketClient()
    for name in (
        "Host",
        "host",
        "Upgrade",
        "Connection",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Accept",
    ):
        error = await raised(ValueError, client.handshake(url + "echo", [(name, "x")]))
        assert name.lower() in str(error).lower(), error
    for wrong in ("Bad Name", "X:"), ("X-Injected", "a\r\nb: c"):
        await raised(ValueError, client.handshake(url + "echo", [wrong]))
    assert await client.open() is False


async def many_tasks(url):
    """Any number send, and any number receive: each message goes to one of them."""
    client = AsyncWebsocketClient()
    await client.handshake(url + "echo")
    received = []

    async def receive():
        for _ in range(10):
            received.append(await client.recv())

    texts = ["message %d" % number for number in range(20)]
    await asyncio.gather(receive(), receive(), *[client.send(text) for text in texts])
    assert sorted(received) == sorted(texts), received
    waiting = [asyncio.create_task(client.recv()) for _ in range(2)]
    await asyncio.sleep(0)
    await client.close()
    for task in waiting:
        assert await task is None
    await last_code(url)


async def a_recv_that_is_given_up(url):
    client = AsyncWebsocketClient()
    await client.handshake(url + "echo")
    await raised(asyncio.TimeoutError, asyncio.wait_for(client.recv(), 0.02))
    await client.send("hello")
    assert await client.recv() == "hello"
    await client.close()
    await last_code(url)


async def closed_while_it_opens(url):
    client = AsyncWebsocketClient()
    opening = asyncio.create_task(client.handshake(url + "slow"))
    await asyncio.sleep(0)
    assert await client.close() is False
    await let_go(url)
    assert await opening is False
    assert await client.open() is False
    assert await client.recv() is None


async def two_handshakes_at_once(url):
    """The later one counts."""
    client = AsyncWebsocketClient()
    opening = asyncio.create_task(client.handshake(url + "slow"))
    await asyncio.sleep(0)
    assert await client.handshake(url + "echo") is True
    await let_go(url)
    assert await opening is False
    await client.send("hello")
    assert await client.recv() == "hello"
    await client.close()
    await last_code(url)


CHECKS = (
    without_a_connection,
    messages,
    what_is_no_message,
    the_argument_of_open,
    the_server_closes,
    the_network_breaks,
    pings_and_fragments,
    one_object_connects_again,
    no_connection,
    headers,
    the_chosen_subprotocol,
    headers_of_the_handshake_itself,
    many_tasks,
    a_recv_that_is_given_up,
    closed_while_it_opens,
    two_handshakes_at_once,
)

if __name__ == "__main__":
    for check in CHECKS:
        try:
            asyncio.run(asyncio.wait_for(check(sys.argv[2]), 10))
            print("passed", check.__name__)
        except Exception as error:
            print("FAILED", check.__name__)
            sys.print_exception(error)

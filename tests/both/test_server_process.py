"""process_request and process_response: other answers on the same port, and what becomes of their mistakes."""

import asyncio

from pocketws import server as module
from pocketws.compat import MICROPYTHON
from pocketws.exceptions import InvalidOrigin
from pocketws.http import Headers, Response
from pocketws.protocol import SERVER
from tests.both.memory import STEPS, Log, asynchronous, replaced
from tests.both.memory_network import Network, never, request
from tests.both.wire import CLOSE, TEXT, code, frame

BYE = frame(SERVER, CLOSE, code(1000))


def serve(handler, **options):
    return module.serve(handler, "localhost", 80, compression=None, **options)


async def nothing(ws):
    pass


def both(function):
    """Return `function` as it is, and as a coroutine function: both will do, and on CPython anything to be awaited."""

    async def coroutine_function(*arguments):
        await asyncio.sleep(0)
        return function(*arguments)

    if MICROPYTHON:
        return function, coroutine_function
    return function, coroutine_function, lambda *arguments: asyncio.ensure_future(coroutine_function(*arguments))


async def answer_to(data, handler=never, step=1 << 30, log=None, **options):
    """Return (status line, header lines, body) of a server's answer; see that it logs nothing unless `log` is given."""
    network = Network(step)
    own = log or Log()
    with network.of(module), replaced(module, log=own):
        async with serve(handler, **options):
            client = network.dial(data)
            await client.until(b"\r\n\r\n")
            client.send(BYE)
            found = await client.response()
    assert log or own.entries == []
    return found


@asynchronous
async def test_page_on_the_same_port(case):
    name, step = case

    def process_request(ws, request):
        if request.path == "/page":
            return ws.respond(200, "Hello \u20ac\n")
        return None

    for function in both(process_request):
        line, headers, body = await answer_to(request(path="/page"), step=step, process_request=function)
        assert (line, body) == ("HTTP/1.1 200 OK", "Hello \u20ac\n".encode())
        assert "Content-Type: text/plain; charset=utf-8" in headers
        assert "Content-Length: 10" in headers
        assert "Connection: close" in headers
        plain = b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n"
        assert (await answer_to(plain, step=step, process_request=function))[0] == "HTTP/1.1 200 OK"
        line, _, _ = await answer_to(request(), nothing, step, process_request=function)
        assert line == "HTTP/1.1 101 Switching Protocols"


@asynchronous
async def test_it_is_given_the_connection_and_the_request():
    seen = []

    def process_request(ws, request):
        assert ws.request is request
        seen.append((ws.state.name, request.path, request.headers["X-Test"], ws.server.is_serving()))

    await answer_to(request("X-Test: yes", path="/a?b"), nothing, process_request=process_request)
    assert seen == [("CONNECTING", "/a?b", "yes", True)]


@asynchronous
async def test_response_of_the_program_goes_out_as_it_is():
    body = bytes(range(256))

    def process_request(ws, request):
        return Response(404, "Nothing Here", Headers({"X-Test": "yes", "Content-Length": "256"}), body)

    for options, server in (({}, ["Server: pocketws/0.1.0"]), ({"server_header": None}, [])):
        found = await answer_to(request(), process_request=process_request, **options)
        assert found == ("HTTP/1.1 404 Nothing Here", ["X-Test: yes", "Content-Length: 256"] + server, body)


@asynchronous
async def test_same_page_for_each_client_does_not_grow():
    """A small program keeps one Response, and returns it again and again."""
    network = Network()
    page = Response(200, "OK", Headers({"Content-Length": "0"}))
    with network.of(module):
        async with serve(never, process_request=lambda ws, request: page):
            for _ in range(3):
                client = network.dial(request())
                _, headers, _ = await client.response()
                assert headers == ["Content-Length: 0", "Server: pocketws/0.1.0"]


@asynchronous
async def test_error_of_the_program(case):
    """The client learns that something is wrong, and the log, what."""
    name, option = case

    def function(*arguments):
        raise KeyError("its own")

    for each in both(function):
        log = Log()
        line, _, body = await answer_to(request(), log=log, **{option: each})
        assert line == "HTTP/1.1 500 Internal Server Error"
        assert b"its own" not in body
        ((level, text, error),) = log.entries
        assert (level, text, type(error)) == ("error", "the opening handshake failed", KeyError)


@asynchronous
async def test_error_of_the_opening_handshake_that_the_program_raises(case):
    """It is answered as such, and it is no reason to log anything."""
    name, option = case

    def function(*arguments):
        raise InvalidOrigin("Origin", "http://o", "another", "10.2")

    line, _, body = await answer_to(request(), **{option: function})
    assert line == "HTTP/1.1 403 Forbidden"
    assert b"another" in body


@asynchronous
async def test_what_is_no_response(case):
    """It is a mistake like any other: 500, and the log says it. Nobody is left waiting."""
    name, option, value = case
    log = Log()
    line, _, _ = await answer_to(request(), log=log, **{option: lambda *arguments: value})
    assert line == "HTTP/1.1 500 Internal Server Error"
    assert [(level, text) for level, text, _ in log.entries] == [("error", "the opening handshake failed")]


@asynchronous
async def test_process_response_may_change_the_response(case):
    name, step = case

    def process_response(ws, request, response):
        assert ws.request is request
        assert (response.status_code, response.headers["Server"]) == (101, "pocketws/0.1.0")
        response.headers["Set-Cookie"] = "a=b"

    for function in both(process_response):
        line, headers, _ = await answer_to(request(), nothing, step, process_response=function)
        assert line == "HTTP/1.1 101 Switching Protocols"
        assert "Set-Cookie: a=b" in headers


@asynchronous
async def test_process_response_may_refuse(case):
    """http.HTTPStatus is an int, too."""
    name, step = case
    status = 403
    if not MICROPYTHON:
        from http import HTTPStatus

        status = HTTPStatus.FORBIDDEN

    def process_response(ws, request, response):
        return ws.respond(status, "Go away.\n")

    for function in both(process_response):
        line, _, body = await answer_to(request(), step=step, process_response=function)
        assert (line, body) == ("HTTP/1.1 403 Forbidden", b"Go away.\n")


@asynchronous
async def test_process_response_sees_the_page_of_process_request():
    def process_response(ws, request, response):
        response.headers["X-Test"] = str(response.status_code)

    line, headers, _ = await answer_to(
        request(), process_request=lambda ws, request: ws.respond(200, ""), process_response=process_response
    )
    assert line == "HTTP/1.1 200 OK"
    assert "X-Test: 200" in headers


@asynchronous
async def test_page_is_never_taken_for_a_websocket():
    """A program cannot let a client in past the rules of the handshake: it would not know the key's answer."""
    accepted = Response(101, "Switching Protocols", Headers({"Upgrade": "websocket"}))
    for option in ("process_request", "process_response"):
        plain = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        log = Log()
        network = Network()
        with network.of(module), replaced(module, log=log):
            async with serve(never, close_timeout=0.01, **{option: lambda *arguments: accepted}) as server:
                client = network.dial(plain + frame(SERVER, TEXT, b"hello"))
                await client.until(b"\r\n\r\n")
                assert server.connections == set()
                await client.gone.wait()
        assert log.entries == []


CASES = {
    "test_page_on_the_same_port": STEPS,
    "test_process_response_may_change_the_response": STEPS,
    "test_process_response_may_refuse": STEPS,
    "test_error_of_the_program": (("process_request", "process_request"), ("process_response", "process_response")),
    "test_what_is_no_response": (
        ("request: tuple", "process_request", (200, [], b"")),
        ("request: True", "process_request", True),
        ("request: status that is none", "process_request", Response(99, "", Headers())),
        ("response: tuple", "process_response", (200, [], b"")),
        ("response: True", "process_response", True),
        ("response: status that is none", "process_response", Response(600, "", Headers())),
    ),
}
CASES["test_error_of_the_opening_handshake_that_the_program_raises"] = CASES["test_error_of_the_program"]

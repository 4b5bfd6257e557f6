r"""process_request answers with a page, or refuses, or lets the WebSocket through.

client: /healthz: 200 OK, b'ok\n', text/plain; charset=utf-8, 3, close
client: /page: 200 OK, b'<p>hello</p>', text/html; charset=utf-8, 12, mine
client: /nowhere: 404 Not Found, b'nothing here\n', text/plain; charset=utf-8, 13, close
client: /broken: 500 Internal Server Error
client: /: 426 Upgrade Required, websocket
client: WebSocket on /healthz: InvalidStatus 200 b'ok\n'
client: WebSocket on /nowhere: InvalidStatus 404 b'nothing here\n'
client: WebSocket on /broken: InvalidStatus 500
client: WebSocket on /: hello
server: handler on /
log: the page's error
log: the same for the WebSocket
"""

import asyncio
import http.client
from http import HTTPStatus

from websockets import Headers, InvalidStatus, Response, connect, serve


async def greet(ws):
    print("handler on", ws.request.path)
    await ws.send("hello")


async def answer(connection, request):
    if request.path == "/healthz":
        return connection.respond(HTTPStatus.OK, "ok\n")
    if request.path == "/page":
        body = b"<p>hello</p>"
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
        return Response(200, "OK", Headers([*headers, ("Connection", "close"), ("X-Page", "mine")]), body)
    if request.path == "/nowhere":
        return connection.respond(404, "nothing here\n")
    if request.path == "/broken":
        raise ValueError("on purpose")
    return None


async def server(ready):
    async with serve(greet, "127.0.0.1", 0, process_request=answer) as server:
        await ready(server)


def fetch(address, path):
    connection = http.client.HTTPConnection(address)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


async def client(url):
    for path in ("/healthz", "/page", "/nowhere"):
        response, body = await asyncio.to_thread(fetch, url[5:], path)
        about = [response.headers[name] for name in ("Content-Type", "Content-Length")]
        about.append(response.headers["X-Page"] or response.headers["Connection"])
        print(f"{path}: {response.status} {response.reason}, {body}, " + ", ".join(about))
    response, body = await asyncio.to_thread(fetch, url[5:], "/broken")
    print(f"/broken: {response.status} {response.reason}")
    response, body = await asyncio.to_thread(fetch, url[5:], "/")
    print(f"/: {response.status} {response.reason},", response.headers["Upgrade"])
    for path in ("/healthz", "/nowhere", "/broken", "/"):
        try:
            async with connect(url + path) as ws:
                print(f"WebSocket on {path}:", await ws.recv())
        except InvalidStatus as error:
            shown = "" if path == "/broken" else f" {bytes(error.response.body)}"
            print(f"WebSocket on {path}: {type(error).__name__} {error.response.status_code}{shown}")

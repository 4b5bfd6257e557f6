"""Why connect() fails, by the class of its exception, and whether it is a WebSocketException.

client: /page: InvalidStatus True
client: /accept: InvalidHeaderValue True
client: /upgrade: InvalidUpgrade True
client: /subprotocol: NegotiationError True
client: /extension: NegotiationError True
client: nobody listens: OSError False
client: http: InvalidURI True
client: fragment: InvalidURI True
client: no host: InvalidURI True
client: ssl for ws: ValueError False
"""

import socket
import ssl

from websockets import WebSocketException, connect, serve


async def nothing(ws):
    await ws.wait_closed()


def process_response(connection, request, response):
    """Break the answer in the way that the path says."""
    headers = response.headers
    if request.path == "/page":
        return connection.respond(200, "a page\n")
    if request.path == "/accept":
        del headers["Sec-WebSocket-Accept"]
        headers["Sec-WebSocket-Accept"] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    if request.path == "/upgrade":
        del headers["Upgrade"]
    if request.path == "/subprotocol":
        headers["Sec-WebSocket-Protocol"] = "chat"
    if request.path == "/extension":
        headers["Sec-WebSocket-Extensions"] = "x-ours"


async def server(ready):
    async with serve(nothing, "127.0.0.1", 0, compression=None, process_response=process_response) as server:
        await ready(server)


def kind(error):
    return "OSError" if isinstance(error, OSError) else type(error).__name__


async def client(url):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    paths = ("/page", "/accept", "/upgrade", "/subprotocol", "/extension")
    ways = [(path, url + path, {}) for path in paths] + [
        ("nobody listens", f"ws://127.0.0.1:{port}", {}),
        ("http", url.replace("ws:", "http:"), {}),
        ("fragment", url + "/#here", {}),
        ("no host", "ws:///chat", {}),
        ("ssl for ws", url, {"ssl": ssl.create_default_context()}),
    ]
    for name, address, options in ways:
        try:
            await connect(address, **options)
        except Exception as error:
            print(f"{name}:", kind(error), isinstance(error, WebSocketException))

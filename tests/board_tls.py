"""One TLS connection on a board, for test_tls_board.py: `micropython tests/board_tls.py`

Reads a line of JSON: role, "client" or "server"; port, on 127.0.0.1, to which both roles
connect; arguments, for client_context or server_context, or null for an insecure client;
name, the server's. Greets the peer, waits for its greeting, and prints JSON: what came, or
the error's type, and connect()'s instead, with its number and its words.
"""

import asyncio
import json
import socket
import sys

sys.path[:] = [".frozen", "lib", "."]

from pocketws import tls  # noqa: E402

SECONDS = 20


def make_context(role, arguments):
    if arguments is None:
        return tls.insecure_client_context()
    return tls.server_context(**arguments) if role == "server" else tls.client_context(**arguments)


async def talk(role, port, arguments, name):
    context = make_context(role, arguments)
    if role == "client":
        context = tls.verifying(context)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    else:  # what asyncio.start_server does with a socket that it has accepted
        plain = socket.socket()
        plain.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        secure = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        secure.setblocking(False)
        reader = writer = asyncio.StreamReader(secure)
    writer.write(b"hello")
    await writer.drain()
    data = await reader.readexactly(5)
    await writer.wait_closed()
    return data


def main(settings):
    try:
        data = asyncio.run(asyncio.wait_for(talk(**settings), SECONDS))
    except Exception as error:
        other = tls.explained(error)
        return {"error": type(error).__name__, "raised": type(other).__name__, "args": other.args}
    return {"data": data.decode()}


print(json.dumps(main(json.loads(sys.stdin.readline()))))

"""Echo endpoints in a few lines, on those layers of pocketws that do no I/O: something to try the suite on.

python -m conformance.echo server          prints the URL of an echo server, which runs until it is killed
python -m conformance.echo client URL      connects to URL and echoes, until the server answers 410
"""

import asyncio
import sys

from pocketws.deflate import PerMessageDeflate
from pocketws.exceptions import InvalidHandshake, InvalidStatus
from pocketws.frames import OP_BINARY, OP_TEXT
from pocketws.handshake import accept, answer, build_request, check_response, generate_key, parse_uri
from pocketws.http import RequestParser, ResponseParser
from pocketws.protocol import CLIENT, CLOSED, OPEN, SERVER, Protocol

CHUNK = 1 << 16  # bytes read at once
MAX_SIZE = 1 << 25  # bytes in a message; the largest of the suite has half as many
EXTENSIONS = [PerMessageDeflate()]


async def message_from(reader, parser):
    """Return the Request or Response that `parser` finds. Raises InvalidHandshake."""
    message = None
    while message is None:
        data = await reader.read(CHUNK)
        message = parser.feed(data) if data else parser.feed_eof()
    return message


async def converse(role, codecs, reader, writer, data):
    """Send every message back until the connection has ended. data: bytes that came behind the handshake."""
    protocol = Protocol(role, MAX_SIZE, patient=True)
    protocol.opened(codecs[0] if codecs else None)
    while protocol.state != CLOSED:
        for event in protocol.receive_data(data):
            echo(protocol, event)
        if protocol.fault is not None:  # it came behind a message, which is answered by now
            protocol.receive_data(b"")
        writer.write(protocol.data_to_send())
        await writer.drain()
        if protocol.should_close_tcp:
            break
        data = await reader.read(CHUNK)
        if not data:
            protocol.receive_eof()


def echo(protocol, event):
    if protocol.state == OPEN and event.opcode == OP_TEXT:
        protocol.send_text(event.data)
    elif protocol.state == OPEN and event.opcode == OP_BINARY:
        protocol.send_binary(event.data)


async def serve(reader, writer):
    """Serve one connection."""
    parser = RequestParser()
    try:
        request = await message_from(reader, parser)
        response, _, codecs = accept(request, extensions=EXTENSIONS)
        writer.write(response.serialize())
        await converse(SERVER, codecs, reader, writer, parser.rest)
    except InvalidHandshake as error:
        writer.write(answer(error).serialize())
    except OSError:  # the client cut the connection
        pass
    finally:
        await _close(writer)


async def connect(url):
    """Connect to a server, and echo. Raises InvalidHandshake."""
    uri, key, parser = parse_uri(url), generate_key(), ResponseParser()
    reader, writer = await asyncio.open_connection(uri.host, uri.port)
    try:
        writer.write(build_request(uri, key, extensions=EXTENSIONS).serialize())
        _, codecs = check_response(await message_from(reader, parser), key, extensions=EXTENSIONS)
        await converse(CLIENT, codecs, reader, writer, parser.rest)
    except OSError:  # the server cut the connection
        pass
    finally:
        await _close(writer)


async def _close(writer):
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        pass


async def run_server():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("ws://%s:%d/" % server.sockets[0].getsockname(), flush=True)
    await server.serve_forever()


async def run_client(url):
    while True:
        try:
            await connect(url)
        except InvalidStatus as error:
            if error.response.status_code == 410:
                return
        except InvalidHandshake:
            pass  # the server broke a rule, which is what many cases are about


if __name__ == "__main__":
    try:
        asyncio.run(run_client(sys.argv[2]) if sys.argv[1:2] == ["client"] else run_server())
    except KeyboardInterrupt:
        pass

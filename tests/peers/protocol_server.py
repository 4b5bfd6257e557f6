"""Echo server on the layers of pocketws that do no I/O; see tests/peers."""

import asyncio
import sys

from pocketws.exceptions import InvalidHandshake
from pocketws.handshake_server import accept, answer
from pocketws.http import RequestParser
from pocketws.protocol import SERVER, Protocol
from tests.peers import MAX_SIZE
from tests.peers.protocol import converse, echo, read_message


async def serve(reader, writer):
    parser = RequestParser()
    try:
        request = await read_message(parser, reader)
        writer.write(accept(request)[0].serialize())
        protocol = Protocol(SERVER, MAX_SIZE, patient=True)
        protocol.opened()
        await converse(protocol, reader, writer, parser.rest, echo)
    except InvalidHandshake as error:
        writer.write(answer(error).serialize())
    except OSError:  # the client cut the connection
        pass
    finally:
        writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            pass


async def main(port):
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.wait_closed()


asyncio.run(main(int(sys.argv[-1])))

"""Echo client on the layers of pocketws that do no I/O; see tests/peers."""

import asyncio

from pocketws.frames import OP_TEXT
from pocketws.handshake import build_request, check_response, generate_key, parse_uri
from pocketws.http import ResponseParser
from pocketws.protocol import CLIENT, Protocol
from tests.peers import MAX_SIZE
from tests.peers.cases import run
from tests.peers.protocol import converse, echo, read_message


async def talk(url, received):
    uri, key, parser = parse_uri(url), generate_key(), ResponseParser()
    reader, writer = await asyncio.open_connection(uri.host, uri.port)
    try:
        writer.write(build_request(uri, key).serialize())
        await writer.drain()
        check_response(await read_message(parser, reader), key)
        protocol = Protocol(CLIENT, MAX_SIZE, patient=True)
        protocol.opened()
        await converse(protocol, reader, writer, parser.rest, received)
    except OSError:  # the server cut the connection
        pass
    finally:
        writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            pass


async def ask(url):
    texts = []
    await talk(url, lambda protocol, event: texts.append(event.data) if event.opcode == OP_TEXT else None)
    return texts[0] if texts else None


run(ask, lambda url: talk(url, echo))

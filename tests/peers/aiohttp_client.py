"""Echo client on `aiohttp`; see tests/peers."""

from aiohttp import ClientError, ClientSession, WSMsgType

from tests.peers import MAX_SIZE
from tests.peers.cases import run

SETTINGS = {"max_msg_size": MAX_SIZE, "compress": 15}


async def ask(url):
    async with ClientSession() as session, session.ws_connect(url) as connection:
        async for message in connection:
            return message.data


async def echo(url):
    try:
        async with ClientSession() as session, session.ws_connect(url, **SETTINGS) as connection:
            async for message in connection:
                if message.type == WSMsgType.TEXT:
                    await connection.send_str(message.data)
                elif message.type == WSMsgType.BINARY:
                    await connection.send_bytes(message.data)
    except (ClientError, ConnectionError):
        pass


run(ask, echo)

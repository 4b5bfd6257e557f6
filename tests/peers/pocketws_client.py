"""Echo client on `pocketws`; see tests/peers."""

from pocketws import connect
from pocketws.exceptions import WebSocketException
from tests.peers import MAX_SIZE
from tests.peers.cases import run


async def ask(url):
    async with connect(url) as connection:
        async for message in connection:
            return message


async def echo(url):
    try:
        async with connect(url, max_size=MAX_SIZE, ping_interval=None, compression="deflate") as connection:
            async for message in connection:
                await connection.send(message)
    except WebSocketException:
        pass


run(ask, echo)

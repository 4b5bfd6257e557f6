"""A subprotocol is agreed on: the server's first choice, or what its own function picks.

client: None
client: chat.v2
client: chat.v1
client: refused: 400
client: refused: 400
client: picked: chat.v1
client: picked: None
client: picked: refused: 400
server: chat.v2
server: chat.v1
server: offered: ['chat.v2', 'chat.v1']
server: offered: []
server: offered: ['other']
"""

from websockets import InvalidStatus, NegotiationError, connect, serve


async def nothing(ws):
    await ws.wait_closed()


async def show(ws):
    print(ws.subprotocol)


def pick(connection, subprotocols):
    print("offered:", subprotocols)
    if "other" in subprotocols:
        raise NegotiationError("not that one")
    return subprotocols[-1] if subprotocols else None


async def server(ready):
    async with (
        serve(nothing, "127.0.0.1", 0) as plain,
        serve(show, "127.0.0.1", 0, subprotocols=["chat.v2", "chat.v1"]) as choosy,
        serve(nothing, "127.0.0.1", 0, select_subprotocol=pick) as picky,
    ):
        await ready(plain, choosy, picky)


async def client(plain, choosy, picky):
    async with connect(plain, subprotocols=["chat.v1"]) as ws:
        print(ws.subprotocol)
    for offer in (["chat.v1", "chat.v2"], ["other", "chat.v1"], ["other"], None):
        try:
            async with connect(choosy, subprotocols=offer) as ws:
                print(ws.subprotocol)
                await ws.wait_closed()
        except InvalidStatus as error:
            print("refused:", error.response.status_code)
    for offer in (["chat.v2", "chat.v1"], None, ["other"]):
        try:
            async with connect(picky, subprotocols=offer) as ws:
                print("picked:", ws.subprotocol)
        except InvalidStatus as error:
            print("picked: refused:", error.response.status_code)

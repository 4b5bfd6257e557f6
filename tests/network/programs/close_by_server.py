"""The server closes: both sides learn the code and the reason, and who was first.

client: OK, received 1005 '', sent 1005 '', the peer first: True; 1005 ''
client: OK, received 1000 '', sent 1000 '', the peer first: True; 1000 ''
client: OK, received 1001 'grüße', sent 1001 'grüße', the peer first: True; 1001 'grüße'
client: Error, received 1008 'no', sent 1008 'no', the peer first: True; 1008 'no'
client: Error, received 3000 '', sent 3000 '', the peer first: True; 3000 ''
client: Error, received 4999 'why', sent 4999 'why', the peer first: True; 4999 'why'
server: OK, received 1005 '', sent 1005 '', the peer first: False; 1005 ''
server: OK, received 1000 '', sent 1000 '', the peer first: False; 1000 ''
server: OK, received 1001 'grüße', sent 1001 'grüße', the peer first: False; 1001 'grüße'
server: Error, received 1008 'no', sent 1008 'no', the peer first: False; 1008 'no'
server: Error, received 3000 '', sent 3000 '', the peer first: False; 3000 ''
server: Error, received 4999 'why', sent 4999 'why', the peer first: False; 4999 'why'
"""

from websockets import ConnectionClosed, ConnectionClosedOK, connect, serve

WAYS = {
    "/none": (None, ""),
    "/ok": (1000, ""),
    "/away": (1001, "grüße"),
    "/policy": (1008, "no"),
    "/registered": (3000, ""),
    "/private": (4999, "why"),
}


async def end_of(ws):
    """Return the words for how `ws` ends, as send() tells it."""
    try:
        await ws.send("too late")
    except ConnectionClosed as error:
        kind = "OK" if isinstance(error, ConnectionClosedOK) else "Error"
        codes = f"received {error.rcvd.code:d} {error.rcvd.reason!r}, sent {error.sent.code:d} {error.sent.reason!r}"
        return f"{kind}, {codes}, the peer first: {error.rcvd_then_sent}; {ws.close_code:d} {ws.close_reason!r}"


async def leave(ws):
    await ws.close(*WAYS[ws.request.path])
    print(await end_of(ws))


async def server(ready):
    async with serve(leave, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    for path in WAYS:
        async with connect(url + path) as ws:
            await ws.wait_closed()
            print(await end_of(ws))

"""The client closes: both sides learn the code and the reason, and who was first.

client: None: OK, received 1005 '', sent 1005 '', the peer first: False; 1005 ''
client: 1000: OK, received 1000 '', sent 1000 '', the peer first: False; 1000 ''
client: 1001: OK, received 1001 'grüße', sent 1001 'grüße', the peer first: False; 1001 'grüße'
client: 1008: Error, received 1008 'no', sent 1008 'no', the peer first: False; 1008 'no'
client: 3000: Error, received 3000 '', sent 3000 '', the peer first: False; 3000 ''
client: 4999: Error, received 4999 'why', sent 4999 'why', the peer first: False; 4999 'why'
server: OK, received 1005 '', sent 1005 '', the peer first: True; 1005 ''
server: OK, received 1000 '', sent 1000 '', the peer first: True; 1000 ''
server: OK, received 1001 'grüße', sent 1001 'grüße', the peer first: True; 1001 'grüße'
server: Error, received 1008 'no', sent 1008 'no', the peer first: True; 1008 'no'
server: Error, received 3000 '', sent 3000 '', the peer first: True; 3000 ''
server: Error, received 4999 'why', sent 4999 'why', the peer first: True; 4999 'why'
"""

from websockets import ConnectionClosed, ConnectionClosedOK, connect, serve


async def end_of(ws):
    """Return the words for how `ws` ends, as recv() tells it."""
    try:
        await ws.recv()
    except ConnectionClosed as error:
        kind = "OK" if isinstance(error, ConnectionClosedOK) else "Error"
        codes = f"received {error.rcvd.code:d} {error.rcvd.reason!r}, sent {error.sent.code:d} {error.sent.reason!r}"
        return f"{kind}, {codes}, the peer first: {error.rcvd_then_sent}; {ws.close_code:d} {ws.close_reason!r}"


async def wait(ws):
    print(await end_of(ws))


async def server(ready):
    async with serve(wait, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    for code, reason in ((None, ""), (1000, ""), (1001, "grüße"), (1008, "no"), (3000, ""), (4999, "why")):
        ws = await connect(url)
        await ws.close(code, reason)
        print(f"{code}:", await end_of(ws))

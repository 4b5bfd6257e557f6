"""What a connection says of itself, open and closed.

client: OPEN True, a ClientConnection: True
client: the server's address: True
client: 101, /, None, 0.0
client: CLOSED True
client: addresses still: True
server: CONNECTING True
server: OPEN True, a ServerConnection: True, of a Server: True
server: 101, /, None, 0.0
server: the client's address: True
server: CLOSED True
"""

from websockets import ClientConnection, Server, ServerConnection, State, connect, serve


def process_request(connection, request):
    print(connection.state.name, connection.state is State.CONNECTING)


def show(ws):
    print(f"{ws.response.status_code}, {ws.request.path}, {ws.subprotocol}, {ws.latency}")


async def about(ws):
    kinds = isinstance(ws, ServerConnection), isinstance(ws.server, Server)
    print(ws.state.name, f"{ws.state is State.OPEN}, a ServerConnection: {kinds[0]}, of a Server: {kinds[1]}")
    show(ws)
    host, port = ws.remote_address
    print("the client's address:", await ws.recv() == f"{host} {port}")
    await ws.wait_closed()
    print(ws.state.name, ws.state is State.CLOSED)


async def server(ready):
    async with serve(about, "127.0.0.1", 0, process_request=process_request) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        kind = isinstance(ws, ClientConnection)
        print(ws.state.name, f"{ws.state is State.OPEN}, a ClientConnection: {kind}")
        print("the server's address:", ws.remote_address == ("127.0.0.1", int(url.split(":")[2])))
        show(ws)
        await ws.send("{} {}".format(*ws.local_address))
        addresses = ws.local_address, ws.remote_address
    print(ws.state.name, ws.state is State.CLOSED)
    print("addresses still:", addresses == (ws.local_address, ws.remote_address))

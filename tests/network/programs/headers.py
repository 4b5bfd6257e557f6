"""The headers of both sides: what each adds, and what the other reads.

client: 101 Switching Protocols, Server: mine
client: Server: None
server: X-One: 1, X-Many: ['a', 'b'], X-Latin: café
server: X-None: None KeyError
server: X-Many: MultipleValuesError
server: X-One among them: True
server: User-Agent by default: True
server: X-One: 1, X-Many: [], X-Latin: None
server: User-Agent: mine
server: X-One: 2, X-Many: [], X-Latin: None
server: User-Agent: None
"""

from websockets import Headers, connect, serve


async def show(ws):
    headers = ws.request.headers
    print(f"X-One: {headers['x-one']}, X-Many: {headers.get_all('x-many')}, X-Latin: {headers.get('X-Latin')}")
    if ws.request.path == "/agent":
        print("User-Agent:", headers.get("User-Agent"))
        return
    for name in ("X-None", "X-Many"):
        try:
            headers[name]
        except KeyError as error:
            print(f"{name}: {headers.get(name)} {type(error).__name__}")
        except LookupError as error:
            print(f"{name}: {type(error).__name__}")
    print("X-One among them:", ("X-One", "1") in list(headers.raw_items()))
    print("User-Agent by default:", "user-agent" in headers)


async def server(ready):
    async with (
        serve(show, "127.0.0.1", 0, server_header="mine") as named,
        serve(show, "127.0.0.1", 0, server_header=None) as nameless,
    ):
        await ready(named, nameless)


async def client(named, nameless):
    many = Headers([("X-One", "1"), ("X-Many", "a"), ("X-Many", "b"), ("X-Latin", "café")])
    async with connect(named, additional_headers=many) as ws:
        response = ws.response
        print(f"{response.status_code} {response.reason_phrase}, Server: {response.headers['Server']}")
        await ws.wait_closed()
    async with connect(nameless + "/agent", additional_headers=[("X-One", "1")], user_agent_header="mine") as ws:
        print("Server:", ws.response.headers.get("Server"))
        await ws.wait_closed()
    async with connect(nameless + "/agent", additional_headers={"X-One": "2"}, user_agent_header=None) as ws:
        await ws.wait_closed()

r"""process_response adds to the answer, or puts another in its place.

client: a cookie: id=1
client: another answer: 503 b'later\n' mine
client: its error: 500
server: 101 for /cookie
server: handler on /cookie
server: 101 for /later
server: 101 for /broken
log: the function's error
"""

from websockets import InvalidStatus, connect, serve


async def show(ws):
    print("handler on", ws.request.path)


def process_response(connection, request, response):
    print(response.status_code, "for", request.path)
    if request.path == "/cookie":
        response.headers["Set-Cookie"] = "id=1"
        return None
    if request.path == "/later":
        other = connection.respond(503, "later\n")
        other.headers["X-Page"] = "mine"
        return other
    raise ValueError("on purpose")


async def server(ready):
    async with serve(show, "127.0.0.1", 0, process_response=process_response) as server:
        await ready(server)


async def client(url):
    async with connect(url + "/cookie") as ws:
        print("a cookie:", ws.response.headers["Set-Cookie"])
        await ws.wait_closed()
    try:
        await connect(url + "/later")
    except InvalidStatus as error:
        response = error.response
        print("another answer:", response.status_code, bytes(response.body), response.headers["X-Page"])
    try:
        await connect(url + "/broken")
    except InvalidStatus as error:
        print("its error:", error.response.status_code)

"""connect() follows redirects, and takes no password to another origin.

client: /absolute: arrived at /end, password True
client: /relative: arrived at /end, password True
client: /elsewhere: arrived at /end, password False
client: /round: SecurityError
"""

from websockets import SecurityError, connect, serve

places = {}


async def tell(ws):
    password = ws.request.headers.get("Authorization") is not None
    await ws.send(f"arrived at {ws.request.path}, password {password}")


def process_request(connection, request):
    location = {
        "/absolute": "ws://" + request.headers["Host"] + "/end",
        "/relative": "end",
        "/elsewhere": places.get("other"),
        "/round": "/round",
    }.get(request.path)
    if location is not None:
        response = connection.respond(302, "over there\n")
        response.headers["Location"] = location
        return response


async def server(ready):
    async with (
        serve(tell, "127.0.0.1", 0, process_request=process_request) as server,
        serve(tell, "127.0.0.1", 0) as other,
    ):
        places["other"] = "ws://127.0.0.1:%d/end" % other.sockets[0].getsockname()[1]
        await ready(server)


async def client(url):
    headers = {"Authorization": "Bearer secret"}
    for path in ("/absolute", "/relative", "/elsewhere", "/round"):
        try:
            async with connect(url + path, additional_headers=headers) as ws:
                print(f"{path}:", await ws.recv())
        except SecurityError as error:
            print(f"{path}:", type(error).__name__)

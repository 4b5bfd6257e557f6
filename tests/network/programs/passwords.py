"""A name and a password in the URI log in with basic authentication.

client: without: 401 Basic realm="programs"
client: wrong: 401 Basic realm="programs"
client: right: hello Aladdin
client: percent-encoded: hello a@b
client: as a header: hello Aladdin
"""

import base64

from websockets import InvalidStatus, connect, serve

PASSWORDS = {"Aladdin": "open sesame", "a@b": "grüße"}


async def greet(ws):
    await ws.send("hello " + ws.user)


def check(connection, request):
    for user, password in PASSWORDS.items():
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        if request.headers.get("Authorization") == "Basic " + credentials:
            connection.user = user
            return None
    response = connection.respond(401, "Who are you?\n")
    response.headers["WWW-Authenticate"] = 'Basic realm="programs"'
    return response


async def server(ready):
    async with serve(greet, "127.0.0.1", 0, process_request=check) as server:
        await ready(server)


async def client(url):
    for name, user in (("without", ""), ("wrong", "Aladdin:guess@")):
        try:
            await connect(url.replace("//", "//" + user))
        except InvalidStatus as error:
            print(name + ":", error.response.status_code, error.response.headers["WWW-Authenticate"])
    for name, user in (("right", "Aladdin:open%20sesame@"), ("percent-encoded", "a%40b:gr%C3%BC%C3%9Fe@")):
        async with connect(url.replace("//", "//" + user)) as ws:
            print(name + ":", await ws.recv())
    header = {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}
    async with connect(url, additional_headers=header) as ws:
        print("as a header:", await ws.recv())

"""process_exception decides what is worth another try, and what is raised instead.

client: asked about InvalidStatus 418
client: asked about InvalidStatus 403
client: asked about InvalidStatus 400
client: raised: RuntimeError, because of InvalidStatus
server: 3 requests
"""

from websockets import connect, serve

answers = [418, 403, 400]


async def nothing(ws):
    print("not expected")


def process_request(connection, request):
    return connection.respond(answers.pop(0), "not now\n")


async def server(ready):
    async with serve(nothing, "127.0.0.1", 0, process_request=process_request) as server:
        await ready(server)
    print(3 - len(answers), "requests")


def process_exception(error):
    code = error.response.status_code
    print("asked about", type(error).__name__, code)
    return RuntimeError("enough") if code == 400 else None


async def client(url):
    try:
        async for _ in connect(url, process_exception=process_exception, reconnect_delays=lambda: iter([0, 0])):
            print("not expected")
    except RuntimeError as error:
        print(f"raised: {type(error).__name__}, because of {type(error.__cause__).__name__}")

"""`async for` connects again: at once after a connection, after a delay while the server is busy, and not after 403.

client: hello 1, closed 1012
client: hello 4, closed 1000
client: hello 6, closed 1000
client: delays: [0, 0.01, 0]
client: InvalidStatus 403
server: 1: in
server: 2: 503
server: 3: 500
server: 4: in
server: 5: 502
server: 6: in
server: 7: 403
"""

from websockets import InvalidStatus, connect, serve

number = 0
answers = {2: 503, 3: 500, 5: 502, 7: 403}


def process_request(connection, request):
    global number
    number += 1
    print(f"{number}:", answers.get(number, "in"))
    if number in answers:
        return connection.respond(answers[number], "not now\n")


async def greet(ws):
    await ws.send(f"hello {number}")
    await ws.close(1012 if number == 1 else 1000)


async def server(ready):
    async with serve(greet, "127.0.0.1", 0, process_request=process_request) as server:
        await ready(server)


async def client(url):
    waited = []

    def delays():
        for delay in (0, 0.01):
            waited.append(delay)
            yield delay

    try:
        async for ws in connect(url, reconnect_delays=delays):
            greeting = await ws.recv()
            await ws.wait_closed()
            print(f"{greeting}, closed {ws.close_code:d}")
    except InvalidStatus as error:
        print("delays:", waited)
        print(type(error).__name__, error.response.status_code)

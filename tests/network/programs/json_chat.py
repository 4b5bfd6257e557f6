"""A chat room, as one would write it: rooms by path, JSON, and news to all when someone comes or goes.

client: ann: {'join': 'ann'}
client: ann: {'join': 'bob'}
client: bob: {'join': 'bob'}
client: ann: {'from': 'bob', 'text': 'hi'}
client: bob: {'from': 'bob', 'text': 'hi'}
client: ann: {'leave': 'bob'}
server: /room/1: empty
"""

import json

from websockets import broadcast, connect, serve

rooms = {}


async def chat(ws):
    room = rooms.setdefault(ws.request.path, set())
    name = json.loads(await ws.recv())["name"]
    room.add(ws)
    try:
        broadcast(room, json.dumps({"join": name}))
        async for message in ws:
            broadcast(room, json.dumps({"from": name, "text": json.loads(message)["text"]}))
    finally:
        room.remove(ws)
        broadcast(room, json.dumps({"leave": name}))
        if not room:
            print(ws.request.path + ": empty")


async def server(ready):
    async with serve(chat, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async def next_of(name, ws):
        print(f"{name}:", json.loads(await ws.recv()))

    async with connect(url + "/room/1") as ann:
        await ann.send(json.dumps({"name": "ann"}))
        await next_of("ann", ann)
        async with connect(url + "/room/1") as bob:
            await bob.send(json.dumps({"name": "bob"}))
            await next_of("ann", ann)
            await next_of("bob", bob)
            await bob.send(json.dumps({"text": "hi"}))
            await next_of("ann", ann)
            await next_of("bob", bob)
        await next_of("ann", ann)

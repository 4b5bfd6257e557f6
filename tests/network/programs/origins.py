"""The server lets in the origins that it names, by a str, a pattern, or None for no origin.

client: None: in
client: https://example.com: in
client: https://www.example.org: in
client: https://example.com.evil.example: 403
client: https://www.example.org.evil.example: 403
client: null: 403
client: and none: 403
server: None
server: https://example.com
server: https://www.example.org
"""

import re

from websockets import InvalidStatus, connect, serve


async def show(ws):
    print(ws.request.headers.get("Origin"))


async def server(ready):
    origins = [None, "https://example.com", re.compile(r"https://\w+\.example\.org")]
    async with (
        serve(show, "127.0.0.1", 0, origins=origins) as many,
        serve(show, "127.0.0.1", 0, origins=["https://example.com"]) as one,
    ):
        await ready(many, one)


async def client(many, one):
    good = (None, "https://example.com", "https://www.example.org")
    bad = ("https://example.com.evil.example", "https://www.example.org.evil.example", "null")
    for origin in good + bad:
        try:
            async with connect(many, origin=origin) as ws:
                await ws.wait_closed()
            print(f"{origin}: in")
        except InvalidStatus as error:
            print(f"{origin}:", error.response.status_code)
    try:
        await connect(one)
    except InvalidStatus as error:
        print("and none:", error.response.status_code)

"""Turns degrees Celsius into Fahrenheit, in JSON; says what it expected of a bad message. Stop it with Ctrl+C.

python json_server.py --port 8000
"""

import argparse
import asyncio
import contextlib
import json
import logging

from websockets import ConnectionClosed, serve


def answer(message):
    try:
        asked = json.loads(message)
    except (ValueError, RecursionError):
        return {"error": 'expected JSON, such as {"celsius": 21.5}'}
    if not isinstance(asked, dict) or "celsius" not in asked:
        return {"error": 'expected an object with "celsius"'}
    celsius = asked["celsius"]
    if isinstance(celsius, bool) or not isinstance(celsius, int | float):
        return {"error": f"celsius: expected a number, not {type(celsius).__name__}"}
    if not -273.15 <= celsius <= 1_000_000:
        return {"error": "celsius: expected -273.15 to 1000000"}
    return {"fahrenheit": round(celsius * 9 / 5 + 32, 2)}


async def convert(ws):
    try:
        async for message in ws:
            reply = answer(message)
            if "error" in reply:
                logging.info("refused %r: %s", message[:40], reply["error"])
            await ws.send(json.dumps(reply))
    except ConnectionClosed:
        pass


async def main():
    options = read_options()
    async with serve(convert, options.host, options.port) as server:
        host, port = server.sockets[0].getsockname()[:2]
        print(f"ws://{host}:{port}/", flush=True)
        await server.serve_forever()


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    return parser.parse_args()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())

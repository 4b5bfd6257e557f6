"""Asks a JSON server for degrees Fahrenheit.

python json_client.py --url ws://127.0.0.1:8000/ 21.5 -40 warm
"""

import argparse
import asyncio
import json

from websockets import connect


def number(text):
    """Return the number in `text`, or the text itself where there is none: the server will refuse it."""
    try:
        return float(text)
    except ValueError:
        return text


async def ask(ws, celsius):
    await ws.send(json.dumps({"celsius": celsius}))
    return json.loads(await ws.recv())


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True, help="what the server printed when it began")
    parser.add_argument("celsius", nargs="+", help="degrees, such as 21.5")
    options = parser.parse_args()
    async with asyncio.timeout(10), connect(options.url) as ws:
        for text in options.celsius:
            reply = await ask(ws, number(text))
            print(f"{text}: {reply.get('fahrenheit', reply.get('error'))}")


if __name__ == "__main__":
    asyncio.run(main())

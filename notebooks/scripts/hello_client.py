"""Tells a hello server a name, and prints what it answers.

python hello_client.py --url ws://127.0.0.1:8000/ --name Ada
"""

import argparse
import asyncio

from websockets import connect


async def greet(url, name):
    async with asyncio.timeout(10), connect(url) as ws:
        await ws.send(name)
        return await ws.recv()


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True, help="what the server printed when it began")
    parser.add_argument("--name", default="world")
    options = parser.parse_args()
    print(await greet(options.url, options.name))


if __name__ == "__main__":
    asyncio.run(main())

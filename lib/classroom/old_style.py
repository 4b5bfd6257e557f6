"""A server as tutorials wrote them before 2024, a mend for each of its faults, and a trial that finds the next one."""

import asyncio
import json
import re
import tempfile
from collections import namedtuple
from pathlib import Path

from websockets import ConnectionClosed, connect

from . import scripts

# A letter marks each line that is wrong today; B, E and F never worked.
# Port 0: any free one, so that this runs beside anything.
PROGRAM = """\
import asyncio
import datetime
import json
import logging
import websockets

logging.basicConfig(level=logging.INFO)

async def remind(ws):
    while True:
        await asyncio.sleep(60)
        await ws.send("still here")

async def weather(ws, path):                                        # A
    async with asyncio.create_task(remind(ws)):                     # B
        async for message in ws:
            what = json.loads(message)["what"]
            if what == "now":
                at = datetime.datetime.utcnow().isoformat()         # C
                reply = json.dumps({"celsius": 21.5, "at": at})
                await asyncio.wait([ws.send(reply), ws.send("*")])  # D
            else:
                logging.error("asked for {}", what)                 # E

start = websockets.serve(weather, "127.0.0.1", 0, path="/weather")  # F
asyncio.get_event_loop().run_until_complete(start)                  # G
asyncio.get_event_loop().run_forever()
"""

# letter: (lines before, lines after) for each place. In this order, a trial meets one after the other.
MENDS = {
    "G": [
        (
            """
start = websockets.serve(weather, "127.0.0.1", 0, path="/weather")  # F
asyncio.get_event_loop().run_until_complete(start)                  # G
asyncio.get_event_loop().run_forever()
""",
            """
async def main():
    async with websockets.serve(weather, "127.0.0.1", 0, path="/weather") as server:
        await server.serve_forever()

asyncio.run(main())
""",
        )
    ],
    "F": [
        (
            """
async def main():
    async with websockets.serve(weather, "127.0.0.1", 0, path="/weather") as server:
""",
            """
def only_weather(connection, request):
    if request.path != "/weather":
        return connection.respond(404, "Try /weather\\n")

async def main():
    async with websockets.serve(weather, "127.0.0.1", 0, process_request=only_weather) as server:
""",
        )
    ],
    "A": [
        (
            """
async def weather(ws, path):                                        # A
""",
            """
async def weather(ws):
""",
        )
    ],
    "B": [
        (
            """
    async with asyncio.create_task(remind(ws)):                     # B
""",
            """
    reminder = asyncio.create_task(remind(ws))
    try:
""",
        ),
        (
            """

def only_weather(""",
            """
    finally:
        reminder.cancel()

def only_weather(""",
        ),
    ],
    "D": [
        (
            """asyncio.wait([ws.send(reply), ws.send("*")])  # D""",
            """asyncio.gather(ws.send(reply), ws.send("*"))""",
        )
    ],
    "E": [
        (
            """logging.error("asked for {}", what)                 # E""",
            """logging.error("asked for %s", what)""",
        )
    ],
    "C": [
        (
            """datetime.datetime.utcnow().isoformat()         # C""",
            """datetime.datetime.now(datetime.UTC).isoformat()""",
        )
    ],
}

# when: "start", "client", "message" or "never". what: str, the error and what the client got, or the reply.
Trial = namedtuple("Trial", "when what")


def mended(source, letter):
    """Return the program with the fault `letter` mended. Raises ValueError unless its lines are there."""
    for before, after in MENDS[letter]:
        if source.count(before) != 1:
            raise ValueError(f"mend the faults in the order {''.join(MENDS)}: {before!r} is not there for {letter}")
        source = source.replace(before, after)
    return source


async def trial(source, seconds=20):
    """Run a program in a process of its own, ask it twice for the weather, and return a Trial.

    source: str, PROGRAM or what became of it. It has to log or print where it listens.
    Raises TimeoutError if nothing at all comes for so many seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "weather.py"
        file.write_text(source, encoding="utf-8")
        async with asyncio.timeout(seconds), scripts.running(file, url=False) as script:
            try:
                line = await script.seen("127.0.0.1:", seconds)
            except RuntimeError as death:
                await script.stop()
                return Trial("start", _error(str(death).splitlines()))
            host = re.search(r"127\.0\.0\.1:\d+", line)[0]
            return await _asked(f"ws://{host}/weather", script)


async def _asked(url, script):
    """Play a client; return a Trial."""
    when = "client"
    try:
        async with connect(url) as ws:
            await (await ws.ping())  # the handler has begun by then, and has failed if it fails at once
            when = "message"
            await ws.send(json.dumps({"what": "now"}))
            reply = json.loads(await ws.recv())
            await ws.send(json.dumps({"what": "tea"}))
            line = await script.seen("tea")
    except ConnectionClosed:
        await script.seen("TypeError")
        return Trial(when, f"{_error(script.lines)}, and {ws.close_code} for the client")
    zone = "with its zone" if reply["at"].endswith("+00:00") else "without its zone"
    if "--- Logging error ---" in script.lines:
        line = "--- Logging error ---"
    return Trial("never", f"a time {zone}; in the log, {line}")


def _error(lines):
    """Return the last line that names an exception."""
    return [line for line in lines if re.match(r"\w+Error: ", line)][-1]

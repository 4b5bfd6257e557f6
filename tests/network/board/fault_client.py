"""What a program sees of a connection that goes wrong: the one that the fault tests run, on both runtimes.

    echo '["ws://127.0.0.1:8765/", {"open_timeout": 1}]' | micropython tests/network/board/fault_client.py

Reads lines with a URI and options for connect(), as JSON, and prints for each what outcome() returns;
and in the end what held() returned before and after.
"""

import sys

if __name__ == "__main__":
    sys.path[:] = [".frozen", "lib"]

import asyncio
import json
import os

from pocketws import ConnectionClosed, connect


def name_of(error):
    """Return the name of an exception's class: str, "" for None. OSError has subclasses on one runtime only.

    A time-out names itself in parentheses.
    """
    if error is None:
        return ""
    if isinstance(error, asyncio.TimeoutError):
        return "TimeoutError " + str(error).split(" ")[-1]
    if isinstance(error, OSError):
        return "OSError"
    return type(error).__name__


def cause_of(error):
    return name_of(getattr(error, "__cause__", None))


def code_of(close):
    return None if close is None else close.code


async def converse(ws):
    """Receive until the connection is closed; return what there was to see of it: a list.

    name and cause of the exception; codes received and sent; close_code, close_reason; messages.

    The peer says what to do, and all else is noted; of a binary message, its size.
    """
    messages = []
    try:
        while True:
            message = await ws.recv()
            message = message if isinstance(message, str) else len(message)
            if message == "close":
                await ws.close()
            elif message == "flood":
                while True:
                    await ws.send(bytes(8192))
            elif message == "boom":
                raise ValueError("boom")
            else:
                messages.append(message)
    except ConnectionClosed as error:
        codes = [code_of(error.rcvd), code_of(error.sent), ws.close_code]
        return [name_of(error), cause_of(error)] + codes + [ws.close_reason, messages]


async def outcome(uri, options):
    """Return what converse() returns, or name and cause of what connect() raises, and the server's status, if any."""
    try:
        ws = await connect(uri, **options)
    except Exception as error:
        response = getattr(error, "response", None)
        return [name_of(error), cause_of(error)] + ([] if response is None else [response.status_code])
    return await converse(ws)


def held():
    """Return what MicroPython holds: the number of open files, that of streams, and whether a task is to run."""
    loop = asyncio.core
    return [len(os.listdir("/dev/fd")), len(loop._io_queue.map), loop._task_queue.peek() is not None]


async def settled():
    """Let those tasks end that are done but for their last step."""
    for _ in range(10):
        await asyncio.sleep(0)


async def main():
    before = held()
    for line in sys.stdin:
        uri, options = json.loads(line)
        print(json.dumps(await outcome(uri, options)))
    await settled()
    print(json.dumps([before, held()]))


if __name__ == "__main__":
    asyncio.run(main())

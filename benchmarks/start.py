"""How the programs that are measured start: in one of several settings, and ready to be told what to do.

    python -m benchmarks.start MODULE [VARIANT ...]

runs a server of benchmarks/servers. It prints its port, and ends when its standard input does.
"""

import asyncio
import importlib
import json
import os
import sys


def _hide(module):
    # Then importing it fails, as where it is not installed. An environment without it would search
    # other folders and perhaps hold other versions of the rest: more than one thing would differ.
    sys.modules[module] = None


def _uvloop():
    import uvloop

    asyncio.run = uvloop.run


VARIANTS = {
    "numpy": lambda: importlib.import_module("numpy"),
    "no-numpy": lambda: _hide("numpy"),
    "no-speedups": lambda: _hide("websockets.speedups"),
    "uvloop": _uvloop,
}


def prepare(words):
    """Make the interpreter what `words` (keys of VARIANTS) say, before any library is imported."""
    for word in words:
        VARIANTS[word]()


def answer(function):
    """Call `function` with each request that comes, and print what it returns, until there are no more.

    What it raises is printed as a string: see process.Program.
    """
    for line in sys.stdin:
        try:
            result = function(*json.loads(line))
        except Exception as error:
            result = repr(error)
        print(json.dumps(result), flush=True)


async def _serve(main):
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), lambda: os._exit(0))
    await main(lambda port: print(port, flush=True))


if __name__ == "__main__":
    prepare(sys.argv[2:])
    asyncio.run(_serve(importlib.import_module(sys.argv[1]).main))

"""What lesson 15 needs beside the notebook: messages to compress, memory to measure, frames sent as they are."""

import asyncio
import json
import os
import random
import tracemalloc

from pocketws.deflate import PerMessageDeflate
from pocketws.frames import OP_CLOSE, Frame, decode_header, encode_close
from pocketws.handshake import build_request, check_response, generate_key, parse_uri
from pocketws.http import ResponseParser

SECONDS = 5  # how long one conversation may take
SEED = 15


def samples():
    """Return {kind: list of messages (bytes)}: "text", "JSON", "random" and "small", always the same ones.

    The text is Python's own manual, as `help()` knows it, in pieces of 1000 bytes. JSON is what a
    sensor sends once a minute. A small message is a move in a game.
    """
    from pydoc_data.topics import topics

    dice = random.Random(SEED)
    manual = "".join(topics[name] for name in ("assignment", "class", "import")).encode()
    readings = [
        {
            "sensor": "cellar",
            "time": 1767222000 + 60 * minute,
            "temperature": round(dice.uniform(10, 12), 1),
            "humidity": dice.randrange(55, 65),
            "alarm": False,
        }
        for minute in range(50)
    ]
    return {
        "text": [manual[at : at + 1000] for at in range(0, 20_000, 1000)],
        "JSON": [json.dumps(reading).encode() for reading in readings],
        "random": [dice.randbytes(1000) for _ in range(20)],
        "small": [b"%c%d" % (dice.choice(b"ABCDEFGH"), dice.randrange(1, 9)) for _ in range(50)],
    }


def held(make):
    """Return how many bytes of memory the object that `make()` returns holds: int."""
    return _traced(make)[0]


def peak(function, *args):
    """Return how many bytes of memory the call `function(*args)` held at most, beyond its arguments: int."""
    return _traced(lambda: function(*args))[1]


def _traced(function):
    """Return (bytes held at the end, bytes held at most) of a call whose result is kept until then."""
    tracemalloc.start()  # sees what zlib takes, too: it asks Python for its memory
    try:
        result = function()  # noqa: F841 - held while we look
        return tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()


async def exchange(url, *wires):
    """Offer permessage-deflate to the server at `url`, send frames as they are, and return its answers.

    wires: bytes, each one whole frame; the server is to answer each with one frame.
    Returns a list of bytes, one frame each. Raises ConnectionError if TCP ends before, TimeoutError.
    """
    async with asyncio.timeout(SECONDS):
        uri, key, extensions = parse_uri(url), generate_key(), [PerMessageDeflate()]
        reader, writer = await asyncio.open_connection(uri.host, uri.port)
        try:
            writer.write(build_request(uri, key, (), extensions).serialize())
            response = ResponseParser().feed(await reader.readuntil(b"\r\n\r\n"))
            check_response(response, key, (), extensions)
            answers = []
            for wire in wires:
                writer.write(wire)
                answers.append(await _frame(reader))
            writer.write(Frame(OP_CLOSE, encode_close(1000)).serialize(os.urandom(4)))
            await reader.read()  # the server's Close frame, and the end
            return answers
        finally:
            writer.close()


async def _frame(reader):
    """Return the next frame, as it came: bytes."""
    data = b""
    while (header := decode_header(data)) is None or len(data) < header.size + header.length:
        more = await reader.read(1 if header is None else header.size + header.length - len(data))
        if not more:
            raise ConnectionError("TCP has ended before a whole frame came")
        data += more
    return data

"""What compressed messages hold: five samples of about 200 KB each, of the kinds that are sent in practice.

They are made up, always in the same way, when they are first needed.
"""

import functools
import json
import math
import random

SIZE = 200_000  # characters or bytes, at least
SEED = 7692

_SYLLABLES = "ba de ki lo mu na pe ri so tu va we xi yo zu sch gr ä ö ü tion ler ung".split()


def messages(sample, binary, size, count):
    """Return `count` messages (bytes) that follow each other in a sample, round and round.

    binary: bool; False takes `size` characters instead of bytes, and encodes them.
    """
    source = _SAMPLES[sample]()
    if not binary:
        source = source.decode()
    at = 0
    for _ in range(count):
        piece = source[at : at + size]
        while len(piece) < size:
            piece += source[: size - len(piece)]
        at = (at + size) % len(source)
        yield piece if binary else piece.encode()


@functools.cache
def prose():
    """Return sentences of made-up words, some of which are frequent."""
    dice = random.Random(SEED)
    words = ["".join(dice.choices(_SYLLABLES, k=dice.randint(1, 4))) for _ in range(3000)]
    text, length = [], 0
    while length < SIZE:
        line = " ".join(words[int(3000 * dice.random() ** 3)] for _ in range(dice.randint(4, 14)))
        text.append(line.capitalize() + dice.choice(".,;!?\n"))
        length += len(text[-1])
    return " ".join(text).encode()


def _records():
    dice = random.Random(SEED)
    words = prose().decode().split()
    while True:
        yield {
            "id": dice.getrandbits(64),
            "name": dice.choice(words),
            "tags": dice.choices(words, k=3),
            "price": round(dice.uniform(1, 999), 2),
            "active": dice.random() < 0.5,
            "where": {"latitude": round(dice.uniform(-90, 90), 6), "longitude": round(dice.uniform(-180, 180), 6)},
        }


@functools.cache
def json_records():
    """Return a list of records in JSON, with characters beyond ASCII."""
    return _rows(lambda record: json.dumps(record, ensure_ascii=False, indent=1) + ",\n")


@functools.cache
def html():
    """Return a table in HTML."""
    return _rows(
        lambda each: (
            f'<tr class="row"><td>{each["id"]}</td><td><b>{each["name"]}</b></td><td>{each["price"]}</td></tr>\n'
        )
    )


def _rows(make):
    rows, length = [], 0
    for record in _records():
        rows.append(make(record))
        length += len(rows[-1])
        if length > SIZE:
            return "".join(rows).encode()


@functools.cache
def picture():
    """Return a grey picture of 512 x 400 pixels: waves, and some noise."""
    dice = random.Random(SEED)
    pixels = bytearray()
    for y in range(400):
        for x in range(512):
            pixels.append(int(120 + 90 * math.sin(x / 31) * math.cos(y / 23)) + dice.getrandbits(3))
    return bytes(pixels)


@functools.cache
def noise():
    """Return bytes that hardly compress, with short readable pieces among them, as in a PDF."""
    dice = random.Random(SEED)
    parts = []
    for number in range(SIZE // 1000):
        parts.append(f"{number} 0 obj << /Filter /FlateDecode /Length 960 >> stream\n".encode() + dice.randbytes(960))
    return b"".join(parts)


_SAMPLES = {"prose": prose, "json": json_records, "html": html, "picture": picture, "noise": noise}

"""The tasks of lesson 15, Compression; those of its exercise are in lesson_15_exercise."""

import random
import zlib

from .. import compression
from ..checks import Wrong, call_text, task
from ..judging import attempt_with, must_be, readable
from . import lesson_15_exercise  # noqa: F401 - it registers its tasks

TAIL = b"\x00\x00\xff\xff"
HELLO = bytes.fromhex("f2 48 cd c9 c9 07 00")  # RFC 7692 section 7.2.3.1
MESSAGES = (b"Hello", b"", b"Hello, Hello, Hello", bytes(3000), random.Random(15).randbytes(500))


def packed(message, bits=15):
    """Return the payload of a message that is compressed by itself: bytes."""
    deflater = zlib.compressobj(wbits=-bits)
    return (deflater.compress(message) + deflater.flush(zlib.Z_SYNC_FLUSH))[: -len(TAIL)]


def inflates_to(payload):
    """Return (the message in `payload` with its four bytes, whether it is whole), or (None, False) if it is corrupt."""
    inflater = zlib.decompressobj(-15)
    try:
        message = inflater.decompress(payload + TAIL + b"\x01\x00\x00\xff\xff")
    except zlib.error:
        return None, False
    return message, inflater.eof


# ---------------------------------------------------------------- in the lesson

COMPRESS_CRASHES = (
    ("Invalid initialization", "wbits is the number of bits, 9 to 15, with a minus: -15."),
    ("Inconsistent flush|stream error|inconsistent stream", "flush takes zlib.Z_SYNC_FLUSH."),
    ("cannot be interpreted as an integer|required argument|slice indices", "Each of the blanks is a whole number."),
    ("concat", "Only bytes can be added to bytes."),
    ("has no attribute", "The constant is called zlib.Z_SYNC_FLUSH."),
)


@task(
    "15.a",
    "fill in the blanks",
    hints=(
        "The three lines in section 2 that made the payload of Hello: which values had they in these places?",
        "A raw stream with the largest window; a flush that ends with an empty block; and without its last four bytes.",
        "The blanks, in order: -15, zlib.Z_SYNC_FLUSH, -4.",
    ),
)
def compress(answer):
    for message in MESSAGES:
        call = call_text(answer, message)
        got = attempt_with(COMPRESS_CRASHES, answer, message)
        must_be(bytes | bytearray, got, call)
        judge_payload(bytes(got), message, call)


def judge_payload(got, message, call):
    """Raise Wrong unless `got` is a payload that a receiver inflates to `message`."""
    if inflates_to(got) == (message, True) and not got.endswith(TAIL):
        return
    card = {"call": call, "got": got}
    if message == b"Hello":
        card["expected"] = HELLO
    raise Wrong(*payload_misconception(got, message), **card)


def payload_misconception(got, message):
    """Return (looks, idea) for the wrong payload `got`."""
    if got.endswith(TAIL):
        return "the four bytes left on.", "A flush ends with 00 00 ff ff. What cuts off the last four?"
    if len(got) > 1 and got[0] & 15 == 8 and int.from_bytes(got[:2], "big") % 31 == 0:  # RFC 1950 section 2.2
        return f"zlib's own header, {got[:2].hex(' ')}.", "A raw stream has none: wbits with a minus."
    if got[:2] == b"\x1f\x8b":
        return "a gzip header, 1f 8b.", "A raw stream has none: wbits from -9 to -15."
    if got == message:
        return "a message that was not compressed.", "What goes out is what compress() and flush() give."
    if not got:
        return "nothing left.", "Only the last four bytes are cut off: the slice ends at -4."
    if packed(message).startswith(got):
        return "too much cut off.", "Just four bytes are left out: 00 00 ff ff."
    if got[0] & 1:  # of a block, the first bit says that it is the last (RFC 1951 section 3.2.3)
        idea = "Without zlib.Z_SYNC_FLUSH, flush() ends the stream. Then other bytes than the four are cut off."
        return "a stream that has ended.", idea
    if (packed(message) + TAIL).startswith(got):
        return "too little cut off.", "All four bytes are left out: 00 00 ff ff."
    return "a payload that does not inflate to the message.", "Which values do the three lines in section 2 have?"


INFLATE_CRASHES = (
    ("incorrect header|unknown compression|header check", "The stream is raw: zlib.decompressobj(wbits=-15)."),
    ("incomplete or truncated", "zlib.decompress wants a whole stream. zlib.decompressobj(wbits=-15) does not."),
    ("max_length must", "The number of bytes to hand out is not negative."),
    ("concat", "Only bytes can be added to bytes: data + TAIL."),
    ("invalid stored block", "What belongs behind the data before it is inflated? TAIL."),
)

LIMITS = (100, 5, 0, 1, 1000, 4096, 65536)


@task(
    "15.b",
    "inflate with a limit",
    hints=(
        "naive_inflate does it all, but takes all that comes. Which second argument has inflater.decompress?",
        "If you ask for max_size bytes, you cannot know whether there were more. Ask for one more, and look.",
        "message = zlib.decompressobj(wbits=-15).decompress(data + TAIL, max_size + 1), and then as in naive_inflate: "
        "return message if len(message) <= max_size else None",
    ),
)
def inflate(answer):
    judge_inflated(answer, b"Hello", 100)
    for limit in LIMITS:
        for size in (limit, limit + 1):
            judge_inflated(answer, bytes(size), limit)
            judge_inflated(answer, random.randbytes(size), limit)
    bomb = packed(bytes(1 << 23))
    for limit in (1000, 0):
        call = call_text(answer, bomb, limit)
        used = compression.peak(attempt_with, INFLATE_CRASHES, answer, bomb, limit)
        if used > 1 << 20:
            idea = f"This bomb has {len(bomb):,} bytes, and your answer filled {used >> 20} MiB of memory. "
            idea += "0 stands for no limit." if not limit else "Ask the inflater for max_size + 1 bytes at most."
            raise Wrong("an answer that looks when all is inflated.", idea, call=call)
    judge_inflated(answer, bytes(1 << 23), 1000)


def judge_inflated(answer, message, limit):
    """Raise Wrong unless the student's inflate() gives the message, or None where it is too long."""
    data = packed(message)
    call = call_text(answer, data, limit)
    got = attempt_with(INFLATE_CRASHES, answer, data, limit)
    wanted = message if len(message) <= limit else None
    if got == wanted and isinstance(got, bytes | bytearray | None):
        return
    looks, idea = inflated_misconception(got, message, data, limit)
    raise Wrong(looks, idea, call=call, expected=shown(wanted), got=shown(got))


def inflated_misconception(got, message, data, limit):
    """Return (looks, idea) for the wrong result `got`."""
    if got is not None and not isinstance(got, bytes | bytearray):
        return "something else than the message.", "Return the message, bytes, or None."
    if got is None and len(data) > limit:
        return (
            "a limit for what was on the wire.",
            "Small messages grow when they are compressed. Count what comes out.",
        )
    if got is None and len(message) == limit:
        return "a limit that is one too low.", f"{limit} bytes are allowed, and one more is not."
    if got is None:
        return "a message that is refused, or not returned.", f"It has {len(message)} bytes, and {limit} are allowed."
    if len(message) > limit and len(got) > limit:
        return "a message above the limit.", f"It has {len(message)} bytes. Above {limit} the answer is None."
    if message.startswith(got):
        idea = "What is above the limit is refused, not shortened: a piece of a message is no message."
        return "a message cut off.", idea
    return "another message.", "Inflate data + TAIL, with one inflater for this message."


def shown(value):
    """Return what a card can show of a message."""
    return value[:40] if isinstance(value, bytes | bytearray) else readable(value) if value is not None else None

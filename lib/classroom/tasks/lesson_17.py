"""The tasks of lesson 17, MicroPython; those of its exercise are in lesson_17_exercise."""

from pocketws.masking import apply_mask

from ..checks import Stopped, Wrong, attempt, call_text, task
from ..judging import attempt_with, must_be, readable
from ..judging_board import on_micropython
from . import lesson_17_exercise  # noqa: F401 - it registers its tasks

# ---------------------------------------------------------------- 17.a

FIT = (0, 1, 126, 65535)
TOO_LARGE = (65536, 70000, -1)


@task(
    "17.a",
    "two bytes, or an error",
    hints=(
        "Two bytes hold 2**16 numbers, from 0 on. Which is the largest?",
        "From 0 to 65535. And the form of two bytes, the one worth most first, is that of section 1.",
        'The blanks, in order: 65535, and ">H".',
    ),
)
def two_bytes_or_an_error(answer):
    for size in FIT:
        try:
            got = attempt(answer, size)
        except Stopped as stopped:
            if size and "ValueError" in stopped.details["error"]:
                idea = "What fits? Two bytes hold 2**16 numbers, and the first is 0."
                raise Wrong("a limit that is too low.", idea, call=call_text(answer, size)) from None
            raise
        must_be(bytes, got, call_text(answer, size), "Return the two bytes.")
        if got != size.to_bytes(2, "big"):
            idea = 'struct.pack(">H", size): the byte worth most comes first.'
            raise Wrong("other bytes.", idea, call=call_text(answer, size), expected=size.to_bytes(2, "big"), got=got)
    for size in TOO_LARGE:
        _must_refuse(answer, size)
    drive = f"""
def outcome(size):
    try:
        return answer(size)
    except ValueError:
        return "ValueError"
print([outcome(size) for size in {FIT + TOO_LARGE}])
"""
    there = on_micropython(answer, drive, "import struct")
    for size, got in zip(FIT + TOO_LARGE, there, strict=True):
        due = size.to_bytes(2, "big") if size in FIT else "ValueError"
        if got != due:
            idea = "struct.pack does not look there. Your own condition has to."
            raise Wrong("a check that CPython made for you.", idea, call=call_text(answer, size), expected=due, got=got)


def _must_refuse(answer, size):
    """Raise Wrong unless the answer raises ValueError for `size` on CPython."""
    call = call_text(answer, size)
    try:
        got = attempt(answer, size)
    except Stopped as stopped:
        name = stopped.details["error"].split(":")[0]
        if name == "ValueError":
            return
        if name == "error":  # struct.error
            idea = "It was struct that refused here. MicroPython's does not: refuse before you pack."
            raise Wrong("a limit that is too high, or none.", idea, call=call) from None
        if name == "TypeError" and "derive from BaseException" in stopped.details["error"]:
            stopped.details["idea"] = "After raise stands an exception: ValueError."
        raise
    raise Wrong("a number that is too large for two bytes.", "It raises ValueError.", call=call, got=readable(got))


# ---------------------------------------------------------------- 17.b

KEY = b"\x37\xfa\x21\x3d"
MASKED = ((b"", 4), (b"Hello, you", 4), (b"Hello, you there", 8), (bytes(range(256)) * 5, 64), (b"abcdefgh", 4096))


@task(
    "17.b",
    "mask piece by piece",
    hints=(
        "A loop over the places where pieces begin: range has a third argument, the step.",
        "For each place `at`: the slice from at to at + step, masked with apply_mask, goes back to where it was.",
        "for at in range(0, len(data), step): data[at : at + step] = apply_mask(data[at : at + step], key)",
    ),
)
def mask_piece_by_piece(answer):
    for data, step in MASKED:
        given = bytearray(data)
        got = attempt_with(_MASK_CRASHES, answer, given, KEY, step)
        call = call_text(answer, bytearray(data[:20]), KEY, step)
        due = apply_mask(data, KEY)
        if bytes(given) != due:
            looks, idea = _mask_misconception(bytes(given), got, data, due, step)
            raise Wrong(looks, idea, call=call, expected=due[:24], got=bytes(given)[:24])
    _in_a_small_heap(answer)


_MASK_CRASHES = (
    ("bytearray", "data[at : at + step] is replaced by as many masked bytes."),
    ("arg 3 must not be zero", "The third argument of range is the step."),
)


def _mask_misconception(given, got, data, due, step):
    """Return (looks, idea) for a bytearray that is not masked as it should be."""
    if got is not None and given == data and isinstance(got, bytes | bytearray) and bytes(got) == due:
        return "a new object.", "The bytes in `data` itself are to be masked: data[at : at + step] = ..."
    if given == data:
        return "data that is as it was.", "The masked piece has to go back: data[at : at + step] = ..."
    if len(given) != len(data):
        return "data of another length.", "Replace a slice by one that is as long."
    if given[:step] == due[:step] and given[step:] == data[step:]:
        return "the first piece only.", "A loop goes on to the next: range(0, len(data), step)."
    whole = len(data) // step * step
    if given[:whole] == due[:whole] and given[whole:] == data[whole:]:
        return "a last piece that is left out.", "It may be shorter than step. A slice ends with the data by itself."
    return "other bytes.", "Each piece is masked once, and begins with key byte 0, since step is a multiple of 4."


def _in_a_small_heap(answer):
    """Mask 64 KiB on MicroPython, in a heap that has no room for a large number."""
    drive = """
data = bytearray(65536)
answer(data, b"\\x37\\xfa\\x21\\x3d", 1024)
print(all(data[i] == b"\\x37\\xfa\\x21\\x3d"[i % 4] for i in range(0, 65536, 5)))
"""
    prelude = "from pocketws.masking import apply_mask"
    ideas = (("MemoryError", "64 KiB at once are too much. Mask `step` bytes at a time."),)
    call = f"{getattr(answer, '__name__', 'answer')}(bytearray(65536), key, 1024)"
    if on_micropython(answer, drive, prelude, "128K", ideas, call) is not True:
        raise Wrong("other bytes, on MicroPython.", "On CPython it is right. What differs there?", call=call)

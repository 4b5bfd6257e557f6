"""The checks of the exercise of lesson 17: as test_tasks_17.py. And what its first task says is so."""

import binascii

import pytest

from classroom import micropython as runtimes
from classroom.tasks.lesson_17_exercise import DOES, LARGE, LARGE_WORDS, right_sum
from tests.answers import right, spin, wrong
from tests.test_micropython import micropython

SECONDS = 0.5  # for one check


@pytest.fixture(autouse=True)
def needs_micropython():
    micropython()


# ---------------------------------------------------------------- 17.1

DOTS = dict.fromkeys(DOES, ...)
PERCENT, SUFFIX, PACK, SLASH, NEVER, JOIN, ORDER = DOES


def does(line, word):
    return DOES | {line: word}


SAME = [
    ("the stub", DOTS, "[ ]", "Replace the dots"),
    ("one left", does(ORDER, ...), "[ ]", "Replace the dots"),
    ("percent", does(PERCENT, "error"), "[x]", "a difference that is not there"),
    ("suffix", does(SUFFIX, "same"), "[x]", "a method that is there"),
    ("pack, same", does(PACK, "same"), "[x]", "a check that both make"),
    ("pack, error", does(PACK, "error"), "[x]", "a check that MicroPython makes"),
    ("slash, same", does(SLASH, "same"), "[x]", "a decoder that is strict on both"),
    ("slash, error", does(SLASH, "error"), "[x]", "a decoder that is strict on MicroPython"),
    ("never, silent", does(NEVER, "silent"), "[x]", "a decoder that takes any byte"),
    ("join", does(JOIN, "same"), "[x]", "a join that takes a memoryview"),
    ("order, same", does(ORDER, "same"), "[x]", "a dict that keeps its order on both"),
    ("order, error", does(ORDER, "error"), "[x]", "a dict that refuses"),
    ("another word", does(PERCENT, "yes"), "[x]", "another word"),
    ("a number", does(PERCENT, 1), "[x]", "another word"),
    ("a list", list(DOES.values()), "[x]", "list instead of the dict"),
]

# ---------------------------------------------------------------- 17.2


def lines_stub(buffer):
    """Take the whole lines out of the bytearray; return them as a list of str, without their ends."""
    pass  # your code here


def no_return(*args):
    len(args)


def take_lines(buffer):
    lines = []
    while b"\n" in buffer:
        at = buffer.index(b"\n")
        line = buffer[:at].decode()
        if line.endswith("\r"):
            line = line[:-1]
        lines.append(line)
        buffer[: at + 1] = b""
    return lines


def as_it_was(buffer):
    lines = []
    while b"\n" in buffer:
        at = buffer.index(b"\n")
        lines.append(buffer[:at].decode().removesuffix("\r"))
        del buffer[: at + 1]
    return lines


def still_deletes(buffer):
    lines = []
    while b"\n" in buffer:
        at = buffer.index(b"\n")
        line = buffer[:at].decode()
        lines.append(line[:-1] if line.endswith("\r") else line)
        del buffer[: at + 1]
    return lines


def renames(buffer):
    lines = []
    while b"\n" in buffer:
        line, _, buffer = buffer.partition(b"\n")
        line = line.decode()
        lines.append(line[:-1] if line.endswith("\r") else line)
    return lines


def takes_the_rest(buffer):
    found = [line.decode() for line in bytes(buffer).split(b"\n")]
    buffer[:] = b""
    return [line[:-1] if line.endswith("\r") else line for line in found]


def loses_the_rest(buffer):
    found = [line.decode() for line in bytes(buffer).split(b"\n")][:-1]
    buffer[:] = b""
    return [line[:-1] if line.endswith("\r") else line for line in found]


def as_bytes(buffer):
    *found, rest = bytes(buffer).split(b"\n")
    buffer[:] = rest
    return [line[:-1] if line.endswith(b"\r") else line for line in found]


def with_ends(buffer):
    *found, rest = bytes(buffer).split(b"\n")
    buffer[:] = rest
    return [line.decode() for line in found]


def strips(buffer):
    *found, rest = bytes(buffer).split(b"\n")
    buffer[:] = rest
    return [line.decode().strip() for line in found]


def strips_on_the_right(buffer):
    *found, rest = bytes(buffer).split(b"\n")
    buffer[:] = rest
    return [line.decode().rstrip() for line in found]


def looks_before_the_start(buffer):
    lines = []
    while b"\n" in buffer:
        at = buffer.index(b"\n")
        end = at - 1 if buffer[at - 1] == 13 else at
        lines.append(buffer[:end].decode())
        buffer[: at + 1] = b""
    return lines


def decodes_all(buffer):
    *found, rest = buffer.decode().split("\n")
    buffer[:] = rest.encode()
    return [line[:-1] if line.endswith("\r") else line for line in found]


def no_empty_lines(buffer):
    *found, rest = bytes(buffer).split(b"\n")
    buffer[:] = rest
    return [line[:-1].decode() if line.endswith(b"\r") else line.decode() for line in found if line]


def one_line(buffer):
    at = buffer.find(b"\n")
    line = buffer[: at + 1].decode()[:-1]
    buffer[: at + 1] = b""
    return [line[:-1] if line.endswith("\r") else line] if at >= 0 else []


def index_first(buffer):
    buffer.index(b"\n")
    return take_lines(buffer)


def clears(buffer):
    *found, rest = bytes(buffer).split(b"\n")
    buffer.clear()
    buffer.extend(rest)
    return [line[:-1].decode() if line.endswith(b"\r") else line.decode() for line in found]


def imports_a_module(buffer):
    from itertools import takewhile

    list(takewhile(bool, []))
    return []


LINES = [
    ("the stub", lines_stub, "[ ]", "write its body"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("as it was", as_it_was, "[!]", "tells, and text[:-1] cuts"),
    ("still deletes", still_deletes, "[!]", "cannot delete a slice"),
    ("renames", renames, "[x]", "lines that were not taken out"),
    ("takes the rest", takes_the_rest, "[x]", "a line that is not whole yet"),
    ("loses the rest", loses_the_rest, "[x]", "a beginning that is lost"),
    ("bytes", as_bytes, "[x]", "bytes where text belongs"),
    ("with its ends", with_ends, "[x]", "a line with its end"),
    ("strips", strips, "[x]", "a line that lost more than its end"),
    ("strips on the right", strips_on_the_right, "[x]", "a line that lost more than its end"),
    ("before the start", looks_before_the_start, "[x]", "a line that goes too far"),
    ("decodes all", decodes_all, "[!]", "Decode a whole line, after the cut"),
    ("no empty lines", no_empty_lines, "[x]", "empty lines that are passed over"),
    ("one line", one_line, "[x]", "too few lines"),
    ("index first", index_first, "[!]", "The buffer may hold no whole line"),
    ("clear", clears, "[!]", 'buffer[:] = b""'),
    ("a generator", lambda buffer: iter(()), "[x]", "instead of a list"),
    ("endless", spin, "[!]", "stopped after"),
]


def by_split(buffer):
    *found, rest = bytes(buffer).split(b"\n")
    buffer[:] = rest
    return [(line[:-1] if line[-1:] == b"\r" else line).decode() for line in found]


def by_a_start(buffer):
    lines, start = [], 0
    while True:
        at = buffer.find(b"\n", start)
        if at < 0:
            buffer[:start] = b""
            return lines
        end = at - 1 if at > start and buffer[at - 1] == 13 else at
        lines.append(str(buffer[start:end], "utf-8"))
        start = at + 1


# ---------------------------------------------------------------- 17.3


def sum_stub(stream):
    """Return how many bytes the stream has, and their checksum: int, int."""
    pass  # your code here


def size_and_sum(stream):
    size = crc = 0
    while True:
        piece = stream.read(1024)
        if not piece:
            return size, crc
        size += len(piece)
        crc = binascii.crc32(piece, crc)


def one_read(stream):
    data = stream.read(10_000_000)
    return len(data), binascii.crc32(data)


def no_number(stream):
    data = stream.read()
    return len(data), binascii.crc32(data)


def until_short(stream):
    size = crc = 0
    piece = bytes(1024)
    while len(piece) >= 700:
        piece = stream.read(1024)
        size += len(piece)
        crc = binascii.crc32(piece, crc)
    return size, crc


def keeps_all(stream):
    data = b""
    while True:
        piece = stream.read(1024)
        if not piece:
            return len(data), binascii.crc32(data)
        data += piece


def list_of_pieces(stream):
    pieces = []
    while True:
        piece = stream.read(1024)
        if not piece:
            data = b"".join(pieces)
            return len(data), binascii.crc32(data)
        pieces.append(piece)


def adds(stream):
    size = crc = 0
    while True:
        piece = stream.read(1024)
        if not piece:
            return size, crc
        size += len(piece)
        crc += binascii.crc32(piece)


def last_only(stream):
    size = crc = 0
    while True:
        piece = stream.read(1024)
        if not piece:
            return size, crc
        size += len(piece)
        crc = binascii.crc32(piece)


def stale(stream):
    size, crc, buffer = 0, 0, bytearray(1024)
    while True:
        count = stream.readinto(buffer)
        if not count:
            return size, crc
        size += count
        crc = binascii.crc32(buffer, crc)


def counts_asked(stream):
    size = crc = 0
    while True:
        piece = stream.read(1024)
        if not piece:
            return size, crc
        size += 1024
        crc = binascii.crc32(piece, crc)


def no_room(stream):
    size, crc, buffer = 0, 0, bytearray()
    while count := stream.readinto(buffer):
        size += count
        crc = binascii.crc32(buffer, crc)
    return size, crc


def crc_first(stream):
    size = crc = 0
    while piece := stream.read(1024):
        size += len(piece)
        crc = binascii.crc32(crc, piece)
    return size, crc


def with_iter(stream):
    size = crc = 0
    for piece in iter(lambda: stream.read(1024), b""):
        size += len(piece)
        crc = binascii.crc32(piece, crc)
    return size, crc


def turned(stream):
    return size_and_sum(stream)[::-1]


SUMS = [
    ("the stub", sum_stub, "[ ]", "write its body"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("one read", one_read, "[x]", "the first piece only"),
    ("no number", no_number, "[!]", "how many bytes at most"),
    ("until a short one", until_short, "[x]", "a short piece taken for the end"),
    ("keeps all", keeps_all, "[!]", "Keep the sum, not the bytes"),
    ("a list", list_of_pieces, "[!]", "Keep the sum, not the bytes"),
    ("adds", adds, "[x]", "checksums that are added"),
    ("the last", last_only, "[x]", "the checksum of the last piece"),
    ("stale bytes", stale, "[x]", "another checksum"),
    ("what was asked for", counts_asked, "[x]", "more bytes than there are"),
    ("turned", turned, "[x]", "the two in another order"),
    ("no room", no_room, "[x]", "nothing that was read"),
    ("the sum first", crc_first, "[!]", "First the bytes"),
    ("iter", with_iter, "[!]", "Write a while loop"),
    ("one number", lambda stream: 5, "[x]", "an int instead of"),
    ("endless", spin, "[!]", "stopped after"),
]


def by_readinto(stream):
    size, crc = 0, 0
    view = memoryview(bytearray(512))
    while count := stream.readinto(view):
        size += count
        crc = binascii.crc32(view[:count], crc)
    return [size, crc]


def byte_by_byte(stream):
    size = crc = 0
    while byte := stream.read(64):
        size, crc = size + len(byte), binascii.crc32(byte, crc)
    return (size, crc)


# ---------------------------------------------------------------- 17.4


async def words_stub(pieces):
    """Return how many words are in the text that `pieces`, an asynchronous iterator of str, gives."""
    pass  # your code here


async def count_words(pieces):
    words, inside = 0, False
    async for piece in pieces:
        if piece:
            words += len(piece.split())
            if inside and not piece[0].isspace():
                words -= 1
            inside = not piece[-1].isspace()
    return words


async def no_words(pieces):
    async for _ in pieces:
        pass


async def twice(pieces):
    words = 0
    async for piece in pieces:
        words += len(piece.split())
    return words


async def joins(pieces):
    text = ""
    async for piece in pieces:
        text += piece
    return len(text.split())


async def keeps_pieces(pieces):
    found = []
    async for piece in pieces:
        found.append(piece)
    return len("".join(found).split())


async def list_in_a_comprehension(pieces):
    return len("".join([piece async for piece in pieces]).split())


async def empty_fails(pieces):
    words, inside = 0, False
    async for piece in pieces:
        words += len(piece.split())
        if inside and not piece[0].isspace():
            words -= 1
        inside = not piece[-1].isspace()
    return words


async def empty_is_inside(pieces):
    words, inside = 0, False
    async for piece in pieces:
        words += len(piece.split())
        if inside and not piece[:1].isspace():
            words -= 1
        inside = not piece[-1:].isspace()
    return words


async def always_joined(pieces):
    words, first = 0, True
    async for piece in pieces:
        if piece.split():
            words += len(piece.split()) - (not first)
            first = False
    return words


async def counts_spaces(pieces):
    words = 0
    async for piece in pieces:
        words += piece.count(" ") + 1
    return words


async def one_more(pieces):
    words = 0
    async for piece in pieces:
        words += piece.count(" ")
    return words + 1


async def loses_the_last(pieces):
    words, rest = 0, ""
    async for piece in pieces:
        *found, rest = (rest + piece).replace("\n", " ").split(" ")
        words += len([word for word in found if word])
    return words


async def counts_pieces(pieces):
    count = 0
    async for _ in pieces:
        count += 1
    return count


async def plain_for(pieces):
    return sum(len(piece.split()) for piece in pieces)


def no_async(pieces):
    return 0


WORDS = [
    ("the stub", words_stub, "[ ]", "write its body"),
    ("no return", no_words, "[x]", "a function without a return"),
    ("twice", twice, "[x]", "a word that is counted in both of its pieces"),
    ("joins", joins, "[!]", "Keep what you know of it, not the text"),
    ("a list", keeps_pieces, "[!]", "Keep what you know of it, not the text"),
    ("a comprehension", list_in_a_comprehension, "[!]", "on MicroPython"),
    ("empty fails", empty_fails, "[!]", "A piece may be empty"),
    ("empty joins", empty_is_inside, "[x]", "an empty piece that joins words"),
    ("always joined", always_joined, "[x]", "words that are joined where there is a space"),
    ("spaces", counts_spaces, "[x]", "spaces that are counted"),
    ("one more", one_more, "[x]", "a word in a text that has none"),
    ("loses the last", loses_the_last, "[x]", "a last word that is left out"),
    ("pieces", counts_pieces, "[x]", "a count of pieces"),
    ("a plain for", plain_for, "[!]", "async for piece in pieces"),
    ("no async", no_async, "[x]", "a function without async"),
]


async def by_letters(pieces):
    words, inside = 0, False
    async for piece in pieces:
        for letter in piece:
            if letter in " \n":
                inside = False
            elif not inside:
                inside = True
                words += 1
    return words


async def with_a_rest(pieces):
    words, rest = 0, ""
    async for piece in pieces:
        text = rest + piece
        found = text.split()
        rest = found.pop() if text and not text[-1].isspace() else ""
        words += len(found)
    return words + (1 if rest else 0)


# ---------------------------------------------------------------- 17.5

PERIOD = 2**30


def ticks_stub(start, now):
    """Return the milliseconds from `start` to `now`, two values of a counter that begins anew at PERIOD."""
    pass  # your code here


def elapsed(start, now):
    return (now - start + PERIOD // 2) % PERIOD - PERIOD // 2


def border(start, now):
    found = (now - start) % PERIOD
    return found - PERIOD if found > PERIOD // 2 else found


def asks_time(start, now):
    import time

    return time.ticks_diff(now, start)


TICKS = [
    ("the stub", ticks_stub, "[ ]", "write its body"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("a difference", lambda start, now: now - start, "[x]", "a counter that never begins anew"),
    ("forward only", lambda start, now: (now - start) % PERIOD, "[x]", "a time that only goes forward"),
    ("a distance", lambda start, now: abs(now - start), "[x]", "a distance without a direction"),
    ("turned", lambda start, now: elapsed(now, start), "[x]", "the two times in the other order"),
    ("the border", border, "[x]", "a border that belongs to the other side"),
    ("a float", lambda start, now: (now - start) / 1, "[x]", "a float instead of an int"),
    ("of a board", asks_time, "[!]", "Only MicroPython has it"),
    ("endless", spin, "[!]", "stopped after"),
]


def by_cases(start, now):
    found = now - start
    if found < -PERIOD // 2:
        found += PERIOD
    elif found >= PERIOD // 2:
        found -= PERIOD
    return found


# ----------------------------------------------------------------

ROWS = {"17.1": SAME, "17.2": LINES, "17.3": SUMS, "17.4": WORDS, "17.5": TICKS}
ALL_WRONG = [row for task, rows in ROWS.items() for row in wrong(task, rows)]


@pytest.mark.parametrize("task, answer, sign, phrase", ALL_WRONG)
def test_wrong_answers_are_named(card, task, answer, sign, phrase):
    text = card(task, answer)
    assert text.startswith(sign) and phrase in text, text


RIGHT = [
    *right("17.1", usual=DOES, capitals={line: f" {word.upper()}" for line, word in DOES.items()}),
    *right("17.2", usual=take_lines, by_split=by_split, by_a_start=by_a_start),
    *right("17.3", usual=size_and_sum, by_readinto=by_readinto, small_pieces=byte_by_byte),
    *right("17.4", usual=count_words, by_letters=by_letters, with_a_rest=with_a_rest),
    *right("17.5", usual=elapsed, by_cases=by_cases),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_right_answers_pass(card, task, answer):
    assert card(task, answer).startswith("[ok]"), card(task, answer)


# ---------------------------------------------------------------- what the tasks say


def test_the_first_task_says_what_the_two_runtimes_do():
    program = f"""
import struct
for line in {list(DOES)}:
    try:
        print(repr(eval(line)))
    except UnicodeError:
        print("UnicodeError")
    except Exception:
        print("error")
"""
    board = runtimes.find()
    there = board.run(program).output.splitlines()
    here = runtimes._run([runtimes.sys.executable], program, 10).output.splitlines()
    assert len(here) == len(there) == len(DOES)
    for (line, word), ours, theirs in zip(DOES.items(), here, there, strict=True):
        found = "same" if ours == theirs else "error" if theirs == "error" else "silent"
        assert found == word, (line, ours, theirs)


def test_the_large_inputs_do_not_fit_into_the_heap_that_the_checks_give():
    heap = int(runtimes.find().run("import gc; print(gc.mem_free())", "64K").output)
    assert heap < 64 * 1024 < LARGE < 6 * LARGE_WORDS
    assert right_sum(LARGE)[0] == LARGE


def test_the_clock_is_that_of_a_board():
    """time.ticks_diff has another period on a PC, so its rule is held against, and not its numbers."""
    program = """
import time
half = (time.ticks_add(0, -1) + 1) // 2
print([time.ticks_diff(now, start) for start, now in ((0, 0), (5, 7), (7, 5), (2 * half - 100, 150), (0, half))])
print(-half)
"""
    found, last = runtimes.find().run(program).output.splitlines()
    assert found == f"[0, 2, -2, 250, {last}]"

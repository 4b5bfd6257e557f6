"""The tasks of the exercise of lesson 17, MicroPython. All but the first run the answer on MicroPython, too."""

import binascii
import inspect

from ..awaiting import attempt_awaited
from ..checks import NotStarted, Wrong, call_text, task
from ..judging import attempt_with, must_be, readable
from ..judging_board import on_micropython

# ---------------------------------------------------------------- 17.1

VERDICTS = ("same", "error", "silent")
DOES = {
    'b"%d" % 3': "same",
    '"tea.txt".removesuffix(".txt")': "error",
    'struct.pack(">H", 65536)': "silent",
    'b"\\xc0\\xaf".decode()': "silent",
    'b"\\xff".decode()': "same",
    'b"".join([memoryview(b"tea")])': "error",
    'list({"tea": 1, "milk": 2, "sugar": 3, "lemon": 4})': "silent",
}

# line, wrong verdict: (looks, idea); None is for any other verdict
DOES_IDEAS = {
    ('b"%d" % 3', None): (
        "a difference that is not there.",
        "Formatting bytes with % works on both; the table does not name it.",
    ),
    ('"tea.txt".removesuffix(".txt")', None): (
        "a method that is there.",
        "MicroPython's str has fewer methods: see the table in section 1.",
    ),
    ('struct.pack(">H", 65536)', "same"): (
        "a check that both make.",
        "65536 takes 17 bits. CPython raises struct.error. What did 70_000 become on MicroPython?",
    ),
    ('struct.pack(">H", 65536)', "error"): (
        "a check that MicroPython makes.",
        "It is the other way round: CPython refuses, and MicroPython cuts off the highest bit.",
    ),
    ('b"\\xc0\\xaf".decode()', "same"): (
        "a decoder that is strict on both.",
        "This is the slash in two bytes. Which runtime looks only at the form of the bytes?",
    ),
    ('b"\\xc0\\xaf".decode()', "error"): (
        "a decoder that is strict on MicroPython.",
        "It is the other way round: CPython refuses, and MicroPython gives a text.",
    ),
    ('b"\\xff".decode()', None): (
        "a decoder that takes any byte.",
        "0xff never occurs in UTF-8. Both look at the form of the bytes, and refuse it.",
    ),
    ('b"".join([memoryview(b"tea")])', None): (
        "a join that takes a memoryview.",
        "See the table in section 1: there it is an error.",
    ),
    ('list({"tea": 1, "milk": 2, "sugar": 3, "lemon": 4})', "same"): (
        "a dict that keeps its order on both.",
        "Only CPython's does. See the table in section 1.",
    ),
    ('list({"tea": 1, "milk": 2, "sugar": 3, "lemon": 4})', "error"): (
        "a dict that refuses.",
        "Nobody complains: the same names come, in another order.",
    ),
}


@task(
    "17.1",
    "the same, an error, or silent?",
    hints=(
        "Try a line on both: board.both('import struct; print(...)'). Predict it before.",
        "Two are the same. Two are errors: a method and a kind of argument that are not there. The other three say "
        "nothing.",
        'In order: "same", "error", "silent", "silent", "same", "error", "silent".',
    ),
)
def the_same_an_error_or_silent(answer):
    if not isinstance(answer, dict):
        looks = f"{type(answer).__name__} instead of the dict."
        raise Wrong(looks, "Fill in the dots of `does`.", got=readable(answer))
    if any(answer.get(line, ...) is ... for line in DOES):
        raise NotStarted()
    for line, right in DOES.items():
        word = answer[line]
        word = word.strip().casefold() if isinstance(word, str) else word
        if word not in VERDICTS:
            raise Wrong("another word.", 'Write "same", "error" or "silent".', call=line, got=readable(answer[line]))
        if word != right:
            looks, idea = DOES_IDEAS.get((line, word)) or DOES_IDEAS[line, None]
            raise Wrong(looks, idea, call=line, got=word)


# ---------------------------------------------------------------- 17.2

# what is in the buffer: (the lines due, what is left of it)
TAKEN = {
    b"tea\nmilk\n": (["tea", "milk"], b""),
    b"tea\nmi": (["tea"], b"mi"),
    b"tea\r\nmilk\r\nle": (["tea", "milk"], b"le"),
    b"": ([], b""),
    b"mi": ([], b"mi"),
    b"\n\ntea\n": (["", "", "tea"], b""),
    b" tea \n": ([" tea "], b""),
    b"a\r\r\n": (["a\r"], b""),
    "Grün\nTee\r".encode(): (["Grün"], b"Tee\r"),
    b"\ntea\r": ([""], b"tea\r"),
    b"tea\nGr\xc3": (["tea"], b"Gr\xc3"),  # half an "ü"
}


@task(
    "17.2",
    "mend take_lines",
    hints=(
        "Run it on both as it is: MicroPython names the first thing that it does not have. There are two.",
        'For removesuffix: look with endswith("\\r"), and cut with a slice. For del: replace the slice by nothing.',
        'line = buffer[:at].decode(); if line.endswith("\\r"): line = line[:-1]; lines.append(line); '
        'buffer[: at + 1] = b""',
    ),
)
def mend_take_lines(answer):
    for data, (lines, left) in TAKEN.items():
        buffer = bytearray(data)
        got = attempt_with(_TAKE_CRASHES, answer, buffer)
        call = call_text(answer, bytearray(data))
        must_be(list, got, call, "Return a list of lines.")
        if got != lines:
            looks, idea = _lines_misconception(got, lines, left)
            raise Wrong(looks, idea, call=call, expected=lines, got=got)
        if bytes(buffer) != left:
            looks, idea = _left_misconception(bytes(buffer), data)
            raise Wrong(looks, idea, call=call, expected=left, got=bytes(buffer))
    drive = f"""
found = []
for data in {list(TAKEN)}:
    buffer = bytearray(data)
    found.append((answer(buffer), bytes(buffer)))
print(found)
"""
    there = on_micropython(answer, drive, ideas=_TAKE_THERE, call=call_text(answer, bytearray(b"tea\nmi")))
    for (data, due), got in zip(TAKEN.items(), there, strict=True):
        if got != due:
            call = call_text(answer, bytearray(data))
            raise Wrong("another result, on MicroPython.", "On CPython it is right.", call=call, expected=due, got=got)


_TAKE_CRASHES = (
    ("UnicodeDecodeError", "Decode a whole line, after the cut: a letter may take several bytes."),
    ("subsection not found", "The buffer may hold no whole line. Look before you ask for its index."),
    ("not in list|not found", "The buffer may hold no whole line. Look before you ask for its index."),
    (
        "must be str, not bytes|a bytes-like object is required",
        "Bytes with bytes, text with text: where do you decode?",
    ),
)
_TAKE_THERE = (
    ("'removesuffix'", 'text.endswith("\\r") tells, and text[:-1] cuts. The table in section 1 has both.'),
    ("'clear'", 'A bytearray there has no clear(). buffer[:] = b"" does it.'),
    ("'pop'", 'A bytearray there has no pop(). buffer[:1] = b"" does it.'),
)


def _lines_misconception(got, lines, left):
    """Return (looks, idea) for wrong lines."""
    if any(not isinstance(line, str) for line in got):
        return "bytes where text belongs.", "Decode each line: lines are str."
    if len(got) == len(lines) + 1 and got[:-1] == lines:
        return "a line that is not whole yet.", "What follows the last line's end is still to come. It stays."
    if [line + "\r" for line in lines] == got or any(line.endswith("\n") for line in got):
        return "a line with its end.", "The end of a line is \\n, or \\r\\n. Neither belongs to it."
    if len(got) == len(lines) and all(_shorter(a, b) for a, b in zip(got, lines, strict=True)):
        return "a line that lost more than its end.", "Spaces belong to the line, and of two \\r the first does, too."
    if any("\n" in line for line in got):
        idea = "An empty line has no byte before its end. buffer[-1] is the last one of all."
        return "a line that goes too far.", idea
    if [line for line in lines if line] == got:
        return "empty lines that are passed over.", "An empty line is a line."
    if len(got) < len(lines):
        return "too few lines.", "Take all that are whole."
    return "other lines.", "What does broken(bytearray(...)) give on CPython?"


def _shorter(line, due):
    """Whether `line` is `due`, or that without spaces or \\r at its ends."""
    return line in due and line.strip() == due.strip()


def _left_misconception(left, data):
    """Return (looks, idea) for a wrong rest."""
    if left == data:
        idea = "The caller's buffer is as before, and gives the same lines again. buffer = ... only renames: change it."
        return "lines that were not taken out.", idea
    if left == b"":
        return (
            "a beginning that is lost.",
            "What follows the last whole line stays in the buffer: the rest comes later.",
        )
    return "another rest.", "What is left begins behind the last line's end."


# ---------------------------------------------------------------- 17.3

PIECES = (700, 1024, 3, 512)  # how many bytes the stream gives at most, in turn, as a network may


class Stream:
    """What the answer reads. It gives `size` bytes, in pieces of its own choice."""

    def __init__(self, size):
        self.size, self.at, self.turn = size, 0, 0

    def read(self, most):
        count = min(most, PIECES[self.turn % 4], self.size - self.at)
        start = self.at % 4
        self.turn += 1
        self.at += count
        return (b"\x0d\xfa\x21\x3d" * (count // 4 + 2))[start : start + count]

    def readinto(self, buffer):
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def __repr__(self):
        return "stream"


_STREAM = f"import binascii\nPIECES = {PIECES}\n{inspect.getsource(Stream)}"

SIZES = (0, 5, 700, 1724, 5000)
LARGE = 300_000


def right_sum(size):
    """Return (size, CRC) of what a Stream of this size gives."""
    stream, crc = Stream(size), 0
    while piece := stream.read(1024):
        crc = binascii.crc32(piece, crc)
    return size, crc


@task(
    "17.3",
    "a checksum in a small heap",
    hints=(
        "Read a piece, take it into the checksum, forget it. When do you stop?",
        "A loop: piece = stream.read(1024), until it is empty. crc32(piece, crc) goes on from the sum so far.",
        "size = crc = 0; then while True: piece = stream.read(1024); if not piece: return size, crc; "
        "size += len(piece); crc = binascii.crc32(piece, crc)",
    ),
)
def a_checksum_in_a_small_heap(answer):
    for size in SIZES:
        got = attempt_with(_SUM_CRASHES, answer, Stream(size))
        call = f"{call_text(answer, Stream(size))} of {size} bytes"
        must_be(tuple | list, got, call, "Return size, crc.")
        right = right_sum(size)
        if tuple(got) != right:
            looks, idea = _sum_misconception(tuple(got), right, size)
            raise Wrong(looks, idea, call=call, expected=right, got=tuple(got))
    ideas = (
        ("MemoryError", "300,000 bytes do not fit, not even as a list of pieces. Keep the sum, not the bytes."),
        ("takes 1 positional arguments but 2", "If it is iter: there, it takes one argument. Write a while loop."),
    )
    call = f"{call_text(answer, Stream(0))} of {LARGE:,} bytes"
    there = on_micropython(answer, f"print(tuple(answer(Stream({LARGE}))))", _STREAM, "64K", ideas, call)
    if there != right_sum(LARGE):
        idea = "On CPython it is right, for short streams. Is there a number that is fixed?"
        raise Wrong("another result, on MicroPython.", idea, call=call, expected=right_sum(LARGE), got=there)


_SUM_CRASHES = (
    ("missing 1 required positional argument", "read needs to know how many bytes at most: stream.read(1024)."),
    ("'binascii'|'crc32'", "The module is imported in the first cell: binascii.crc32(piece, crc)."),
    ("bytes-like object is required, not 'int'", "First the bytes, then the sum so far: crc32(piece, crc)."),
)


def _sum_misconception(got, right, size):
    """Return (looks, idea) for a wrong pair."""
    if len(got) != 2 or not all(isinstance(part, int) for part in got):
        return "something other than two numbers.", "return size, crc"
    if got == right[::-1]:
        return "the two in another order.", "First the size, then the checksum."
    if got == (0, 0):
        idea = "readinto puts in as many bytes as the buffer is long: bytearray(1024). An empty one has no room."
        return "nothing that was read.", idea
    first = min(PIECES[0], size)
    if got[0] == first and size > first:
        return "the first piece only.", "A piece may be shorter than you asked for. Only an empty one says: the end."
    if got[0] < size:
        idea = "A piece may be shorter than you asked for. Only an empty one says: the end."
        return "a short piece taken for the end.", idea
    if got[0] > size:
        return "more bytes than there are.", "Count what came: len(piece), or what readinto returns."
    return _crc_misconception(got[1], size)


def _crc_misconception(crc, size):
    """Return (looks, idea) for a wrong checksum beside a right size."""
    pieces, stream = [], Stream(size)
    while piece := stream.read(1024):
        pieces.append(piece)
    if pieces and crc == binascii.crc32(pieces[-1]):
        return "the checksum of the last piece.", "crc32(piece, crc) goes on from the one before."
    if crc == sum(map(binascii.crc32, pieces)):
        return "checksums that are added.", "A CRC is no sum. crc32(piece, crc) goes on from the one before."
    return "another checksum.", "Of readinto's buffer, only the first bytes are new: memoryview(buffer)[:count]."


# ---------------------------------------------------------------- 17.4

TEXTS = (
    (),
    ("tea",),
    ("tea milk", " sugar lemon"),
    ("tea mi", "lk sugar"),
    ("t", "e", "a"),
    ("tea ", "milk"),
    (" tea\nmi", "", "lk "),
    ("tea", "", " ", "milk", ""),
    ("\n", " ", ""),
)
ROUNDS = 150  # pieces of 2 KiB, for the large text: its words are cut between them


class Pieces:
    """An asynchronous iterator over pieces of text, as recv_streaming() gives one."""

    def __init__(self, pieces):
        self.pieces, self.words = iter(pieces), repr(pieces)

    def __aiter__(self):
        return self

    async def __anext__(self):
        for piece in self.pieces:
            return piece
        raise StopAsyncIteration

    def __repr__(self):
        return f"<pieces {self.words}>"


_PIECES = f"import asyncio\n{inspect.getsource(Pieces)}"
_LARGE_TEXT = (
    f"('a ' + 'tea milk\\n' * 227 + 'sug' for _ in range({ROUNDS}))"  # each piece is made when it is asked for
)
LARGE_WORDS = ROUNDS * 455 + 1  # each "sug" goes on with the next "a", but for the last


@task(
    "17.4",
    "count the words of a text that does not fit",
    hints=(
        "len(piece.split()) counts the words of a piece. Which word is counted twice, and how can you tell?",
        "Remember of each piece only whether it ended inside a word. If it did, and the next one does not begin with a "
        "space, they share a word. Pieces may be empty.",
        "words, inside = 0, False; async for piece in pieces: if piece: words += len(piece.split()); if inside and not "
        "piece[0].isspace(): words -= 1; inside = not piece[-1].isspace(). At the end: return words",
    ),
)
def count_the_words(answer):
    for pieces in TEXTS:
        got = attempt_awaited(_WORD_CRASHES, answer, Pieces(pieces))
        call = call_text(answer, Pieces(pieces))
        must_be(int, got, call, "Return how many words there are.")
        right = len("".join(pieces).split())
        if got != right:
            looks, idea = _words_misconception(got, right, pieces)
            raise Wrong(looks, idea, call=call, expected=right, got=got)
    ideas = (("MemoryError", "300 KB of text do not fit. Keep what you know of it, not the text."),)
    call = f"{getattr(answer, '__name__', 'answer')}(pieces) of {ROUNDS} pieces of 2 KiB"
    there = on_micropython(answer, f"print(asyncio.run(answer(Pieces({_LARGE_TEXT}))))", _PIECES, "128K", ideas, call)
    if there != LARGE_WORDS:
        raise Wrong(
            "another count, on MicroPython.", "On CPython it is right.", call=call, expected=LARGE_WORDS, got=there
        )


_WORD_CRASHES = (
    ("index out of range", "A piece may be empty: it has no first letter, and no last."),
    (
        "'async for'|requires an object with __aiter__|not iterable",
        "The pieces come one by one: async for piece in pieces.",
    ),
)


def _words_misconception(got, right, pieces):
    """Return (looks, idea) for a wrong count."""
    each = [len(piece.split()) for piece in pieces]
    if got == sum(each):
        return "a word that is counted in both of its pieces.", "A cut may be in the middle of a word: *mi*, then *lk*."
    if not right:
        return "a word in a text that has none.", "No piece at all may come, or only spaces: then there are 0 words."
    if got < right and len(pieces) == 1:
        return "a last word that is left out.", "No space has to follow it: the end of the last piece ends it, too."
    if got == len(pieces):
        return "a count of pieces.", "A piece may hold many words, or a part of one."
    if got == len("".join(piece for piece in pieces)):
        return "a count of letters.", "Words are what lies between spaces and line ends: piece.split()."
    if got == sum(piece.count(" ") + 1 for piece in pieces) or got == "".join(pieces).count(" ") + 1:
        return "spaces that are counted.", "Line ends part words as well, and two spaces part no more than one."
    if got < right and "" in pieces:
        return "an empty piece that joins words.", "An empty piece changes nothing: pass it over."
    if got < right:
        return "words that are joined where there is a space.", "Only if no space is on either side of the cut."
    return "another count.", "What do you know of the end of the piece before? It stays true over an empty piece."


# ---------------------------------------------------------------- 17.5

PERIOD = 1 << 30
TICKS = (
    (0, 0, 0),
    (1000, 1250, 250),
    (1250, 1000, -250),
    (PERIOD - 100, 150, 250),
    (150, PERIOD - 100, -250),
    (0, PERIOD // 2 - 1, PERIOD // 2 - 1),
    (0, PERIOD // 2, -PERIOD // 2),
    (PERIOD - 1, 0, 1),
    (5, PERIOD - 1, -6),
)


@task(
    "17.5",
    "a clock that begins anew (optional)",
    hints=(
        "What is (150 - (PERIOD - 100)) % PERIOD? And what would the same line give for the times the other way round?",
        "Bring the difference into 0 to PERIOD - 1 with %. From half of PERIOD on, it means a time before: subtract "
        "PERIOD.",
        "half = PERIOD // 2; return (now - start + half) % PERIOD - half",
    ),
)
def a_clock_that_begins_anew(answer):
    for start, now, right in TICKS:
        got = attempt_with(_TICKS_CRASHES, answer, start, now)
        call = call_text(answer, start, now)
        must_be(int, got, call, "Return milliseconds.")
        if got != right:
            looks, idea = _ticks_misconception(got, start, now)
            raise Wrong(looks, idea, call=call, expected=right, got=got)
    drive = f"print([answer(start, now) for start, now, _ in {TICKS}])"
    there = on_micropython(answer, drive, f"PERIOD = {PERIOD}")
    if there != [right for _, _, right in TICKS]:
        raise Wrong("another result, on MicroPython.", "On CPython it is right.", got=there)


_TICKS_CRASHES = (("ticks_diff", "Only MicroPython has it. Write what it does: a difference, and half of PERIOD."),)


def _ticks_misconception(got, start, now):
    """Return (looks, idea) for a wrong difference."""
    if got == PERIOD // 2:
        return "a border that belongs to the other side.", "Exactly half of PERIOD counts as before: -PERIOD // 2."
    if got == now - start:
        return "a counter that never begins anew.", "After PERIOD - 1 comes 0. So 150 may be 250 after PERIOD - 100."
    if got == (now - start) % PERIOD:
        return "a time that only goes forward.", "`now` may lie before `start`. Half of PERIOD is the border."
    if got == abs(now - start):
        return "a distance without a direction.", "If `now` lies before `start`, the result is below 0."
    if got in (start - now, -((now - start + PERIOD // 2) % PERIOD - PERIOD // 2)):
        return "the two times in the other order.", "How much later is `now`?"
    return (
        "another number.",
        "It lies from -PERIOD // 2 to PERIOD // 2 - 1, and differs from now - start by whole PERIODs.",
    )

"""Lesson 15: it runs twice and leaves nothing, its claims hold, and what it measures with (classroom.compression)."""

import asyncio
import contextlib
import zlib

import nbformat
import pytest
import websockets
from websockets.asyncio.server import serve as their_serve

from classroom import compression, servers
from classroom.pictures import lesson_15 as picture
from classroom.workspace import ROOT
from pocketws import serve
from pocketws.exceptions import ConnectionClosed
from pocketws.frames import OP_TEXT, Frame, decode_header
from tests.network.helpers import run
from tests.notebook_rules import LEFT, code_cells
from tests.student_client import said, solved

LESSON = ROOT / "notebooks" / "15_compression.ipynb"
HELLO, AGAIN = (bytes.fromhex(text) for text in ("f2 48 cd c9 c9 07 00", "f2 00 11 00 00"))  # RFC 7692 section 7.2.3
KEY = b"\x37\xfa\x21\x3d"

SOLVED = {
    "zlib.compressobj(wbits=...)": "zlib.compressobj(wbits=-15)",
    "deflater.flush(...)": "deflater.flush(zlib.Z_SYNC_FLUSH)",
    "packed[:...]": "packed[:-4]",
    "    ...  # your code here": "    message = zlib.decompressobj(wbits=-15).decompress(data + TAIL, max_size + 1)\n"
    "    return message if len(message) <= max_size else None",
}
REVEALED = ["['text']", "'longer'", "5", "['random', 'small']", "3", "[True, False, False]", "40", "1"]


def revealed(words):
    """Return what the cells revealed, as text."""
    found = [line for each in words for line in each.splitlines() if "You wrote no prediction" in line]
    return [line.split(". You wrote no prediction")[0] for line in found]


# ---------------------------------------------------------------- the notebook


@pytest.mark.thorough
def test_it_runs_twice_in_one_kernel_cell_by_cell_and_leaves_no_server_and_no_task():
    cells = code_cells(LESSON)
    each_twice = [source for source in cells for _ in range(2)]
    words = said(*each_twice, LEFT, *cells, LEFT)
    count = len(each_twice)
    assert words[count] == words[-1] == "[]"
    assert revealed(words[:count:2]) == revealed(words[1:count:2]) == revealed(words[count + 1 : -1]) == REVEALED


@pytest.mark.thorough
def test_a_lesson_left_in_the_middle_is_cleaned_up_by_its_last_cell():
    *cells, clean_up = code_cells(LESSON)
    assert said(*cells[: len(cells) // 2], clean_up, LEFT)[-1] == "[]"


@pytest.mark.thorough
def test_solved_tasks_pass():
    words = said(*solved(code_cells(LESSON), SOLVED))
    assert sum(each.startswith("[ok] Task 15.") for each in words) == 2


@pytest.mark.thorough
def test_it_runs_with_the_client_of_pocketws_just_as_well():
    line = "from websockets import ConnectionClosed, connect"
    words = said(*solved(code_cells(LESSON), {line: line.replace("websockets", "pocketws")}))
    assert revealed(words) == REVEALED


def test_your_turn_without_compression():
    cells = code_cells(LESSON)
    told = 'options = {"compression": None}'
    assert told in "".join(cell.source for cell in nbformat.read(LESSON, as_version=4).cells)
    head = cells.index(next(source for source in cells if "tap.ladder" in source))
    first, rest = cells[head].split("\n", 1)
    words = said(*cells[:head], f"{first}\n{told}\n{rest}", "[len(frame.wire) for frame in tap.frames[:2]]")
    assert revealed(words) == ["[]"]
    assert "permessage" not in words[-2] and "compressed" not in words[-2]
    assert words[-1] == "[708, 704]"  # 700 bytes, and a header of 8 or 4


def test_your_turn_with_an_inflater_for_each_message():
    cells = code_cells(LESSON)
    at = next(number for number, source in enumerate(cells) if "def broken_reader" in source)
    anew = cells[at].replace(
        "    for payload in payloads:\n",
        "    for payload in payloads:\n        inflater = zlib.decompressobj(wbits=-15)\n",
    )
    apart = anew.replace("guess = ...", "three = [first] * 3\nguess = ...")
    first = next(source for source in cells if "first = packed" in source)
    imports = cells[0]
    words = said(imports, "guess = ...", first, cells[at], cells[at + 1], anew, cells[at + 1], apart, cells[at + 1])
    assert revealed(words[3:]) == ["1", "1", "3"]
    assert "too far back" in words[6]


# ---------------------------------------------------------------- the picture


def test_the_payloads_of_the_picture_are_the_rfcs_and_inflate_to_its_message():
    assert picture.PAYLOADS == (HELLO, AGAIN)
    inflater = zlib.decompressobj(wbits=-15)
    assert [inflater.decompress(payload + picture.TAIL) for payload in picture.PAYLOADS] == [picture.MESSAGE] * 2


# ---------------------------------------------------------------- classroom.compression


async def echo(connection):
    async for message in connection:
        await connection.send(message)


def frame(payload):
    return Frame(OP_TEXT, payload, rsv1=True).serialize(KEY)


@pytest.mark.parametrize("serves", [serve, their_serve], ids=["pocketws", "websockets"])
def test_exchange_sends_the_rfcs_frames_as_they_are_and_returns_the_answers(serves):
    async def main():
        async with serves(echo, "127.0.0.1", 0) as server:
            return await compression.exchange(f"ws://{servers.address(server)}/", frame(HELLO), frame(AGAIN))

    answers = run(main())
    assert answers[0] == Frame(OP_TEXT, HELLO, rsv1=True).serialize()
    inflater = zlib.decompressobj(wbits=-15)
    payloads = [answer[decode_header(answer).size :] for answer in answers]
    assert [inflater.decompress(payload + picture.TAIL) for payload in payloads] == [b"Hello", b"Hello"]


@pytest.mark.parametrize("serves", [serve, their_serve], ids=["pocketws", "websockets"])
@pytest.mark.parametrize("size, ending", [(2**20, "whole"), (2**20 + 1, 1009), (2**24, 1009)])
def test_a_bomb_at_the_limit_and_one_byte_above_it(serves, size, ending):
    """What section 4 shows of one server, of both; the message is compressed, so the wire has 16 KiB at most."""

    async def handler(connection):
        with contextlib.suppress(websockets.ConnectionClosed, ConnectionClosed):
            await echo(connection)

    async def main():
        async with serves(handler, "127.0.0.1", 0) as server:
            async with websockets.connect(f"ws://{servers.address(server)}/") as client, asyncio.timeout(10):
                try:
                    await client.send(bytes(size))
                    return "whole" if await client.recv() == bytes(size) else "spoilt"
                except websockets.ConnectionClosed as error:
                    return error.rcvd.code

    assert run(main()) == ending


def test_exchange_takes_long_answers_whole():
    message = compression.samples()["random"][0].hex()
    deflater = zlib.compressobj(wbits=-15)
    payload = (deflater.compress(message.encode()) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]

    async def main():
        url = await servers.start("echo", echo)
        try:
            return await compression.exchange(url, frame(payload))
        finally:
            await servers.stop_all()

    (answer,) = run(main())
    header = decode_header(answer)
    assert len(answer) == header.size + header.length > 1000
    assert zlib.decompressobj(-15).decompress(answer[header.size :] + picture.TAIL).decode() == message


def test_exchange_with_a_server_that_hangs_up_or_says_nothing(monkeypatch):
    monkeypatch.setattr(compression, "SECONDS", 0.3)

    async def hangs_up(connection):
        connection.transport.abort()

    async def is_silent(connection):
        await connection.wait_closed()

    async def main(handler):
        url = await servers.start("rude", handler)
        try:
            await compression.exchange(url, frame(HELLO))
        finally:
            await servers.stop_all()

    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        run(main(hangs_up))
    with pytest.raises(TimeoutError):
        run(main(is_silent))


def test_samples_are_always_the_same_and_what_the_lesson_says_of_them():
    kinds = compression.samples()
    assert list(kinds) == ["text", "JSON", "random", "small"]
    assert kinds == compression.samples()
    sizes = {kind: {len(message) for message in messages} for kind, messages in kinds.items()}
    assert sizes["text"] == sizes["random"] == {1000} and sizes["small"] == {2}
    assert all(85 <= size <= 95 for size in sizes["JSON"])


def test_held_counts_what_is_kept_and_peak_what_was_there_at_most():
    def grows(size):
        return len(bytes(size))

    assert 100_000 <= compression.held(lambda: bytes(100_000)) < 101_000
    assert compression.held(lambda: grows(100_000)) < 1000
    assert 100_000 <= compression.peak(grows, 100_000) < 101_000
    assert compression.held(lambda: zlib.compressobj(wbits=-15)) > 100_000  # zlib's own memory is seen


def test_an_error_in_what_is_measured_comes_out():
    with pytest.raises(ZeroDivisionError):
        compression.peak(lambda: 1 // 0)
    assert compression.held(lambda: bytes(1000)) >= 1000

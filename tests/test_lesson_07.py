"""Lesson 07: it leaves nothing behind, its cells may run twice, and what its client does is what the lesson says."""

import asyncio

import pytest
import websockets

from classroom.workspace import ROOT
from pocketws.exceptions import InvalidStatus
from pocketws.frames import OP_CLOSE, OP_TEXT, Frame, encode_close
from pocketws.handshake import parse_uri
from tests.network.helpers import run
from tests.notebook_rules import LEFT, code_cells
from tests.student_client import definitions, lesson_07, said, solved

LESSON = ROOT / "notebooks" / "07_async_client.ipynb"

SOLVED = {
    "send_frame(..., payload)": "send_frame(OP_PING, payload)",
    "frame.opcode == ...": "frame.opcode == OP_PONG",
    "frame.data == ...": "frame.data == payload",
    "    ...  # your code here": """    while True:
        frame = await client.recv_frame()
        if frame.opcode == OP_TEXT:
            return frame.data.decode()
        if frame.opcode == OP_BINARY:
            return bytes(frame.data)
        if frame.opcode == OP_CLOSE:
            return None""",
}


@pytest.mark.thorough
def test_it_runs_twice_in_one_kernel_cell_by_cell_and_leaves_no_server_and_no_task():
    cells = code_cells(LESSON)
    each_twice = [source for source in cells for _ in range(2)]
    words = said(*each_twice, LEFT, *cells, LEFT)
    count = len(each_twice)
    first, between, again, last = words[:count], words[count], words[count + 1 : -1], words[-1]
    assert first[::2] == first[1::2] == again
    assert between == last == "[]"
    revealed = [each.split(". You wrote no prediction")[0] for each in again if "no prediction" in each]
    assert revealed == ["0", "False", "1", "[1006, 1000]", "None"]


@pytest.mark.thorough
def test_a_lesson_left_in_the_middle_is_cleaned_up_by_its_last_cell():
    *cells, clean_up = code_cells(LESSON)
    assert said(*cells[: len(cells) * 3 // 4], clean_up, LEFT)[-1] == "[]"


USED = """
client = FirstClient(*await opened(url))
await client.send("Hello")
async with asyncio.timeout(5):
    answers = [await next_message(client), await is_there(client, b"hi")]
    await client.close()
answers
"""


def test_solved_tasks_pass_and_work_with_the_real_server():
    *cells, clean_up = code_cells(LESSON)
    *words, used, _ = said(*solved(cells, SOLVED), USED, clean_up)
    assert sum(each.startswith("[ok] Task 07.") for each in words) == 2
    assert used == "['Hello', True]"


# ---------------------------------------------------------------- the classes of the lesson


@pytest.fixture(scope="module")
def lesson():
    return lesson_07()


def fed(lesson, *frames, end=True):
    """Return a FirstClient to which the frames have come, and the list of what it writes."""
    reader, written = asyncio.StreamReader(), []

    class Writer:
        def write(self, data):
            written.append(data)

        async def drain(self):
            written.append("drain")

        def close(self):
            written.append("close")

    reader.feed_data(b"".join(frame.serialize() for frame in frames))
    if end:
        reader.feed_eof()
    return lesson["FirstClient"](reader, Writer()), written


def test_had_each_byte_come_alone_there_would_have_been_17_reads(lesson):
    async def main():
        wire = b"".join(Frame(OP_TEXT, text).serialize() for text in (b"one", b"two", b"three"))
        pieces = [bytes([byte]) for byte in wire]

        class Reader:
            async def read(self, size):
                return pieces.pop(0)

        stream = lesson["FrameStream"](Reader(), None)
        found = [bytes((await stream.recv_frame()).data) for _ in range(3)]
        return found, len(wire), pieces

    assert run(main()) == ([b"one", b"two", b"three"], 17, [])


def test_a_long_message_is_written_in_pieces_with_drain_after_each(lesson):
    async def main():
        client, written = fed(lesson)
        await client.send(bytes(150_000))
        return [each if isinstance(each, str) else len(each) for each in written]

    header = 2 + 8 + 4
    assert run(main()) == [65536, "drain", 65536, "drain", 150_000 + header - 2 * 65536, "drain"]


def test_close_reads_on_until_the_close_frame_and_the_end_of_tcp(lesson):
    async def main():
        close = Frame(OP_CLOSE, encode_close(1000))
        client, written = fed(lesson, Frame(OP_TEXT, b"late"), close)
        await client.close()
        assert client.reader.at_eof()
        return written[-1], len(written)

    assert run(main()) == ("close", 3)


def test_recv_raises_eoferror_where_tcp_ends(lesson):
    async def main():
        client, _ = fed(lesson, Frame(OP_TEXT, b"one"))
        assert await client.recv() == "one"
        with pytest.raises(EOFError):
            await client.recv()

    run(main())


def test_what_is_no_101_is_refused(lesson):
    async def main():
        def refuse(connection, request):
            return connection.respond(403, "not you\n")

        async with websockets.serve(None, "127.0.0.1", 0, process_request=refuse) as server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with pytest.raises(InvalidStatus) as caught:
                await lesson["shake_hands"](reader, writer, parse_uri(f"ws://127.0.0.1:{port}/"))
            writer.close()
            return caught.value.response.status_code

    assert run(main()) == 403


def test_the_classes_are_built_one_upon_the_other():
    assert list(definitions(LESSON))[:3] == ["shake_hands", "opened", "echo"]
    assert lesson_07()["FirstClient"].__mro__[1].__name__ == "FrameStream"

"""Lesson 09: it leaves nothing behind, its suspect has the nine faults and no other, and its texts are true."""

import asyncio
import re

import nbformat
import pytest
from nbclient import NotebookClient

import async_websocketclient
from classroom import evidence, servers, small_client, suspects
from classroom.broken_client import BrokenClient
from classroom.evidence import RESPONSE, echo, trial
from classroom.mended import FAULTS, mended
from classroom.pictures import lesson_09 as picture
from classroom.tasks import lesson_09 as tasks
from classroom.workspace import ROOT
from conformance import ClientTest, cases
from conformance.model import INFORMATIONAL, OK
from pocketws.exceptions import ProtocolError
from pocketws.frames import OP_BINARY, OP_TEXT, Frame, decode_header
from pocketws.frames import encode_header as right_header

LESSON = ROOT / "notebooks" / "09_proving_it.ipynb"
RIGHT = [small_client.AsyncWebsocketClient, async_websocketclient.AsyncWebsocketClient]
rights = pytest.mark.parametrize("client", RIGHT, ids=[each.__module__ for each in RIGHT])

# ---------------------------------------------------------------- the notebook

CUT = """
def cut_changes_nothing(read_all, wire, cut):
    return read_all([wire]) == read_all([wire[:cut], wire[cut:]])

check("09.a", cut_changes_nothing)
"""

DIFFERENCE = """
def answer(read, data):
    try:
        return read(data)
    except Exception as error:
        return type(error).__name__

def first_difference(suspect, trusted, inputs):
    for data in inputs:
        if answer(suspect, data) != answer(trusted, data):
            return data

check("09.b", first_difference)
"""

LEFT = """
import asyncio
from classroom import servers

names = sorted(task.get_coro().__qualname__ for task in asyncio.all_tasks() if task is not asyncio.current_task())
(servers.running(), names)
"""


def code_cells():
    return [cell.source for cell in nbformat.read(LESSON, as_version=4).cells if cell.cell_type == "code"]


def solved(source):
    for name, solution in (("09.a", CUT), ("09.b", DIFFERENCE)):
        if f'check("{name}"' in source:
            return solution
    return source.replace("vectors = {", 'vectors = {"81 85 37 fa 21 3d": 5, "82 7f 00 00 00 00 00 01 00 00": 65536, ')


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs if output.output_type == "stream")


@pytest.mark.thorough
def test_it_runs_twice_in_one_kernel_leaves_nothing_and_with_both_tasks_solved_shows_what_it_says():
    sources = [LEFT, *code_cells(), *map(solved, code_cells()), LEFT]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()  # raises if any cell does
    before, after = (notebook.cells[at].outputs[-1]["data"]["text/plain"] for at in (0, -1))
    assert after == before
    assert after.startswith("([],")
    again = notebook.cells[len(sources) // 2 :]
    (found,) = [printed(cell) for cell in again if 'if passed("09.b")' in cell.source]
    assert re.fullmatch(r"b'.*'\n", found)
    (survivors,) = [printed(cell) for cell in again if "def survives" in cell.source]
    assert survivors.startswith("[]. ")


def test_the_kinds_of_difference_that_the_lesson_names_are_all_there():
    """Half a code, a code that may not be sent, a reason that is not UTF-8: found by one seed or another."""
    from pocketws.frames import decode_close

    for payload in (b"\x03", b"\x03\xed", b"\x03\xe8\xff"):
        assert tasks.answered(tasks.plain, payload) != tasks.answered(decode_close, payload)
    assert tasks.plain(b"\x03") == (3, "")


def test_the_number_of_cases_is_what_the_lesson_says():
    (number,) = re.findall(r"holds (\d+) cases", LESSON.read_text())
    assert int(number) == len(cases())


# ---------------------------------------------------------------- the nine faults, each by its evidence


async def received(client, sends, claim):
    return (await trial(client, bytes.fromhex(sends))).received == claim


async def refuses(client, line):
    seen = await trial(client, response=[*RESPONSE[:3], line])
    return isinstance(seen.received[0], Exception)


async def asks(client, tail, target):
    return (await trial(client, tail=tail)).asked == target


async def says_goodbye(client):
    """Tell whether a server of `websockets` is told 1000 when the client closes."""
    codes = []

    async def handler(connection):
        await connection.wait_closed()
        codes.append(connection.close_code)

    one = client()
    await one.handshake(await servers.start("goodbye", handler))
    await one.close()
    await servers.stop("goodbye")
    return codes == [1000]


ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

# fault: what a right client meets
EVIDENCE = {
    "target": lambda client: asks(client, "?token=7", "/?token=7"),
    "accept": lambda client: refuses(client, ACCEPT),
    "rsv": lambda client: received(client, "c1 02 48 69", [None]),
    "length": lambda client: received(client, "81 7e 00 02 48 69", [None]),
    "large": lambda client: received(client, "82 7f 00 00 00 00 00 30 00 00", [None]),
    "cut": lambda client: received(client, "81 05 48 69", [None]),
    "text": lambda client: received(client, "81 01 ff", [None]),
    "fragments": lambda client: received(client, "01 03 48 65 6c 80 02 6c 6f", ["Hello", None]),
    "goodbye": says_goodbye,
}

every_fault = pytest.mark.parametrize("fault", EVIDENCE)


def test_there_are_nine():
    assert list(EVIDENCE) == list(FAULTS) and len(FAULTS) == 9


@every_fault
def test_the_suspect_has_the_fault(fault):
    assert asyncio.run(EVIDENCE[fault](BrokenClient)) is False


@rights
@every_fault
def test_a_right_client_has_it_not(client, fault):
    assert asyncio.run(EVIDENCE[fault](client)) is True


@every_fault
def test_to_mend_one_fault_leaves_the_others(fault):
    async def met():
        return {name for name, meets in EVIDENCE.items() if await meets(mended([fault]))}

    assert asyncio.run(met()) == {fault}


async def results_of(client, wanted, exclude=""):
    async with ClientTest(cases(wanted, exclude, role="client")) as test:
        playing = asyncio.create_task(echo(client, test.url))
        results = await test.wait(60)
        playing.cancel()
        await asyncio.wait([playing])
    assert all(result is not None for result in results)
    return results


def test_with_the_nine_mended_the_suspect_passes_the_suite_so_it_has_no_tenth():
    """6.4 is left out: there a client may wait for the whole text before it looks at it."""
    results = asyncio.run(results_of(mended(FAULTS), "1-7,K,L,M,R,T,C", "6.4"))
    assert len(results) > 300
    assert [result for result in results if result.verdict not in (OK, INFORMATIONAL)] == []


def test_the_suspect_fails_the_sections_that_the_lesson_says_and_small_client_none():
    failed = [each for each in asyncio.run(results_of(BrokenClient, "1-5")) if not each.passed]
    assert {each.case.id[0] for each in failed} == {"3", "5"}
    assert failed[0].case.id == "3.1"
    assert all(each.passed for each in asyncio.run(results_of(small_client.AsyncWebsocketClient, "1-5,L,M,R")))


def test_the_suspect_does_what_clients_do_all_day():
    async def test():
        async def handler(connection):
            async for message in connection:
                await connection.send(message)

        client = BrokenClient()
        assert await client.open() is False and await client.close() is False
        assert await client.handshake(await servers.start("day", handler), [("X-Day", "1")]) is True
        assert await client.open() is True
        for message in ("Hi", "", b"\x00\xff", "é" * 40_000, bytes(100_000)):
            await client.send(message)
            assert await client.recv() == message
        assert await client.close() is False
        assert await client.recv() is None
        await client.send("nobody reads this")
        await servers.stop("day")
        with pytest.raises(ValueError, match="ws:// only"):
            await client.handshake("wss://127.0.0.1:1/")
        with pytest.raises(OSError):
            await client.handshake("ws://127.0.0.1:1/")
        assert client.delay_read == 5

    asyncio.run(test())


def test_the_suspect_s_text_and_the_lesson_tell_no_fault_of_the_exercise():
    import classroom.broken_client as module

    words = module.__doc__ + BrokenClient.__doc__
    words += "".join(cell.source for cell in nbformat.read(LESSON, as_version=4).cells)
    for told in ("token", "short form", "cut short by", "too large", "code=1009", "another key"):
        assert told not in words


# ---------------------------------------------------------------- the picture and the tasks tell the truth


@pytest.mark.parametrize("row", picture.ROWS, ids=[row[0] for row in picture.ROWS])
def test_the_picture_shows_what_the_clients_give(row):
    sends, claim, right, suspect, mark, _ = row

    def said(client):
        seen = asyncio.run(trial(client, bytes.fromhex(sends))).received
        return ", ".join(type(each).__name__ if isinstance(each, Exception) else repr(each) for each in seen)

    assert (said(RIGHT[0]), said(BrokenClient)) == (right, suspect)
    assert (mark == "ok") == (claim == right != suspect)


@rights
def test_the_right_client_gives_what_task_1_says(client):
    meant = {"A": ["Hi", None], "B": ["H", "i", None], "C": [None]}
    text = (ROOT / "exercises" / "09_proving_it.ipynb").read_text().replace("` &nbsp; `", " ")
    for number, (wire, letter, _, _) in enumerate(tasks.SCRIPTS, 1):
        assert f"| {number} | `{wire}` |" in text
        assert asyncio.run(received(client, wire, meant[letter]))


def test_each_faulty_encoder_of_task_2_is_wrong_and_the_plain_one_is_not():
    def differs(encode):
        tried = [(length, key) for length in (0, 125, 126, 65535, 65536) for key in (b"", b"abcd")]
        return any(encode(OP_TEXT, n, mask_key=key) != right_header(OP_TEXT, n, mask_key=key) for n, key in tried)

    assert not differs(tasks.encoder())
    assert len(tasks.FAULTY) == 5 and all(differs(encode) for encode, _ in tasks.FAULTY.values())


def test_the_suspected_readers_are_right_for_what_a_hasty_test_tries():
    hello = bytes.fromhex("81 05 48 65 6c 6c 6f")
    assert suspects.read_frames(hello) == [("text", b"Hello")]
    wrong = [n for n in range(70_000) if suspects.encode_header(OP_TEXT, n) != right_header(OP_TEXT, n)]
    assert wrong == [126]
    assert decode_header(suspects.encode_header(OP_TEXT, 126)) is None
    for frame, answer in (
        (Frame(OP_TEXT, b"Hi"), ("text", "Hi")),
        (Frame(OP_BINARY, b"\xff"), ("binary", b"\xff")),
        (Frame(8, b"\x03\xe8bye"), ("close", (1000, "bye"))),
        (Frame(8), ("close", b"")),
    ):
        assert suspects.read_frame(frame.serialize()) == answer
    for bad in (b"", hello[:-1], b"\xc1\x00", b"\x81\x80\x00\x00\x00\x00"):
        with pytest.raises(ProtocolError):
            suspects.read_frame(bad)


# ---------------------------------------------------------------- classroom.evidence


class Client:
    """A client that does nothing, for the stand to cope with."""

    async def handshake(self, url):
        host, port = url.removeprefix("ws://").rstrip("/").split(":")
        self.reader, self.writer = await asyncio.open_connection(host, int(port))

    async def recv(self):
        return "again"

    async def close(self):
        self.writer.close()


class Silent(Client):
    async def recv(self):
        await asyncio.Event().wait()


class Deaf(Client):
    async def handshake(self, url):
        raise ValueError("no")

    async def close(self):
        raise OSError("nothing to close")


class Rude(Client):
    """Sends what is no frame."""

    async def handshake(self, url):
        await super().handshake(url)
        self.writer.write(b"GET /rude HTTP/1.1\r\nHost: a\r\n\r\n\xf1\x80\0\0\0\0")

    async def recv(self):
        await self.reader.read(-1)


def test_a_client_that_never_answers_gets_a_timeout(monkeypatch):
    monkeypatch.setattr(evidence, "SECONDS", 0.1)
    seen = asyncio.run(trial(Silent))
    assert [type(each) for each in seen.received] == [TimeoutError]
    assert seen.asked == "" and seen.sent == []


def test_a_client_that_never_comes_to_an_end_is_stopped():
    assert asyncio.run(trial(Client)).received == ["again"] * evidence.MOST


def test_a_client_that_never_connects():
    seen = asyncio.run(trial(Deaf))
    assert [str(each) for each in seen.received] == ["no"]
    assert seen.asked == ""


def test_what_is_no_frame_is_said():
    seen = asyncio.run(trial(Rude))
    assert seen.asked == "/rude"
    ((name, words),) = seen.sent
    assert name == "no frame" and "RFC 6455" in words


def test_the_script_may_use_the_client_s_key():
    lines = [*RESPONSE[:3], "Sec-WebSocket-Accept: {key}"]
    (error,) = asyncio.run(trial(RIGHT[0], response=lines)).received
    assert re.search(r"is '[A-Za-z0-9+/]{22}=='", str(error))

"""Lesson 13: it leaves nothing behind, its scripts survive what it says they survive, and what it tells is so."""

import ast
import asyncio
import contextlib
import json
import logging
import re
import signal

import nbformat
import pytest
from websockets import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK, InvalidStatus, connect, serve

from classroom import scripts, steady
from classroom.wiretap import Wiretap
from classroom.workspace import ROOT
from tests.network.helpers import run
from tests.notebook_rules import LEFT, code_cells
from tests.student_client import defined_in, said, same, solved

LESSON = ROOT / "notebooks" / "13_staying_up.ipynb"

SOLVED = {
    "waiter = await ...": "waiter = await ws.ping()",
    "wait_for(waiter, ...)": "wait_for(waiter, seconds)",
    "except ...:": "except TimeoutError:",
    "    ...  # your code here": "    return random.uniform(0, min(longest, first * 2 ** min(failures, 30)))",
}
REVEALED = ["[4000, 'cut']", "[1000, 1011]", "['reply', 'reply', 1009, 1007]", "0", "[0, 1001]", "[1011, 'open']"]


# ---------------------------------------------------------------- the notebook


@pytest.mark.thorough
def test_it_runs_twice_in_one_kernel_cell_by_cell_and_leaves_no_server_and_no_task():
    cells = code_cells(LESSON)
    each_twice = [source for source in cells for _ in range(2)]
    words = said(*each_twice, LEFT, *cells, LEFT)
    count = len(each_twice)
    first, between, again, last = words[:count], words[count], words[count + 1 : -1], words[-1]
    assert between == last == "[]"
    assert not [each for each in words if "Traceback" in each or "ERROR:" in each]  # under no cell, whoever logged it
    for each in zip(first[::2], first[1::2], again, strict=True):
        if "None]" in each[0]:  # in seconds: a busy machine may be late, but none is early
            assert all(re.match(r"\[(0\.9|1\.[0-4]), None\]", words) for words in each), each
        else:
            assert each[0] == each[1] == each[2]
    revealed = [each.split(". You wrote no prediction")[0] for each in again if "no prediction" in each]
    assert [each for each in revealed if "None" not in each] == REVEALED


@pytest.mark.thorough
@pytest.mark.parametrize("share", [0.4, 0.6, 0.8])
def test_a_lesson_left_in_the_middle_is_cleaned_up_by_its_last_cell(share):
    *cells, clean_up = code_cells(LESSON)
    assert said(*cells[: int(len(cells) * share)], clean_up, LEFT)[-1] == "[]"


@pytest.mark.thorough
def test_solved_tasks_pass_and_are_used():
    *cells, clean_up = code_cells(LESSON)
    *words, used, _ = said(*solved(cells, SOLVED), "jitter is full_jitter, ends", clean_up)
    assert sum("[ok] Task 13." in each for each in words) == 2
    assert used == "(True, [(1011, True), ('open', True)])"


def test_the_lesson_and_its_scripts_share_their_code():
    cells = "\n\n".join(code_cells(LESSON))
    for script, names in SHARED.items():
        for name in names:
            assert scripts.definition(cells, name) == scripts.definition(scripts.source(script), name)
    given = defined_in(ROOT / "lib" / "classroom" / "steady.py")
    for script, name in (("steady_server.py", "wanted"), ("steady_client.py", "wait")):
        assert same(given[name]) == same(defined_in(scripts.path(script))[name])


SHARED = {"steady_server.py": ("publish", "follow", "feed"), "steady_client.py": ("stay",)}


# ---------------------------------------------------------------- the functions of the lesson


@pytest.fixture
def lesson():
    """Return the names that the lesson's cells import and define: dict, new for each test."""
    scope = {}
    for source in code_cells(LESSON):
        for node in ast.parse(source, mode="exec", type_comments=False).body if "await" not in top(source) else []:
            wanted = isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef)
            if wanted or ast.unparse(node).startswith(("news", "followers")):
                exec(compile(ast.Module([node], []), "<cell>", "exec"), scope)
    return scope


def top(source):
    """Return the lines of a cell that are not indented: an `await` there is none of a function's."""
    return "\n".join(line for line in source.splitlines() if not line.startswith(" "))


class Client:
    """A follower without a network: `publishing` is called before each of its messages goes out."""

    def __init__(self, publishing=lambda: None):
        self.publishing, self.numbers = publishing, []

    async def send(self, message):
        self.publishing()
        self.numbers.append(json.loads(message)["number"])


def test_what_is_published_while_a_client_catches_up_is_neither_lost_nor_sent_twice(lesson):
    late = iter("abcde")
    client = Client(lambda: lesson["publish"](next(late, "more")) if len(lesson["news"]) < 7 else None)
    lesson["broadcast"] = lambda connections, message: [each.numbers.append("broadcast") for each in connections]
    lesson["publish"]("one")
    lesson["publish"]("two")
    asyncio.run(lesson["follow"](client, 0))
    assert client.numbers == [1, 2, 3, 4, 5, 6, 7]
    assert lesson["followers"] == {client}
    client.numbers.clear()
    lesson["news"].pop()  # so that it is published again, while a follower asks for all of it once more
    asyncio.run(lesson["follow"](client, 0))
    assert client.numbers == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("after, numbers", [(0, [1, 2, 3]), (2, [3]), (3, []), (4, [1, 2, 3]), (-1, [1, 2, 3])])
def test_a_client_gets_what_came_after_its_number_and_all_if_that_is_from_another_life(lesson, after, numbers):
    for _ in range(3):
        lesson["publish"]("news")
    client = Client()
    asyncio.run(lesson["follow"](client, after))
    assert client.numbers == numbers


def test_only_the_last_news_are_kept_and_their_numbers_go_on(lesson):
    for _ in range(1003):
        lesson["publish"]("news")
    client = Client()
    asyncio.run(lesson["follow"](client, 0))
    assert client.numbers == list(range(4, 1004))


BAD = ["", "hello", "[]", "3", "null", "{}", '{"after": "1"}', '{"after": true}', '{"after": 1.5}', '{"after": null}']


@pytest.mark.parametrize("message", [*BAD, b'{"after": 1}', "[" * 500_000, '{"after": %s}' % ("9" * 5000)])
def test_what_is_no_good_question_is_one_of_two_exceptions(message):
    with pytest.raises((ValueError, RecursionError)):
        steady.wanted(message)
    assert steady.wanted('{"after": 7}') == 7


@contextlib.asynccontextmanager
async def server(handler, **options):
    """Run a server; give its URL."""
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        yield "ws://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]


def test_stay_waits_longer_after_each_failure_until_a_message_comes(lesson):
    """A server that lets everyone in and hangs up is no success."""
    visits, failures = [], []

    async def handler(ws):
        visits.append(json.loads(await ws.recv()))
        if len(visits) in (4, 6):
            await ws.send('{"number": %d}' % len(visits))

    def wait(count):
        failures.append(count)
        if len(failures) == 7:
            raise EOFError
        return 0

    async def main():
        async with server(handler) as url:
            with pytest.raises(EOFError):
                await lesson["stay"](url, lambda item: None, wait)

    run(main())
    assert failures == [0, 1, 2, 0, 1, 0, 1]
    assert [visit["after"] for visit in visits] == [0, 0, 0, 0, 4, 4, 6]


@pytest.mark.parametrize("status, comes_back", [(503, True), (500, True), (401, False), (404, False)])
def test_stay_comes_back_to_a_busy_server_and_not_to_one_that_says_no(lesson, status, comes_back):
    def wait(count):
        raise EOFError

    async def main():
        async with server(None, process_request=lambda ws, request: ws.respond(status, "no\n")) as url:
            with pytest.raises(EOFError if comes_back else InvalidStatus):
                await lesson["stay"](url, lambda item: None, wait)

    run(main())


def test_stay_comes_back_to_a_server_that_is_not_there_and_to_one_that_hangs_up(lesson):
    visits = []

    async def main():
        def wait(count):
            visits.append(count)
            if len(visits) == 2:
                raise EOFError
            return 0

        async with server(None, process_request=lambda ws, request: ws.transport.abort()) as url:
            with pytest.raises(EOFError):
                await lesson["stay"](url, lambda item: None, wait)
        visits.clear()
        with pytest.raises(EOFError):  # nobody listens there any more
            await lesson["stay"](url, lambda item: None, wait)

    run(main())
    assert visits == [0, 1]


def test_the_simulation_lets_no_more_in_than_there_is_room(lesson):
    crowd = lesson["crowd"]
    assert crowd(lambda failures: 1, clients=100, room=100, seconds=3) == [100, 0, 0]
    assert crowd(lambda failures: 1, clients=101, room=100, seconds=3) == [101, 101, 101]
    spread = iter([0.5, 1.5, 2.5])
    assert crowd(lambda failures: next(spread), clients=3, room=2, seconds=4) == [3, 2, 1, 0]


def test_leaving_has_a_limit(caplog):
    scope = {"asyncio": asyncio, "logging": logging}
    exec(scripts.definition(scripts.source("steady_server.py"), "leave"), scope)
    there = asyncio.Event()

    async def dawdles(ws):
        there.set()
        await asyncio.Event().wait()

    async def main():
        running = await serve(dawdles, "127.0.0.1", 0)
        async with connect("ws://127.0.0.1:%d/" % running.sockets[0].getsockname()[1]) as ws:
            await there.wait()
            await scope["leave"](running, 0.1)
            await ws.wait_closed()
            (task,) = running.handler_tasks if hasattr(running, "handler_tasks") else (None,)
            if task:
                task.cancel()
            await running.wait_closed()
            return int(ws.close_code)

    with caplog.at_level(logging.WARNING):
        assert run(main()) == 1001
    assert "a handler goes on" in caplog.text


# ---------------------------------------------------------------- the scripts

on_both = pytest.mark.parametrize("library", scripts.LIBRARIES)


def tried(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 60))


@on_both
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_in_order(library, number):
    async def stopped():
        async with scripts.running("steady_server.py", library=library) as script:
            async with connect(script.url) as one, connect(script.url) as two:
                await two.send('{"after": 0}')
                await two.recv()
                assert await script.stop(number) == 0
                with pytest.raises(ConnectionClosedOK):
                    while True:
                        await two.recv()
                await one.wait_closed()
                assert (one.close_code, two.close_code) == (1001, 1001)
            with pytest.raises(ConnectionRefusedError):
                await connect(script.url)
            assert not any("Traceback" in line for line in script.lines), script.lines

    tried(stopped())


def test_without_a_word_on_signals_a_python_process_is_gone_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "plain.py").write_text(
        "import asyncio\n\nasync def main():\n    try:\n        print('ws://h:1/', flush=True)\n"
        "        await asyncio.sleep(60)\n    finally:\n        print('finally', flush=True)\n\nasyncio.run(main())\n"
    )

    async def stopped():
        async with scripts.running("plain.py") as script:
            return await script.stop(), script.lines

    assert tried(stopped()) == (-signal.SIGTERM, ["ws://h:1/"])


@on_both
def test_the_client_comes_back_to_a_server_that_was_restarted(library):
    async def outage():
        async with scripts.running("steady_server.py", library=library) as first:
            port = first.url.rstrip("/").rpartition(":")[2]
            async with scripts.running("steady_client.py", "--url", first.url, library=library, url=False) as client:
                await client.seen("2 ", seconds=20)
                assert await first.stop() == 0
                await client.seen("lost the server", seconds=20)
                async with scripts.running("steady_server.py", "--port", port, library=library):
                    await client.seen("1 ", seconds=30, count=2)
                assert not any("Traceback" in line for line in client.lines), client.lines

    tried(outage())


def test_ctrl_c_ends_the_client_without_a_traceback():
    async def stopped():
        async with scripts.running("steady_server.py") as server:
            async with scripts.running("steady_client.py", "--url", server.url, url=False) as client:
                await client.seen("1 ", seconds=20)
                assert await client.stop(signal.SIGINT) == 0
                return client.lines

    assert not any("Traceback" in line for line in tried(stopped()))


# ---------------------------------------------------------------- what the lesson says


def test_the_loop_over_connect_comes_back_at_once_if_a_connection_was_open():
    """Fifty visits would take minutes if it waited: after the first failure, each wait is three seconds or more."""
    visits = []

    async def hangs_up(ws):
        visits.append(ws)

    async def main():
        async with server(hangs_up) as url:
            async for ws in connect(url):
                with contextlib.suppress(ConnectionClosed):
                    await ws.recv()
                if len(visits) == 50:
                    break

    run(main())


def test_recv_raises_after_each_end_and_a_cut_leaves_no_close_frame():
    errors, done = [], None

    async def receives(ws):
        try:
            await ws.recv()
        except ConnectionClosed as error:
            errors.append(error)
            done.put_nowait(None)

    async def main():
        nonlocal done
        async with server(receives) as url:
            for code in (1000, 1001, 4000, "cut"):
                done = asyncio.Queue()
                async with Wiretap(url) as tap, connect(tap.url) as ws:
                    tap.cut() if code == "cut" else await ws.close(code)
                    await done.get()

    run(main())
    assert [type(error) for error in errors] == 2 * [ConnectionClosedOK] + 2 * [ConnectionClosedError]
    assert [error.rcvd and error.rcvd.code for error in errors] == [1000, 1001, 4000, None]


def test_a_client_has_a_keepalive_too():
    async def main():
        async with server(lambda ws: ws.wait_closed(), ping_interval=None, close_timeout=0.1) as url:
            limits = {"ping_interval": 0.1, "ping_timeout": 0.1, "close_timeout": 0.1}
            async with Wiretap(url) as tap, connect(tap.url, **limits) as ws:
                tap.pause()
                with pytest.raises(ConnectionClosedError):
                    await ws.recv()
                tap.cut()
                return int(ws.close_code), ws.close_reason

    assert run(main())[0] == 1006


def test_the_tutorials_two_other_faults():
    async def main():
        heart = asyncio.create_task(asyncio.sleep(0))
        with pytest.raises(TypeError):
            async with heart:
                pass
        await heart
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.01)

    run(main())


def test_full_jitter_brings_everyone_back_and_backoff_alone_nobody(lesson):
    crowd = lesson["crowd"]
    alone = crowd(lambda failures: min(30, 2**failures))
    spread = crowd(lambda failures: steady.full_jitter(failures, 1, 30), seconds=120)
    assert steady.let_in(alone, 100) == 0
    assert steady.let_in(spread, 100) == 1000


def test_the_plot_says_how_many_are_back(monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: None)
    steady.plot_crowds({"one": [1000, 0, 1000], "two": [101, 100, 60]}, 100)
    titles = [panel.get_title(loc="left") for panel in plt.gcf().axes]
    plt.close("all")
    assert titles == ["one: 0 are back", "two: 160 are back"]


def test_each_way_of_being_told_has_a_number_that_the_text_names():
    text = "\n".join(cell.source for cell in nbformat.read(LESSON, as_version=4).cells if cell.cell_type == "markdown")
    for code in ("1000", "1001", "1002", "1003", "1005", "1006", "1007", "1009", "1011", "4000"):
        assert code in text


# ---------------------------------------------------------------- classroom.steady


def test_errors_of_servers_are_collected_and_not_shown(capsys):
    async def fails(ws):
        raise KeyError("no")

    async def main():
        async with server(fails) as url, connect(url) as ws:
            await ws.wait_closed()

    loggers = [logging.getLogger(name) for name in steady.LOGGERS]
    before = [(logger.propagate, list(logger.handlers)) for logger in loggers]
    with steady.errors_logged() as errors:
        run(main())
        logging.getLogger("pocketws").error("in words")
    assert errors == ["KeyError: 'no'", "in words"]
    assert [(logger.propagate, logger.handlers) for logger in loggers] == before
    assert capsys.readouterr() == ("", "")


def test_a_beating_server_leaves_no_task_and_closes_on_no():
    heard, answers = [], iter([True, True, False])

    async def question(ws, seconds):
        return next(answers)

    async def main():
        async with server(steady.beating(question, heard.append, every=0.01)) as url:
            async with connect(url) as ws:
                await ws.send("hello")
                assert await ws.recv() == "hello"
                await ws.wait_closed()
                first = int(ws.close_code)
            async with server(steady.beating(steady.is_alive, every=0.01)) as other, connect(other) as ws:
                await ws.close()
                return first, int(ws.close_code)

    assert run(main()) == (1011, 1000)
    assert heard == ["hello"]

"""Lesson 10: it leaves nothing behind, runs twice in a kernel, and what it says of old programs is so."""

import asyncio
import io
import logging
import re
import signal

import pytest
from websockets import InvalidStatus, connect, serve

from classroom import old_style, scripts, servers
from classroom.start import run_python
from classroom.workspace import ROOT
from tests.notebook_rules import LEFT, code_cells, run_cells

CELLS = code_cells(ROOT / "notebooks" / "10_first_servers.ipynb")
HANDLERS = "import logging\n(logging.getLogger().level, len(logging.getLogger().handlers))"


@pytest.mark.thorough
def test_nothing_is_left_after_the_lesson_and_it_runs_twice_in_one_kernel():
    results = run_cells(*CELLS, LEFT, HANDLERS, *CELLS, LEFT, HANDLERS)
    assert results[len(CELLS)] == results[-2] == "[]"
    assert results[-1] == f"({logging.WARNING}, 1)"  # the one that writes to the standard error


def test_a_cell_that_is_run_again_does_no_harm():
    cells = [source for source in CELLS if "old_style.trial" not in source]  # it takes longest, and starts nothing here
    assert run_cells(*[source for cell in cells for source in (cell, cell)], LEFT)[-1] == "[]"


@pytest.fixture
def lesson():
    """Return the functions of the lesson's cells, as {name: function}."""
    scope = {}
    exec(CELLS[0], scope)
    for source in CELLS:
        if re.match(r"(async )?def (hello|echo|answer|convert|hasty|take_notes|talk)\b", source):
            exec(source, scope)
    logging.getLogger("websockets").setLevel(logging.NOTSET)
    return scope


def play(coroutine):
    async def limited():
        try:
            async with asyncio.timeout(20):
                return await coroutine
        finally:
            await servers.stop_all()

    return asyncio.run(limited())


# ---------------------------------------------------------------- what the lesson says


def test_a_name_as_bytes_is_refused_with_1003_and_a_reason(lesson):
    async def your_turn():
        async with connect(await servers.start("hello", lesson["hello"])) as ws:
            await ws.send(b"Ada")
            await ws.wait_closed()
            return ws.close_code, ws.close_reason

    assert play(your_turn()) == (1003, "send your name as text")


@pytest.mark.parametrize("ending", ["proper", "lost"])
def test_echo_logs_the_code_of_every_end_and_no_error(lesson, ending, caplog):
    caplog.set_level(logging.INFO)

    async def end():
        url = await servers.start("echo", lesson["echo"])
        ws = await connect(url)
        if ending == "lost":
            ws.transport.abort()
        await ws.close()
        while servers.connections("echo"):  # noqa: ASYNC110 - the server's set has no event
            await asyncio.sleep(0.01)
        await servers.stop("echo")

    play(end())
    ours = [record.getMessage() for record in caplog.records if record.name == "root"]
    assert ours == ["a client came", f"a client left: {1000 if ending == 'proper' else 1006}"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_echo_does_not_fail_when_a_client_leaves_with_an_answer_due(lesson, caplog):
    async def leave():
        url = await servers.start("echo", lesson["echo"])
        for _ in range(50):
            async with connect(url) as ws:
                await ws.send("x" * 100_000)
        await servers.stop("echo")

    play(leave())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "message, error",
    [
        ('{"celsius": true}', "celsius: expected a number, not bool"),
        ('{"celsius": 1e999}', "celsius: expected -273.15 to 1000000"),
        ('{"celsius": NaN}', "celsius: expected -273.15 to 1000000"),
        ('{"celsius": 1' + "0" * 400 + "}", "celsius: expected -273.15 to 1000000"),
        ('{"celsius": null}', "celsius: expected a number, not NoneType"),
        ("[" * 100_000, "expected JSON"),
        ("1" * 5000, "expected JSON"),
        (b"\xff", "expected JSON"),
        ('"celsius"', "expected an object"),
    ],
)
def test_answer_has_an_error_for_every_bad_message(lesson, message, error):
    assert error in lesson["answer"](message)["error"]


@pytest.mark.parametrize("message, error", [("[]", "AttributeError"), ("[" * 100_000, "RecursionError")])
def test_an_error_in_the_handler_is_logged_and_1011_and_the_next_client_is_served(lesson, message, error, caplog):
    async def break_it():
        url = await servers.start("hasty", lesson["hasty"])
        async with connect(url) as ws:
            await ws.send(message)
            await ws.wait_closed()
        replies = await lesson["talk"](url, '{"celsius": 3}')
        await servers.stop("hasty")
        return ws.close_code, replies

    assert play(break_it()) == (1011, ["3"])
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info[0].__name__ == error


def test_basic_config_does_nothing_the_second_time_without_force():
    root = logging.getLogger()
    before = root.handlers[:]
    try:
        first, second = io.StringIO(), io.StringIO()
        logging.basicConfig(stream=first, force=True)
        logging.basicConfig(stream=second)
        logging.error("here")
        assert "here" in first.getvalue() and not second.getvalue()
    finally:
        root.handlers = before


def test_in_a_cell_the_old_last_line_says_that_the_loop_runs():
    async def cell():
        asyncio.get_event_loop().run_until_complete(serve(print, "127.0.0.1", 0))

    with pytest.raises(RuntimeError, match="This event loop is already running"):
        asyncio.run(cell())


def test_the_clients_command_of_the_library_is_there():
    outcome = asyncio.run(run_python("-m", "websockets", "--help"))
    assert not outcome.error and "<uri>" in outcome.printed[0]


@pytest.mark.parametrize("library", scripts.LIBRARIES)
def test_sigterm_tells_the_clients_nothing(library):
    async def killed():
        async with scripts.running("echo_server.py", library=library) as script, connect(script.url) as ws:
            await script.seen("a client came")
            assert await script.stop() == -signal.SIGTERM
            await ws.wait_closed()
            return ws.close_code

    assert play(killed()) == 1006


# ---------------------------------------------------------------- classroom.old_style


def trials(letters):
    """Return the Trials of the program before each of the letters was mended, and of what comes of it."""

    async def one_after_the_other():
        source, found = old_style.PROGRAM, []
        for letter in letters:
            found.append(await old_style.trial(source))
            source = old_style.mended(source, letter)
        return [*found, await old_style.trial(source)]

    return play(one_after_the_other())


def test_each_fault_shows_when_the_one_before_is_mended():
    found = trials("GFABDEC")
    assert [trial.when for trial in found] == ["start", "start", "client", "client", "message", *["never"] * 3]
    words = ("no running event loop", "'path'", "'path'", "context manager", "Passing coroutines", "--- Logging error")
    for trial, part in zip(found, words, strict=False):
        assert part in trial.what
    assert [("1011" in trial.what) for trial in found] == [False, False, True, True, True, False, False, False]
    assert found[-1].what == "a time with its zone; in the log, ERROR:root:asked for tea"


def test_the_silent_faults_may_be_mended_in_either_order():
    assert trials("GFABDCE")[-2:] == [
        ("never", "a time with its zone; in the log, --- Logging error ---"),
        ("never", "a time with its zone; in the log, ERROR:root:asked for tea"),
    ]


def test_the_port_answers_another_path_with_404_and_ends_its_reminder(tmp_path):
    assert re.findall(r"# ([A-G])$", old_style.PROGRAM, re.MULTILINE) == list("ABCDEFG") == sorted(old_style.MENDS)
    source = old_style.PROGRAM
    for letter in old_style.MENDS:
        source = old_style.mended(source, letter)
    assert not re.search(r"# [A-G]$", source, re.MULTILINE)
    program = tmp_path / "weather.py"
    program.write_text(source.replace("asyncio.sleep(60)", "asyncio.sleep(0.01)"))

    async def visit():
        async with scripts.running(program, url=False) as script:
            address = re.search(r"127\.0\.0\.1:\d+", await script.seen("127.0.0.1:"))[0]
            with pytest.raises(InvalidStatus, match="404"):
                await connect(f"ws://{address}/tea")
            for _ in range(2):  # the first one's reminder would fail while the second one is reminded
                async with connect(f"ws://{address}/weather") as ws:
                    for _ in range(5):
                        assert await ws.recv() == "still here"
            await script.seen("connection closed", count=2)
            await script.stop(signal.SIGINT)
        assert "never retrieved" not in "\n".join(script.lines)

    play(visit())


def test_a_fault_is_mended_once_and_in_order():
    for letters in ("GG", "FG"):
        with pytest.raises(ValueError, match="mend the faults in the order GFABDEC"):
            source = old_style.PROGRAM
            for letter in letters:
                source = old_style.mended(source, letter)


def test_a_program_that_says_nothing_is_given_up():
    with pytest.raises(TimeoutError):
        play(old_style.trial("import time\ntime.sleep(100)", seconds=0.5))


def test_the_programs_text_is_a_program():
    compile(old_style.PROGRAM, "old", "exec")
    assert len(old_style.PROGRAM.splitlines()) < 32 and max(map(len, old_style.PROGRAM.splitlines())) < 80

"""Lesson 06: what it measures with (classroom.waiting), its words about MicroPython, and that it leaves nothing."""

import ast
import asyncio
import logging
import selectors
import socket
import subprocess
import threading

import nbformat
import pytest
from nbclient import NotebookClient

from classroom import servers, start, waiting
from classroom.pictures import lesson_06 as picture
from classroom.workspace import ROOT
from pocketws.exceptions import InvalidHandshake
from tests.test_micropython import micropython

LESSON = ROOT / "notebooks" / "06_event_loop.ipynb"


def lesson(coroutine):
    """Run a test's coroutine, and check that it left no task, no server and no thread."""
    before = set(threading.enumerate())

    async def run():
        async with asyncio.timeout(30):
            result = await coroutine
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert not left and not servers.running()
        return result

    try:
        return asyncio.run(run())
    finally:
        assert set(threading.enumerate()) <= before


# ---- two sockets


def in_turn(a, b, note):
    for sock in (a, b):
        sock.recv(100)
        note(sock)


def when_ready(a, b, note):
    with selectors.DefaultSelector() as selector:
        for sock in (a, b):
            selector.register(sock, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(5):
                key.fileobj.recv(100)
                note(key.fileobj)
                selector.unregister(key.fileobj)


@pytest.mark.parametrize(
    "read, happened", [(in_turn, ["a sent", "a read", "b read"]), (when_ready, ["b read", "a sent", "a read"])]
)
def test_a_blocking_read_keeps_the_other_socket_waiting_and_readiness_does_not(read, happened):
    assert lesson(waiting.order(read)) == happened


def test_a_read_of_a_silent_socket_ends(monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE", 0.2)

    def read_twice(a, b, note):
        b.recv(100)
        note(b)
        b.recv(100)

    with pytest.raises(TimeoutError):
        lesson(waiting.order(read_twice))


# ---- the measurement


async def poll(sock, receive, delay=0.005):
    while True:
        try:
            data = sock.recv(4096)
        except BlockingIOError:
            await asyncio.sleep(delay)
            continue
        if not data:
            return
        receive(data)


async def wake(sock, receive):
    while data := await asyncio.get_running_loop().sock_recv(sock, 4096):
        receive(data)


async def measured(*args, handler=waiting.tell_news):
    try:
        return await waiting.measure("reader", await servers.start("news", handler), *args)
    finally:
        await servers.stop_all()


@pytest.mark.parametrize("reader, more", [(poll, ()), (poll, (0.02,)), (wake, ())], ids=["5 ms", "20 ms", "readiness"])
def test_every_reader_gets_all_the_news_and_closes_by_the_book(reader, more):
    codes = []

    async def handler(connection):
        await waiting.tell_news(connection)
        await connection.close()
        codes.append(connection.close_code)

    cost = lesson(measured(reader, *more, handler=handler))
    assert len(cost.latencies) == waiting.MESSAGES and min(cost.latencies) > 0
    assert codes == [1000]
    assert 0 < cost.cpu < cost.seconds


def test_the_figures_are_those_of_the_reader():
    cost = waiting.Cost("poll, 20 ms", (0.001, 0.002, 0.009), 0.006, 2.0)
    assert (cost.latency, round(cost.cpu_per_message, 6), cost.share) == (2, 2, 0.003)
    assert repr(cost) == repr(waiting.Costs([cost]))
    lines = repr(cost).splitlines()
    assert len(lines) == 3 and lines[2].split() == ["poll,", "20", "ms", "2.00", "ms", "2.00", "ms", "0.3", "%"]


def test_a_pong_is_sent_by_the_endpoint_and_not_by_the_reader():
    async def handler(connection):
        await (await connection.ping())
        await waiting.tell_news(connection)

    assert len(lesson(measured(wake, handler=handler)).latencies) == waiting.MESSAGES


def test_a_reader_that_returns_too_early_is_an_error():
    async def hasty(sock, receive):
        pass

    with pytest.raises(ValueError, match="reader returned after 0 of 40"):
        lesson(measured(hasty))


def test_a_reader_that_never_returns_is_ended(monkeypatch):
    monkeypatch.setattr(waiting, "SECONDS", 0.2)

    async def deaf(sock, receive):
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        lesson(measured(deaf))


def test_a_server_that_speaks_no_websocket_is_an_error_and_the_socket_is_closed(monkeypatch):
    made = []
    create = socket.create_connection
    monkeypatch.setattr(
        socket, "create_connection", lambda *args, **options: made.append(create(*args, **options)) or made[0]
    )

    async def shop(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async def run():
        try:
            address = await servers.listen("shop", shop)
            await waiting.measure("reader", f"ws://{address}/", wake)
        finally:
            await servers.stop_all()

    with pytest.raises(InvalidHandshake):
        lesson(run())
    assert made[0].fileno() == -1


# ---- who holds the loop


async def call(seconds):
    start.slow(seconds)


async def task(seconds):
    await asyncio.create_task(call(seconds), name="work")


async def thread(seconds):
    await asyncio.to_thread(start.slow, seconds)


async def rest(seconds):
    await asyncio.sleep(seconds)


@pytest.mark.parametrize(
    "work, before, slow", [(call, False, ["handler"]), (task, False, ["work"]), (thread, True, []), (rest, True, [])]
)
def test_only_work_that_hands_its_turn_on_lets_another_client_have_its_answer(work, before, slow):
    trial = lesson(waiting.try_out(work))
    assert (trial.name, trial.before) == (work.__name__, before)
    assert [name for name in trial.slow if name in ("handler", "work")] == slow
    assert (trial.waited > 0.3, trial.gap > 0.4) == (not before, not before)


def test_trials_show_themselves_as_a_table():
    lines = repr(waiting.Trials([waiting.Trial("call", 0.5, False, 0.51, ("handler",))])).splitlines()
    assert len(lines) == 2 and lines[1].split() == ["call", "0.50", "s", "0.51", "s", "handler"]


def test_work_that_fails_leaves_nothing():
    async def fail(seconds):
        raise ValueError("no")

    logging.getLogger("websockets.server").disabled = True  # which has a right to complain
    try:
        with pytest.raises(Exception, match="1011"):
            lesson(waiting.try_out(fail))
    finally:
        logging.getLogger("websockets.server").disabled = False


def test_slow_turns_are_named_and_the_loop_and_its_log_are_as_before(caplog):
    async def run():
        loop = asyncio.get_running_loop()
        before = loop.get_debug(), loop.slow_callback_duration, logging.getLogger("asyncio").propagate
        with waiting.slow_turns(0.05) as names:
            await asyncio.create_task(call(0.01), name="quick")
            await asyncio.create_task(call(0.2), name="slow one")
        assert (loop.get_debug(), loop.slow_callback_duration, logging.getLogger("asyncio").propagate) == before
        await asyncio.create_task(call(0.2), name="unseen")
        return names

    names = lesson(run())
    assert "slow one" in names and "unseen" not in names
    assert not caplog.records and not logging.getLogger("asyncio").handlers


def test_a_heart_notes_every_gap():
    async def run():
        async with waiting.heart() as gaps:
            await asyncio.sleep(0.1)
            count = len(gaps)
            start.slow(0.3)
        return count, gaps

    count, gaps = lesson(run())
    assert count >= 2 and min(gaps) > 0.9 * waiting.BEAT and 0.29 < max(gaps)


@pytest.mark.parametrize("work, outcome", [(call, 1006), (task, 1006), (thread, "answered")])
def test_a_client_that_pings_loses_patience_with_a_held_loop(work, outcome):
    told, words = lesson(waiting.patience(work))
    assert told == outcome
    assert words == (
        "" if told == "answered" else "sent 1011 (internal error) keepalive ping timeout; no close frame received"
    )


def test_the_picture_shows_what_its_description_says():
    reads = {name: [read_at(x) for _, x in picture.MESSAGES] for name, _, _, _, read_at in picture.WAYS}
    assert [which for which, _ in picture.MESSAGES] == ["B", "B", "A"]
    assert set(reads["Block"]) == {picture.MESSAGES[-1][1]}
    assert len(picture.LOOKS) == 7 and len(set(picture.LOOKS) - set(reads["Poll"])) == 4
    assert reads["Readiness"] == [x for _, x in picture.MESSAGES]


# ---- what the lesson says of MicroPython

READINESS = """
import asyncio, select, socket
queue = asyncio.core._io_queue
assert type(queue.poller) is type(select.poll())
listener = socket.socket()
listener.bind(socket.getaddrinfo("127.0.0.1", 0)[0][-1])
listener.listen(1)
listener.setblocking(False)

async def main():
    task = asyncio.create_task(asyncio.StreamReader(listener).read(1))
    await asyncio.sleep(0)
    print("waits:", len(queue.map))
    task.cancel()

asyncio.run(main())
"""


def test_micropythons_asyncio_registers_a_socket_with_select_poll():
    done = subprocess.run([micropython(), "-c", READINESS], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (0, "waits: 1\n"), done.stderr


# ---- the notebook

LOOK = """
import asyncio
from classroom import servers
tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
files = [task.get_coro().cr_code.co_filename for task in tasks]
kernels_own = ("ipykernel", "tornado", "zmq", "anyio")
print([servers.running(), [name for name in files if not any(word in name for word in kernels_own)]])
"""
LEAVE = "await servers.listen('left', lambda reader, writer: reader.read())"


@pytest.mark.thorough
@pytest.mark.timeout(180)
def test_the_lesson_runs_twice_in_one_kernel_and_leaves_nothing():
    notebook = nbformat.read(LESSON, as_version=4)
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    sources = [*sources, LOOK, *sources, LOOK, LEAVE, LOOK]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    folder = {"metadata": {"path": LESSON.parent}}
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources=folder).execute()
    first, second, left = (ast.literal_eval(cell.outputs[0].text) for cell in notebook.cells if cell.source == LOOK)
    assert first == second == [[], []]
    assert left[0] == ["left"] and left[1]  # what it looks for, it does see

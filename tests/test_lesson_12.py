"""Lesson 12: what it measures with (classroom.crowd), the chat room's functions, and that it leaves nothing."""

import asyncio
import contextlib
import json
import re
import socket
import struct
from types import SimpleNamespace

import pytest
from websockets import ConnectionClosed, broadcast, connect, serve

import pocketws
from classroom import crowd, scripts, servers
from classroom.pictures import lesson_12 as picture
from classroom.workspace import ROOT
from tests.notebook_rules import LEFT, code_cells, run_cells

LESSON = ROOT / "notebooks" / "12_many_clients.ipynb"
CELLS = code_cells(LESSON)
SECONDS = 20


def run(coroutine):
    """Run a test's coroutine, and check that it left no task and no server."""

    async def limited():
        async with asyncio.timeout(SECONDS):
            result = await coroutine
        await asyncio.sleep(0)  # what was cancelled has ended
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert not left and not servers.running()
        return result

    return asyncio.run(limited())


@pytest.fixture(params=["websockets", "pocketws"])
def library(request, monkeypatch):
    """Let the servers be those of one library or the other; return its broadcast()."""
    if request.param == "websockets":
        return broadcast
    monkeypatch.setattr(servers, "serve", pocketws.serve)
    monkeypatch.setattr(servers, "Server", pocketws.Server)
    return pocketws.broadcast


@pytest.mark.thorough
@pytest.mark.timeout(180)
def test_nothing_is_left_after_the_lesson_and_it_runs_twice_in_one_kernel():
    results = run_cells(*CELLS, LEFT, *CELLS, LEFT)
    assert results[len(CELLS)] == results[-1] == "[]"


# ---------------------------------------------------------------- the ways of the lesson


async def one_by_one(clients, message):
    for client in list(clients):
        await client.send(message)


async def without_copy(clients, message):
    for client in clients:
        await client.send(message)


async def gathered(clients, message):
    await asyncio.gather(*(client.send(message) for client in clients))


async def forgiving(clients, message):
    await asyncio.gather(*(client.send(message) for client in clients), return_exceptions=True)


def at_once(library):
    async def tell(clients, message):
        library(clients, message)

    return tell


async def deliver(ws, outbox):
    with contextlib.suppress(ConnectionClosed, pocketws.ConnectionClosed):
        while True:
            await ws.send(await outbox.get())


async def newest(outboxes, message):
    for outbox in outboxes:
        if outbox.full():
            outbox.get_nowait()
        outbox.put_nowait(message)


async def goodbye(outboxes, message):
    for outbox, delivery in outboxes.items():
        if outbox.full():
            delivery.cancel()
        else:
            outbox.put_nowait(message)


@pytest.mark.parametrize("tell", [one_by_one, gathered])
def test_one_client_that_is_gone_throws_out_the_one_who_speaks(library, tell):
    gone = run(crowd.one_is_gone(tell))
    assert gone.ended == "Ada"
    assert [words.split(":")[0] for words in gone.logged] == ["ConnectionClosedOK"]
    if tell is gathered:
        assert gone.heard == ["Ada", "Cy"]


def test_who_forgives_or_leaves_out_the_one_who_is_gone_throws_nobody_out(library):
    for tell in (forgiving, at_once(library)):
        assert run(crowd.one_is_gone(tell)) == ("nobody", ["Ada", "Cy"], [])


def test_a_set_that_changes_while_send_waits_is_an_error_and_a_copy_is_not(library):
    for tell, full, outcome in (
        (without_copy, False, "told"),
        (without_copy, True, "RuntimeError"),
        (one_by_one, True, "told"),
    ):
        assert run(crowd.join_during(tell, full)) == outcome


def test_keepalive_of_websockets_does_not_end_a_client_that_takes_nothing_of_a_broadcast():
    """As the lesson says, against broadcast's own documentation; and that of pocketws does: see the next test."""
    assert run(crowd.times_out(at_once(broadcast))) is False


def test_keepalive_of_pocketws_ends_it(monkeypatch):
    monkeypatch.setattr(servers, "serve", pocketws.serve)
    monkeypatch.setattr(servers, "Server", pocketws.Server)
    assert run(crowd.times_out(at_once(pocketws.broadcast))) is True


# ---------------------------------------------------------------- the measurement


def test_who_waits_for_each_is_as_slow_as_the_slowest_and_keeps_little(library):
    for tell in (one_by_one, gathered):
        result = run(crowd.measure(tell))
        assert result.name == tell.__name__
        assert result.quick[-1] > 60 and result.longest > crowd.REST
        assert max(result.unsent) < 2**17


def test_a_broadcast_holds_up_nobody_and_keeps_all(library):
    result = run(crowd.measure(at_once(library)))
    assert result.quick[-1] < 60 < result.slow[-1]
    assert result.unsent[-1] > 2**19


def test_an_outbox_for_the_newest_keeps_little_and_the_slow_one_is_not_far_behind(library):
    result = run(crowd.measure(newest, deliver, room=1))
    assert result.name == "newest, room 1"
    assert max(result.quick[-1], result.slow[-1]) < 70
    assert max(result.unsent) < 2**17


def test_an_outbox_with_a_goodbye_ends_the_slow_one_and_nobody_else(library):
    result = run(crowd.measure(goodbye, deliver, room=20))
    assert result.slow[0] is not None and result.slow[-1] is None
    assert result.quick[-1] < 60


def test_what_the_students_function_raises_comes_out_and_nothing_is_left():
    async def fails(clients, message):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run(crowd.measure(fails))


def test_a_run_shows_itself_as_a_table():
    runs = [
        crowd.Run("at_once", 0.0011, [0.1], [0], [123], [2048]),
        crowd.Run("goodbye", 0.5, [0.1], [1], [None], [0]),
    ]
    lines = repr(crowd.Runs(runs)).splitlines()
    assert [line.split() for line in lines[2:]] == [
        ["at_once", "1.1", "ms", "0", "123", "2", "KiB"],
        ["goodbye", "500.0", "ms", "1", "gone", "0", "KiB"],
    ]
    assert repr(runs[0]).splitlines() == lines[:3]


def test_until_gives_up():
    with pytest.raises(TimeoutError):
        run(crowd.until(lambda: False, 0.05))


def test_the_table_of_a_thousand_clients_is_that_of_the_benchmarks():
    table = dict(crowd.benchmark())
    text = (ROOT / "docs" / "benchmarks.md").read_text()
    assert list(table) == ["websockets", "pocketws", "raw"]
    for name, number in table.items():
        assert re.search(rf"broadcast to 1,000.* \| {name} \| {number:,} messages/s", text)
    assert 50_000 < table["websockets"] < 200_000  # "about 100,000"


def test_the_picture_shows_what_its_description_says():
    waiting = {name: count for name, _, _, count, _, _ in picture.WAYS}
    assert waiting == {"Wait for each": 2, "Wait for nobody": 17, "An outbox each": 3}
    assert "seventeen" in picture.DESCRIPTION


# ---------------------------------------------------------------- the chat room


@pytest.fixture(params=["websockets", "pocketws"])
def room(request):
    """Return the names that chat_server.py defines, on one library or the other."""
    text = scripts.on(request.param, scripts.source("chat_server.py"))
    scope = {"__name__": "chat_server", "__file__": str(scripts.path("chat_server.py"))}
    exec(compile(text, "chat_server.py", "exec"), scope)
    scope["serve"] = serve if request.param == "websockets" else pocketws.serve
    return scope


@contextlib.asynccontextmanager
async def open_room(room, small=False):
    """Serve the chat room; give its URL. small: bool, with little room on the way to its members."""
    where = {"host": "127.0.0.1", "port": 0}
    if small:
        where = {"sock": crowd.small_socket(), "compression": None}
        where["sock"].bind(("127.0.0.1", 0))
    async with room["serve"](room["chat"], max_size=8192, close_timeout=SECONDS, **where) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def enter(url, name, **options):
    """Return a member's connection, and the welcome."""
    ws = await connect(url, **options)
    await ws.send(json.dumps({"name": name}))
    return ws, json.loads(await ws.recv())


async def events_until(ws, last):
    """Return the events that come, up to `last`."""
    events = []
    while last not in events:
        events.append(json.loads(await ws.recv()))
    return events


def test_members_see_who_comes_and_goes_and_the_late_comer_sees_what_was_said(room):
    async def talk():
        async with open_room(room) as url:
            ada, welcome = await enter(url, "Ada")
            assert welcome == {"welcome": "Ada", "members": ["Ada"], "history": []}
            await ada.send('{"text": "  anybody?  "}')
            said = {"name": "Ada", "text": "anybody?"}
            assert await events_until(ada, said) == [{"joined": "Ada"}, said]
            bob, welcome = await enter(url, " Bob ")
            assert welcome == {"welcome": "Bob", "members": ["Ada", "Bob"], "history": [said]}
            await bob.close()
            assert await events_until(ada, {"left": "Bob"}) == [{"joined": "Bob"}, {"left": "Bob"}]
            await ada.close()
            await crowd.until(lambda: not room["members"])

    run(talk())


@pytest.mark.parametrize(
    "message, words",
    [
        ("Ada", 'expected JSON, such as {"name": "..."}'),
        ('["name"]', "expected JSON"),
        ('{"name": 5}', "expected JSON"),
        ('{"name": null}', "expected JSON"),
        ('{"text": "hello"}', "expected JSON"),
        ("[" * 8000, "expected JSON"),
        (b"\xff\xfe", "expected JSON"),
        ('{"name": " "}', "name: expected 1 to 20 characters, not 0"),
        (json.dumps({"name": "x" * 21}), "name: expected 1 to 20 characters, not 21"),
        ('{"name": "a\\nb"}', "name: expected characters that one can see"),
        ('{"name": "a\\u202eb"}', "name: expected characters that one can see"),
        ('{"name": "\\ud800"}', "name: expected characters that one can see"),
        ('{"name": "ADA"}', "name: ADA is taken"),
    ],
)
def test_a_bad_name_is_refused_with_what_was_expected_and_the_next_one_may_do(room, message, words):
    async def try_names():
        async with open_room(room) as url:
            ada, _ = await enter(url, "Ada")
            async with connect(url) as ws:
                await ws.send(message)
                assert words in json.loads(await ws.recv())["error"]
                await ws.send('{"name": "Bob"}')
                assert json.loads(await ws.recv())["welcome"] == "Bob"
            await ada.close()

    run(try_names())


def test_of_two_who_want_a_name_at_the_same_time_one_has_it(room):
    async def race():
        async with open_room(room) as url, connect(url) as one, connect(url) as other:
            for ws in (one, other):
                await ws.send('{"name": "Ada"}')
            replies = [json.loads(await ws.recv()) for ws in (one, other)]
            assert sorted(next(iter(reply)) for reply in replies) == ["error", "welcome"]

    run(race())


def test_a_name_is_free_again_when_its_member_is_cut_off(room):
    async def again():
        async with open_room(room) as url:
            for _ in range(3):
                ada, welcome = await enter(url, "Ada")
                assert "welcome" in welcome
                sock = ada.transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                ada.transport.abort()
                await crowd.until(lambda: not room["members"])

    run(again())


@pytest.mark.parametrize(
    "message, words",
    [("hello", "expected JSON"), ('{"text": ""}', "1 to 500"), ('{"text": "%s"}' % ("x" * 501), "501")],
)
def test_a_bad_text_is_refused_to_its_sender_alone_and_the_next_one_is_heard(room, message, words):
    async def talk():
        async with open_room(room) as url:
            (ada, _), (bob, _) = await enter(url, "Ada"), await enter(url, "Bob")
            await bob.send(message)
            await bob.send('{"text": "sorry"}')
            said = {"name": "Bob", "text": "sorry"}
            assert await events_until(ada, said) == [{"joined": "Ada"}, {"joined": "Bob"}, said]
            errors = [event["error"] for event in await events_until(bob, said) if "error" in event]
            assert len(errors) == 1 and words in errors[0]
            await ada.close()
            await bob.close()

    run(talk())


def test_a_message_above_max_size_ends_only_its_sender(room):
    async def talk():
        async with open_room(room) as url:
            (ada, _), (bob, _) = await enter(url, "Ada"), await enter(url, "Bob", compression=None)
            await bob.send("x" * 8193)
            await events_until(ada, {"left": "Bob"})
            await bob.wait_closed()
            assert bob.close_code == 1009
            await ada.close()

    run(talk())


def test_the_history_is_bounded(room):
    room["PAUSE"] = 0

    async def talk():
        async with open_room(room) as url:
            ada, _ = await enter(url, "Ada")
            for number in range(30):
                await ada.send(json.dumps({"text": str(number)}))
            await events_until(ada, {"name": "Ada", "text": "29"})
            bob, welcome = await enter(url, "Bob")
            assert [item["text"] for item in welcome["history"]] == [str(number) for number in range(10, 30)]
            await ada.close()
            await bob.close()

    run(talk())


def test_a_member_that_does_not_read_has_to_go_and_the_others_miss_nothing(room):
    room["PAUSE"] = 0

    async def talk():
        async with open_room(room, small=True) as url:
            slow = await crowd.slow_client(url)
            await slow.send('{"name": "Slow"}')
            await crowd.until(lambda: "Slow" in room["members"])
            ada, _ = await enter(url, "Ada")
            said, events = [], []
            while "Slow" in room["members"]:
                said.append({"name": "Ada", "text": f"{len(said):.<500}"})
                assert len(said) < 2000, "it stays"
                await ada.send(json.dumps({"text": said[-1]["text"]}))
                events += await events_until(ada, said[-1])
            if {"left": "Slow"} not in events:
                events += await events_until(ada, {"left": "Slow"})
            assert [event for event in events if "text" in event] == said
            with contextlib.suppress(ConnectionClosed):
                async for _ in slow:  # what had left the outbox before, and then the goodbye
                    pass
            assert (slow.close_code, slow.close_reason) == (1008, "too slow")
            await ada.close()

    run(talk())


def test_who_talks_too_fast_is_heard_at_the_rooms_pace(room):
    """By a pause that ends when we say so, and not by a clock."""
    over, pauses = asyncio.Event(), []

    async def sleep(seconds):
        pauses.append(seconds)
        await over.wait()

    names = ("Queue", "create_task", "wait", "FIRST_COMPLETED")
    room["asyncio"] = SimpleNamespace(**{name: getattr(asyncio, name) for name in names}, sleep=sleep)

    async def talk():
        async with open_room(room) as url:
            (ada, _), (bob, _) = await enter(url, "Ada"), await enter(url, "Bob")
            for number in range(5):
                await bob.send(json.dumps({"text": str(number)}))
            await events_until(ada, {"name": "Bob", "text": "0"})
            await ada.send('{"text": "done"}')
            await events_until(ada, {"name": "Ada", "text": "done"})
            assert list(room["history"]) == [{"name": "Bob", "text": "0"}, {"name": "Ada", "text": "done"}]
            assert pauses == [0.1, 0.1]
            over.set()
            await events_until(ada, {"name": "Bob", "text": "4"})
            await ada.close()
            await bob.close()

    run(talk())

"""dashboard_server.py, on both libraries: who gets in, what it keeps, and what bad boards and browsers do to it."""

import asyncio
import contextlib
import json
import re
import signal
import time
from urllib.parse import urlsplit

import pytest
from websockets import ConnectionClosed, InvalidStatus, connect

from classroom import pages, rig, scripts
from tests import test_scripts
from tests.thorough import first

NAME = "dashboard_server.py"
KEY, TOKEN = "sesame-7", "open-8"
SECONDS = 20

on_both = pytest.mark.parametrize("library", first(scripts.LIBRARIES))


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("KEY", KEY)
    monkeypatch.setenv("TOKEN", TOKEN)


@pytest.fixture(scope="module")
def signed_url():
    return rig.on_the_board("signing").signed_url


def tried(coroutine):
    async def limited():
        async with asyncio.timeout(5 * SECONDS):
            return await coroutine

    return asyncio.run(limited())


class Dashboard:
    """A running dashboard_server.py. board, page: str, the addresses that it says."""

    def __init__(self, script, signed_url):
        self.script, self._signed_url = script, signed_url
        self._before = 0  # moments, in seconds: no two URLs are signed at the same one

    async def said(self):
        line = await self.script.seen("token=")
        self.page = line.replace("...", TOKEN)
        return self

    def signed(self, **changes):
        """Return the board's URL, signed."""
        self._before = max(self._before + 1, int(time.time()))
        arguments = {"url": self.script.url, "key": KEY, "now": self._before} | changes
        return self._signed_url(**arguments)

    def dashboard(self, query=f"?token={TOKEN}", path="dashboard"):
        """Return the URL of a page's WebSocket."""
        return f"ws://{urlsplit(self.page).netloc}/{path}{query}"


@contextlib.asynccontextmanager
async def serving(library, signed_url, *arguments):
    async with scripts.running(NAME, *arguments, library=library) as script:
        yield await Dashboard(script, signed_url).said()


async def heard(ws):
    return json.loads(await ws.recv())


async def status(url, **options):
    """Return the status with which a connection is refused, or "open"."""
    try:
        async with connect(url, **options):
            return "open"
    except InvalidStatus as error:
        return error.response.status_code


def reading(number, boot="a", celsius=20.5, dropped=0, age=0, **more):
    return json.dumps({"boot": boot, "number": number, "celsius": celsius, "dropped": dropped, "age": age} | more)


# ---------------------------------------------------------------- who gets in


@on_both
def test_boards_come_in_with_a_signed_url_that_is_fresh_and_once(library, signed_url):
    async def knocks():
        async with serving(library, signed_url) as server:
            elsewhere = server.script.url.replace("127.0.0.1", "localhost")
            url = server.signed()
            found = {
                "signed": await status(url),
                "again": await status(url),
                "not signed": await status(server.script.url),
                "another key": await status(server.signed(key="a guess")),
                "a key nobody knows": await status(server.signed(key_id="stranger")),
                "old": await status(server.signed(now=int(time.time()) - 400)),
                "from the future": await status(server.signed(now=int(time.time()) + 400)),
                "another path": await status(server.signed(url=server.script.url.replace("board", "dashboard"))),
                "another host": await status(server.signed(url=elsewhere), host="127.0.0.1"),
                "with the browsers' token": await status(f"{server.script.url}?token={TOKEN}"),
                "signed, at the browsers' door": await status(url.replace(server.script.url, server.dashboard(""))),
            }
            with pytest.raises(InvalidStatus) as refused:
                await connect(server.signed(key="a guess"))
            return found, bytes(refused.value.response.body), server.script.lines

    found, body, lines = tried(knocks())
    assert found.pop("signed") == "open" and found.pop("another path") == 404
    assert set(found.values()) == {401}
    assert body.startswith(b"the signature does not fit")
    assert any("a board stays outside: this URL was used before" in line for line in lines)
    assert not [line for line in lines if KEY in line or TOKEN in line or "Traceback" in line]


@on_both
def test_browsers_come_in_with_the_token_and_from_the_page_itself(library, signed_url):
    async def knocks():
        async with serving(library, signed_url, "--origin", "https://lab.example") as server:
            door = server.dashboard()
            own = "http://" + urlsplit(door).netloc
            page = await pages.fetch(server.page)  # without its query: so without the token
            return [
                await status(door),
                await status(door, origin=own),
                await status(door, origin="https://lab.example"),
                await status(door, origin="http://evil.example"),
                await status(door, origin=own + ".evil.example"),
                await status(door, origin=own.replace("127.0.0.1", "localhost")),
                await status(door, origin="null"),
                await status(door, origin="http://["),
                await status(server.dashboard("")),
                await status(server.dashboard("?token=")),
                await status(server.dashboard("?token=%C3%A9")),
                await status(server.dashboard(f"?token={TOKEN}x")),
                await status(server.dashboard(path="")),
                await status(server.dashboard(path="attic")),
                page.status,
            ], server.script.lines

    found, lines = tried(knocks())
    assert found == ["open"] * 3 + [403] * 5 + [401] * 4 + [404] * 2 + [401]
    assert not [line for line in lines if TOKEN in line or "Traceback" in line]


@on_both
def test_without_a_key_and_a_token_it_makes_them_and_says_them_once(library, signed_url, monkeypatch):
    monkeypatch.delenv("KEY")
    monkeypatch.delenv("TOKEN")

    async def made():
        async with serving(library, signed_url) as server:
            key = (await server.script.seen("key: ")).removeprefix("key: ")
            token = server.page.partition("token=")[2]
            opened = [await status(server.signed(key=key)), await status(server.dashboard(f"?token={token}"))]
            assert opened == ["open", "open"]
            assert sum(key in line for line in server.script.lines) == 1
            assert sum(token in line for line in server.script.lines) == 1
            return key, token

    assert len({*tried(made()), *tried(made())}) == 4


# ---------------------------------------------------------------- what it keeps, and whom it tells


@on_both
def test_readings_are_acknowledged_kept_and_told_once_and_the_led_is_what_the_board_says(library, signed_url):
    async def talk():
        async with serving(library, signed_url) as server, connect(server.dashboard()) as early:
            first = await heard(early)
            assert abs(first.pop("now") - time.time()) < SECONDS
            assert first == {"board": False, "led": None, "readings": []}
            async with connect(server.signed()) as board:
                assert await heard(early) == {"board": True}
                await board.send('{"led": false}')
                assert await heard(early) == {"led": False}
                for number, wanted in ((1, [1]), (2, [2]), (1, []), (2, []), (5, [5])):
                    await board.send(reading(number, celsius=20 + number, age=3, dropped=2))
                    assert await heard(board) == {"acknowledged": number}
                    for expected in wanted:
                        (told,) = (await heard(early))["readings"]
                        assert abs(time.time() - 3 - told.pop("at")) < SECONDS
                        assert told == {"boot": "a", "number": expected, "celsius": 20 + expected, "dropped": 2}
                await board.send(reading(1, boot="b"))
                assert (await heard(early))["readings"][0]["boot"] == "b"
                async with connect(server.dashboard()) as late:
                    news = await heard(late)
                    assert (news["board"], news["led"]) == (True, False)
                    assert [(one["boot"], one["number"]) for one in news["readings"]] == [
                        ("a", 1),
                        ("a", 2),
                        ("a", 5),
                        ("b", 1),
                    ]
                    await late.send('{"led": true}')
                    assert [await heard(board), await heard(board)] == [{"acknowledged": 1}, {"led": True}]
                    async with asyncio.timeout(SECONDS):
                        await (await late.ping())
                    await board.send('{"led": true}')  # only now is anybody told
                    assert await heard(late) == await heard(early) == {"led": True}
            assert await heard(early) == {"board": False, "led": None}

    tried(talk())


@on_both
def test_the_end_of_an_old_connection_does_not_look_like_the_end_of_the_board(library, signed_url):
    """After a pulled cable, the board is back before the server has noticed that the old connection is dead."""

    async def talk():
        async with serving(library, signed_url) as server, connect(server.dashboard()) as page:
            old, new = await connect(server.signed()), await connect(server.signed())
            await new.send('{"led": true}')
            while await heard(page) != {"led": True}:
                pass
            await old.close()
            await new.send(reading(1))
            assert "readings" in await heard(page)
            await page.send('{"led": false}')
            assert [await heard(new), await heard(new)] == [{"acknowledged": 1}, {"led": False}]
            await new.close()
            assert await heard(page) == {"board": False, "led": None}
            async with connect(server.signed()):
                assert await heard(page) == {"board": True}  # so it was told once that the board is away

    tried(talk())


# ---------------------------------------------------------------- bad boards, and bad browsers

WRONG = [
    "{not JSON",
    "[" * 4000,
    "[]",
    "7",
    '"led"',
    "null",
    "{}",
    b"\xff\x00",
    reading(1, celsius="warm"),
    reading(1, celsius=None),
    reading(1, celsius=float("nan")),
    reading(1, celsius=float("inf")),
    reading(1, celsius=10**400),
    reading(1, age="old"),
    reading(1, age=float("nan")),
    reading("one"),
    reading(None),
    reading(1).replace('"boot"', '"shoe"'),
]


@on_both
def test_a_board_that_talks_nonsense_is_told_so_and_the_next_is_served(library, signed_url):
    async def talk():
        async with serving(library, signed_url) as server, connect(server.dashboard()) as page:
            assert (await heard(page))["readings"] == []
            for message in WRONG:
                async with connect(server.signed()) as board:
                    await board.send(message)
                    with pytest.raises(ConnectionClosed) as closed:
                        await board.recv()
                    assert closed.value.rcvd.code == 1007, message
                assert await heard(page) == {"board": True}
                assert await heard(page) == {"board": False, "led": None}
            async with connect(server.signed()) as board:
                await board.send(reading(1))
                assert await heard(board) == {"acknowledged": 1}
            assert not [line for line in server.script.lines if "Traceback" in line]

    tried(talk())


@on_both
def test_bad_clients_at_both_doors_do_not_change_that(library, signed_url, monkeypatch):
    """What test_scripts.py does to each other server, at /board with signed URLs and at /dashboard with the token."""

    async def as_board(url):
        async with connect(the.signed()) as board:
            await board.send(reading(1))
            assert await heard(board) == {"acknowledged": 1}

    async def as_browser(url):
        async with connect(the.dashboard()) as page:
            assert "now" in await heard(page)
            await page.send("rubbish")
            while "error" not in (news := await heard(page)):
                pass
            assert "expected JSON" in news["error"]

    the = None
    doors = {
        "board": (test_scripts.Server(as_board, text=1007, binary=1007), lambda: the.signed()),
        "browser": (test_scripts.Server(as_browser, text="expected JSON", binary="expected JSON"), None),
    }

    async def all_of_it():
        nonlocal the
        async with serving(library, signed_url) as the:
            for door, address in doors.values():
                address = address or the.dashboard
                monkeypatch.setattr(test_scripts, "connect", lambda url, a=address, **more: connect(a(), **more))
                for trouble in (t for t in test_scripts.TROUBLES if t is not test_scripts.message_too_big):
                    place = re.sub(r"(:\d+)/.*", r"\1/", address())
                    await trouble(place, door)
                    await door.greets(place)
                async with connect(address(), compression=None) as ws:
                    await ws.send("x" * 8193)
                    await test_scripts.closed_with(ws, {1009})
            lines = the.script.lines
            assert not [line for line in lines if "Traceback" in line or "--- Logging error" in line], lines[-20:]

    tried(all_of_it())


@on_both
def test_ctrl_c_ends_it_in_order(library, signed_url):
    async def stopped():
        async with serving(library, signed_url) as server:
            async with connect(server.signed()) as board, connect(server.dashboard()) as page:
                assert await server.script.stop(signal.SIGINT) == 0
                for ws in (board, page):
                    await test_scripts.closed_with(ws, {1001})
            assert not any("Traceback" in line for line in server.script.lines), server.script.lines

    tried(stopped())

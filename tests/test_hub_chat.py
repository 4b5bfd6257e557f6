"""Two processes of hub_chat_server.py on one Redis: one chat, and what becomes of it when Redis is killed."""

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys

import pytest
from websockets import InvalidMessage, connect, serve

from classroom import balancer, beyond, redis_server, scripts
from tests.browser import chromium, find_chromium
from tests.network.helpers import run
from tests.test_hub import needs_redis
from tests.thorough import first

SECONDS = 30
NAME = "hub_chat_server.py"
on_both = pytest.mark.parametrize("library", first(scripts.LIBRARIES))


def tried(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 2 * SECONDS))


@contextlib.asynccontextmanager
async def two_servers(url, library="websockets"):
    """Run servers A and B; give their Scripts. They may log no traceback."""
    async with beyond.two_servers(url, library) as (a, b):
        yield a, b
    assert not [line for line in a.lines + b.lines if "Traceback" in line], a.lines + b.lines


# ---------------------------------------------------------------- without a browser


@on_both
def test_what_is_said_on_one_server_is_heard_on_the_other_in_the_same_order(library):
    needs_redis()

    async def scene():
        async with redis_server.running() as redis, two_servers(redis.url, library) as (a, b):
            assert await beyond.bob_hears(connect, a.url, b.url) == ["hello"]
            async with beyond.member(connect, a.url, "Ada") as ada, beyond.member(connect, b.url, "Bob") as bob:
                # Each says something 10 times, both at once, and reads on until both are through.
                await asyncio.gather(*(talk(one) for one in (ada, bob)))
                await ada.say("end")
                await bob.hear(text="end")
                numbers = [[event["number"] for event in one.events if "number" in event] for one in (ada, bob)]
                said = [[event["text"] for event in one.events if "number" in event] for one in (ada, bob)]
                assert numbers[0] == numbers[1] == list(range(3, 24))
                assert said[0] == said[1]

    tried(scene())


async def talk(member):
    for number in range(10):
        await member.say(f"{member.name} {number}")


@on_both
def test_redis_is_killed_and_comes_back_and_the_connections_live_on(library):
    needs_redis()

    async def scene():
        async with redis_server.running() as redis, two_servers(redis.url, library) as (a, b):
            ada = await beyond.outage(connect, redis, a, b)
            assert ada.texts() == ["one", "four"]
            assert [event["number"] for event in ada.events if "number" in event] == [1, 4]
            services = [event["service"] for event in ada.events if "service" in event]
            assert services[-3:] == ["open", "interrupted", "open"]
            assert sum("error" in event and "interrupted" in event["error"] for event in ada.events) == 1

    tried(scene())


def test_who_enters_while_it_is_interrupted_is_told_and_hears_when_it_is_over():
    needs_redis()

    async def scene():
        async with redis_server.running() as redis:
            await redis.kill()
            async with two_servers(redis.url) as (a, _), beyond.member(connect, a.url, "Ada") as ada:
                assert ada.events[0] == {"server": "A", "service": "interrupted"}
                assert "interrupted" in (await ada.say("hello?"))["error"]
                await redis.start()
                await ada.hear(service="open")
                assert (await ada.say("hello"))["number"] == 1

    tried(scene())


def test_without_redis_the_hub_is_in_the_process(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)

    async def scene():
        async with scripts.running(NAME) as a, scripts.running(NAME) as b:
            assert await beyond.bob_hears(connect, a.url, b.url) == []
            assert await beyond.bob_hears(connect, a.url, a.url) == ["hello"]

    tried(scene())


def test_redis_url_is_taken_where_no_other_is_given(monkeypatch):
    needs_redis()

    async def scene():
        async with redis_server.running() as redis:
            monkeypatch.setenv("REDIS_URL", redis.url)
            async with scripts.running(NAME) as a, scripts.running(NAME) as b:
                assert await beyond.bob_hears(connect, a.url, b.url) == ["hello"]

    tried(scene())


def test_what_is_no_chat_in_the_hub_ends_the_server_with_a_word_rather_than_in_silence():
    needs_redis()

    async def scene():
        from classroom.hub import open_hub

        async with redis_server.running() as redis:
            with pytest.raises(RuntimeError, match="JSONDecodeError"):
                async with scripts.running(NAME, "--redis", redis.url) as a:
                    await a.seen("service open", seconds=SECONDS)
                    hub = open_hub(redis.url)
                    await hub.publish("chat", "no JSON")
                    await hub.close()
                    await a.seen("never", seconds=SECONDS)

    tried(scene())


# ---------------------------------------------------------------- the balancer


@pytest.fixture
def seen():
    """What the servers of a test heard: list."""
    return []


async def at_two_servers(scene, *more, seen):
    """Run scene(url), behind whose address a balancer has two servers, and addresses where nobody is."""

    async def named(ws):
        seen.append(ws.local_address[1])
        async for message in ws:
            await ws.send(message)

    async with serve(named, "127.0.0.1", 0) as one, serve(named, "127.0.0.1", 0) as two:
        ports = [server.sockets[0].getsockname()[1] for server in (one, two)]
        urls = [f"ws://127.0.0.1:{port}/" for port in ports]
        async with balancer.running(*urls, *more) as url:
            await scene(url, ports)


def test_it_leads_each_to_the_server_with_the_fewest_and_all_of_a_connection_to_one(seen):
    async def scene(url, ports):
        async with connect(url) as one, connect(url) as two, connect(url) as three, connect(url):
            for ws in (one, two, three):
                for message in ("a", "x" * 500_000, b"\0" * 70_000):
                    await ws.send(message)
                    assert await ws.recv() == message
        assert seen == ports * 2
        assert (one.close_code, three.close_code) == (1000, 1000)

    run(at_two_servers(scene, seen=seen))


def test_it_passes_over_a_server_that_is_not_there(seen):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nobody = "ws://127.0.0.1:%d/" % probe.getsockname()[1]

    async def scene(url, ports):
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(4):  # nobody has none, so it is asked first, from the third on
                await stack.enter_async_context(connect(url))
        assert seen == ports * 2

    run(at_two_servers(scene, nobody, seen=seen))


def test_with_no_server_it_hangs_up():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nobody = "ws://127.0.0.1:%d/" % probe.getsockname()[1]

    async def scene():
        async with balancer.running(nobody) as url:
            with pytest.raises((InvalidMessage, OSError)):
                await connect(url)

    run(scene())


def test_its_end_and_a_cut_are_passed_on(seen):
    async def scene(url, ports):
        ws = await connect(url)
        ws.transport.abort()
        async with connect(url) as ws:  # the server of the one before learns of it, or the test would not end
            await ws.send("x")

    run(at_two_servers(scene, seen=seen))


# ---------------------------------------------------------------- in Chromium


class Processes:
    """Redis and two servers, without asyncio, which the browser's driver has for itself in this thread."""

    def __init__(self, folder):
        self.redis = redis_server.RedisServer()
        self.log = open(folder / "log", "w+")
        self.running = {}
        self.start_redis()
        self.urls = {name: self.serve(name) for name in "AB"}

    def start_redis(self):
        process = subprocess.Popen(self.redis.command(), stdout=subprocess.PIPE, stderr=self.log)
        self.running["redis"] = process
        for line in process.stdout:
            if redis_server.READY in line:
                return
        raise AssertionError("redis-server did not start")

    def serve(self, name):
        command = [sys.executable, str(scripts.path(NAME)), "--name", name, "--redis", self.redis.url]
        self.running[name] = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        return self.running[name].stdout.readline().strip()

    def balance(self):
        """Start a balancer in front of both servers; return its URL."""
        command = [sys.executable, "-m", "classroom.balancer", *self.urls.values()]
        self.running["balancer"] = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        return self.running["balancer"].stdout.readline().strip()

    def kill(self, name):
        process = self.running.pop(name)
        process.kill()
        process.wait(SECONDS)
        process.stdout.close()

    def end(self):
        for name in list(self.running):
            self.kill(name)
        self.redis._folder.cleanup()
        self.log.close()


@pytest.fixture
def processes(tmp_path):
    needs_redis()
    found = Processes(tmp_path)
    yield found
    found.end()


@pytest.fixture(scope="module")
def browser():
    find_chromium()
    with chromium(width=500, height=500) as browser:
        browser.set_default_timeout(1000 * SECONDS)
        yield browser


@pytest.fixture
def tab(browser):
    """Return a function that opens the chat page at a URL, and enters. An error in a page fails the test."""
    pages, errors = [], []

    def enter(url, name, server=""):
        page = browser.new_page()
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        page.get_by_label("your name").fill(name)
        page.keyboard.press("Enter")
        says(page, "state", f"in the room as {name}, on server {server}")
        says(page, "service", "")
        page.evaluate("window.first = socket")
        return page

    yield enter
    for page in pages:
        page.close()
    assert not errors


def says(page, name, text):
    """Wait until the element with the id `name` says `text`; with "", until it says nothing."""
    page.wait_for_function(
        "([id, text]) => { const said = document.getElementById(id).textContent;"
        " return text ? said.includes(text) : !said }",
        arg=[name, text],
    )


def speak(page, text):
    """Say `text`, and wait until it is back."""
    page.get_by_label("your message").fill(text)
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('text').value === ''")


def lines(page, last):
    """Return the lines of the log, once the line `last` is there."""
    page.locator("#log li").filter(has_text=last).first.wait_for()
    return page.locator("#log li").all_inner_texts()


def test_one_chat_on_two_servers_which_outlives_redis_and_shows_what_is_missing(processes, tab):
    ada, bob = tab(processes.urls["A"], "Ada", "A"), tab(processes.urls["B"], "Bob", "B")
    speak(ada, "hello")
    speak(bob, "one")
    assert lines(ada, "one") == ["Ada joined", "Ada: hello", "Bob, on B: one"]
    assert lines(bob, "one") == ["Bob joined", "Ada, on A: hello", "Bob: one"]

    processes.kill("redis")
    says(ada, "service", "service interrupted: server A cannot reach the others")
    says(bob, "service", "service interrupted: server B cannot reach the others")
    ada.get_by_label("your message").fill("can you hear me?")
    ada.keyboard.press("Enter")
    says(ada, "state", "service interrupted: perhaps nobody has heard that")
    assert ada.get_by_label("your message").input_value() == "can you hear me?"

    processes.running["A"].send_signal(signal.SIGSTOP)  # so that B is the first to come back
    processes.start_redis()
    says(bob, "service", "")
    speak(bob, "two")
    speak(bob, "three")
    processes.running["A"].send_signal(signal.SIGCONT)
    says(ada, "service", "")
    speak(bob, "four")
    assert lines(ada, "four")[3:] == ["2 missing here", "Bob, on B: four"]
    assert "missing" not in " ".join(lines(bob, "four"))

    ada.get_by_label("your message").press("Enter")  # it was still in its field
    assert lines(bob, "can you hear me?")[-1] == "Ada, on A: can you hear me?"
    for page in (ada, bob):
        assert page.evaluate("socket === window.first && socket.readyState === WebSocket.OPEN")


def test_behind_one_address_a_page_whose_server_dies_goes_on_at_the_other(processes, tab):
    url = processes.balance()
    pages, count = {}, 0
    while set(pages) != {"A", "B"}:  # the page's own connection may still be open, so who comes where we cannot say
        count += 1
        page = tab(url, f"visitor {count}")
        pages.setdefault(page.evaluate("server"), page)
    speak(pages["A"], "hello")
    speak(pages["B"], "one")
    lines(pages["A"], "one")
    processes.kill("A")
    says(pages["A"], "state", "on server B")
    speak(pages["B"], "two")
    speak(pages["A"], "three")
    for page in pages.values():
        said = [line.rpartition(": ")[2] for line in lines(page, "three") if ": " in line]
        assert said == ["hello", "one", "two", "three"]


def test_a_page_that_comes_back_sees_what_was_said_meanwhile_and_nothing_twice(processes, tab):
    ada, bob = tab(processes.urls["A"], "Ada", "A"), tab(processes.urls["B"], "Bob", "B")
    speak(bob, "one")
    lines(ada, "one")
    ada.evaluate("setTimeout = again => { window.connectAgain = again }")
    ada.evaluate("socket.close()")
    says(ada, "state", "connection lost (")
    speak(bob, "two")
    ada.evaluate("connectAgain()")
    says(ada, "state", "in the room as Ada, on server A")
    speak(bob, "three")
    said = [line for line in lines(ada, "three") if "joined" not in line]
    assert said == ["Bob, on B: one", "Bob, on B: two", "Bob, on B: three"]


def test_a_count_that_begins_anew_is_told(processes, tab):
    ada = tab(processes.urls["A"], "Ada", "A")
    ada.evaluate("""hear({name: "Bob", server: "B", text: "nine", number: 9})""")
    ada.evaluate("""hear({name: "Bob", server: "B", text: "anew", number: 1})""")
    ada.evaluate("""hear({name: "Bob", server: "B", text: "next", number: 2})""")
    assert lines(ada, "next") == [
        "Ada joined",
        "Bob, on B: nine",
        "the count begins anew: some may be missing here",
        "Bob, on B: anew",
        "Bob, on B: next",
    ]


def test_ada_of_another_server_does_not_empty_the_field(processes, tab):
    ada = tab(processes.urls["A"], "Ada", "A")
    ada.evaluate("socket.send = () => {}")  # what she says stays on its way
    ada.get_by_label("your message").fill("hello")
    ada.keyboard.press("Enter")
    ada.evaluate(f"hear({json.dumps({'name': 'Ada', 'server': 'B', 'text': 'hello', 'number': 1})})")
    assert lines(ada, "hello")[-1] == "Ada, on B: hello"
    assert ada.get_by_label("your message").input_value() == "hello"

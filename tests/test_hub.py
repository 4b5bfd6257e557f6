"""The two hubs (classroom.hub) do the same, and what is Redis's own: it is killed, comes back, falls silent."""

import asyncio
import contextlib
import os
import signal
import stat

import pytest

from classroom import hub as hubs
from classroom import redis_server
from classroom.hub import Interrupted, LocalHub, open_hub
from tests.network.helpers import run


def needs_redis():
    """Skip the test where there is no redis-server; in continuous integration, fail it."""
    if redis_server.find() is None:
        reason = f"no redis-server found: install {redis_server.INSTALL}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@pytest.fixture(params=["in this process", "through Redis"])
def on_hubs(request):
    """Return a function that runs scene(one, two): with one hub twice, or with two on one Redis."""
    if request.param == "through Redis":
        needs_redis()

    async def local(scene):
        hub = open_hub()
        await scene(hub, hub)
        await hub.close()

    async def redis(scene):
        async with redis_server.running() as server, both(server) as (one, two):
            await scene(one, two)

    return lambda scene: run((local if request.param == "in this process" else redis)(scene))


@contextlib.asynccontextmanager
async def both(server):
    """Give two hubs on one Redis, as two processes have them."""
    one, two = open_hub(server.url), open_hub(server.url)
    try:
        yield one, two
    finally:
        await one.close()
        await two.close()


async def taken(news, count):
    """Return the next `count` items of a subscription."""
    async with asyncio.timeout(10):
        return [await anext(news) for _ in range(count)]


# ---------------------------------------------------------------- what both do


def test_each_room_counts_from_1_whoever_publishes_and_whoever_listens(on_hubs):
    async def scene(one, two):
        assert [await hub.publish(room, "x") for hub, room in ((one, "tea"), (two, "milk"), (two, "tea"))] == [1, 1, 2]
        async with one.subscribe("tea"):
            assert await two.publish("tea", "x") == 3

    on_hubs(scene)


def test_a_subscriber_hears_all_that_is_published_from_then_on_in_order(on_hubs):
    texts = ["hello", "", " 7 spaces ", "two\nlines", "é 🙂", "x" * 100_000, "12 13"]

    async def scene(one, two):
        await one.publish("tea", "before")
        async with two.subscribe("tea") as news, one.subscribe("tea") as more:
            await one.publish("milk", "elsewhere")
            for text in texts:
                await one.publish("tea", text)
            wanted = list(enumerate(texts, start=2))
            assert await taken(news, len(texts)) == await taken(more, len(texts)) == wanted

    on_hubs(scene)


def test_who_was_away_can_tell_by_the_numbers(on_hubs):
    async def scene(one, two):
        async with two.subscribe("tea") as news:
            await one.publish("tea", "a")
            assert await taken(news, 1) == [(1, "a")]
        await one.publish("tea", "b")
        async with two.subscribe("tea") as news:
            await one.publish("tea", "c")
            assert await taken(news, 1) == [(3, "c")]

    on_hubs(scene)


def test_those_who_publish_at_the_same_time_get_numbers_in_the_order_that_is_heard(on_hubs):
    async def scene(one, two):
        async with two.subscribe("tea") as news:
            texts = [f"text {number} " + "x" * (1000 - number) for number in range(40)]
            numbers = await asyncio.gather(*((one, two)[len(text) % 2].publish("tea", text) for text in texts))
            heard = await taken(news, 40)
            assert [number for number, _ in heard] == list(range(1, 41))
            assert dict(heard) == dict(zip(numbers, texts, strict=True))

    on_hubs(scene)


def test_an_exception_of_a_listener_comes_out_and_the_hub_goes_on(on_hubs):
    async def scene(one, two):
        with pytest.raises(ZeroDivisionError):
            async with two.subscribe("tea"):
                raise ZeroDivisionError
        async with two.subscribe("tea") as news:
            await one.publish("tea", "x")
            assert await taken(news, 1) == [(1, "x")]

    on_hubs(scene)


def test_a_listener_that_is_too_slow_misses_messages_and_sees_so(monkeypatch):
    monkeypatch.setattr(hubs, "ROOM", 2)

    async def scene():
        hub = LocalHub()
        async with hub.subscribe("tea") as slow, hub.subscribe("tea") as quick:
            for number in range(1, 5):
                await hub.publish("tea", "x")
                assert await taken(quick, 1) == [(number, "x")]
            assert await taken(slow, 2) == [(1, "x"), (2, "x")]
            await hub.publish("tea", "x")
            assert await taken(slow, 1) == [(5, "x")]

    run(scene())


# ---------------------------------------------------------------- Redis dies, and comes back


def test_killed_it_interrupts_both_sides_and_started_again_it_goes_on_counting():
    needs_redis()

    async def scene():
        async with redis_server.running() as server, both(server) as (one, two):
            with pytest.raises(Interrupted):
                async with two.subscribe("tea") as news:
                    assert [await one.publish("tea", text) for text in "abc"] == [1, 2, 3]
                    assert len(await taken(news, 3)) == 3
                    await server.kill()
                    with pytest.raises(Interrupted):
                        await one.publish("tea", "into the void")
                    await taken(news, 1)
            with pytest.raises(Interrupted):
                async with two.subscribe("tea"):
                    raise AssertionError("there is nobody")
            await server.start()
            async with two.subscribe("tea") as news:
                assert await one.publish("tea", "d") == 4  # on a connection that was made anew
                assert await two.publish("tea", "e") == 5  # this one has only heard the numbers
                assert await one.publish("milk", "a") == 1
                assert await taken(news, 2) == [(4, "d"), (5, "e")]
            await server.kill()
            await server.start()
            async with both(server) as (new, _):
                assert await new.publish("tea", "f") == 1  # nobody is left who knows

    run(scene(), seconds=60)


def test_one_that_is_silent_is_asked_and_given_up(monkeypatch):
    needs_redis()
    monkeypatch.setattr(hubs, "QUIET", 0.2)

    async def scene():
        async with redis_server.running() as server, both(server) as (one, two):
            async with two.subscribe("tea") as news:
                heard = asyncio.ensure_future(anext(news))
                await asyncio.wait([heard], timeout=0.7)  # long enough for its pongs, and for nothing to be wrong
                await one.publish("tea", "still here")
                assert (await asyncio.wait_for(heard, 10))[1] == "still here"
                server._process.send_signal(signal.SIGSTOP)
                with pytest.raises(Interrupted):
                    await taken(news, 1)
            with pytest.raises(Interrupted):
                await one.publish("tea", "hello?")
            with pytest.raises(Interrupted):
                async with one.subscribe("tea"):
                    raise AssertionError("it cannot have answered")

    run(scene())


# ---------------------------------------------------------------- redis_server


def test_it_is_gone_after_the_block_and_only_its_owner_reaches_it():
    needs_redis()

    async def scene():
        async with redis_server.running() as one, redis_server.running() as two:
            assert one.url != two.url
            path, process = one._socket, one._process
            assert path.is_socket() and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b"CONFIG GET port\r\nCONFIG GET save\r\n")
            said = [await reader.readline() for _ in range(10)]
            assert (said[4], said[9]) == (b"0\r\n", b"\r\n")
            writer.close()
            await writer.wait_closed()
        assert process.returncode is not None and not path.parent.exists()

    run(scene())


def test_one_that_cannot_start_says_why(monkeypatch):
    needs_redis()
    monkeypatch.setattr(redis_server.RedisServer, "command", lambda server: [redis_server.find(), "--no-such", "x"])

    async def scene():
        with pytest.raises(RuntimeError, match="no-such"):
            async with redis_server.running():
                pass

    run(scene())


def test_the_lessons_own_is_replaced_by_the_next_and_stopped():
    needs_redis()

    async def scene():
        first = await redis_server.start()
        second = await redis_server.start()
        assert first._process is None and second.own and not redis_server.stopped()
        await redis_server.stop()
        await redis_server.stop()
        assert second._process is None and redis_server.stopped()

    run(scene())


def test_without_a_redis_server_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(redis_server, "find", lambda: None)
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert run(redis_server.start()) is None
    assert "redis-server" in capsys.readouterr().out
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    foreign = run(redis_server.start())
    assert (foreign.url, foreign.own) == ("redis://127.0.0.1:1", False)
    assert "REDIS_URL" in capsys.readouterr().out

    async def scene():
        async with redis_server.running():
            raise AssertionError("there is none")

    with pytest.raises(FileNotFoundError, match="redis-server"):
        run(scene())

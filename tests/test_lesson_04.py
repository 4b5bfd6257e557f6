"""Lesson 04: the toy of the attack, and the lesson as a whole: it leaves nothing running, and runs twice."""

import asyncio
import contextlib

import pytest

from classroom import servers, toycache
from classroom.workspace import ROOT
from pocketws.frames import OP_BINARY, OP_TEXT, Frame, apply_mask
from tests.notebook_rules import LEFT, code_cells, run_cells

NOTEBOOK = ROOT / "notebooks" / "04_masking.ipynb"
WISH = b"GET /counter.js HTTP/1.1\r\nHost: library.example\r\n\r\n"
KEY = bytes.fromhex("37 fa 21 3d")


def with_toy(scenario):
    """Run the coroutine function `scenario(toy)`; afterwards no server and no task may be left."""

    async def main():
        toy = await toycache.start()
        try:
            async with asyncio.timeout(20):
                await scenario(toy)
        finally:
            await servers.stop_all()
        assert servers.running() == []
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


async def attack(toy, frame):
    toy.forget()
    await toy.lure(frame)
    return await toy.visit("library.example", "/counter.js")


@contextlib.asynccontextmanager
async def raw(toy):
    host, port = toy.cache_address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


# ---------------------------------------------------------------- the toy


def test_the_cache_asks_the_library_once():
    async def scenario(toy):
        assert [await toy.visit("library.example", "/counter.js") for _ in range(3)] == [toycache.GOOD] * 3
        assert toy.asked == 1
        assert list(toy.stored) == ["library.example/counter.js"]

    with_toy(scenario)


def test_only_good_answers_are_stored():
    async def scenario(toy):
        assert await toy.visit("library.example", "/other") == "no such page"
        assert await toy.visit("nowhere.example", "/counter.js") == "no such host"
        assert toy.stored == {}

    with_toy(scenario)


def test_an_unmasked_payload_poisons_the_cache():
    async def scenario(toy):
        for frame in (Frame(OP_TEXT, WISH), Frame(OP_BINARY, b"x" * 200 + WISH)):
            assert await attack(toy, frame.serialize()) == toycache.EVIL
            assert toy.asked == 0

    with_toy(scenario)


@pytest.mark.parametrize("key", [KEY, b"GGGG", b"\r\n\r\n", b"\xff\xff\xff\xff"])
def test_a_masked_payload_does_not(key):
    async def scenario(toy):
        assert await attack(toy, Frame(OP_TEXT, WISH).serialize(key)) == toycache.GOOD
        assert toy.received == [WISH]
        assert toy.asked == 1

    with_toy(scenario)


def test_a_masked_payload_does_if_its_key_was_foreseen():
    async def scenario(toy):
        payload = apply_mask(WISH, KEY)
        assert await attack(toy, Frame(OP_BINARY, payload).serialize(KEY)) == toycache.EVIL
        assert await attack(toy, Frame(OP_BINARY, payload).serialize(b"\x37\xfa\x21\x3e")) == toycache.GOOD

    with_toy(scenario)


@pytest.mark.parametrize("last", [b"G", b"GE", b"GET", b"GET ", b"GET /a HTTP/1.1\r\nHost: "])
def test_what_only_begins_like_a_request_is_not_held_back(last):
    async def scenario(toy):
        await toy.lure(Frame(OP_BINARY, last).serialize())
        assert toy.received == [last]
        assert toy.stored == {}

    with_toy(scenario)


def test_a_request_in_many_pieces_is_one():
    async def scenario(toy):
        async with raw(toy) as (reader, writer):
            for at in range(len(WISH)):
                writer.write(WISH[at : at + 1])
                await writer.drain()
                await asyncio.sleep(0)
            assert (await reader.readuntil(b"()")).endswith(toycache.GOOD.encode())
        assert toy.asked == 1

    with_toy(scenario)


def test_bytes_that_are_no_http_harm_nobody():
    async def scenario(toy):
        async with raw(toy) as (_, writer):
            for _ in range(5):
                writer.write(b"\x00" * toycache.MOST)
                await writer.drain()
        async with raw(toy) as (_, writer):
            writer.write(b"GET / HTTP/1.1\r\n")
        assert await toy.visit("library.example", "/counter.js") == toycache.GOOD

    with_toy(scenario)


@pytest.mark.parametrize("frame", [b"", b"\x81", b"\xff\xff\xff", b"\x81\x05Hel"])
def test_half_a_frame_or_a_bad_one_ends_in_time(frame, monkeypatch):
    monkeypatch.setattr(toycache, "SECONDS", 0.3)

    async def scenario(toy):
        assert await attack(toy, frame) == toycache.GOOD

    with_toy(scenario)


def test_what_is_no_frame_or_no_path_is_refused_with_words():
    async def scenario(toy):
        with pytest.raises(TypeError, match="not str"):
            await toy.lure("Hello")
        with pytest.raises(ValueError, match="begins with /"):
            await toy.visit("library.example", "counter.js")
        with pytest.raises(ValueError, match="no spaces"):
            await toy.visit("library.example", "/ HTTP/1.1\r\n")

    with_toy(scenario)


def test_starting_again_gives_a_new_toy_and_leaves_three_servers():
    async def scenario(toy):
        again = await toycache.start()
        assert servers.running() == ["library", "attacker", "cache"]
        assert await again.visit("library.example", "/counter.js") == toycache.GOOD
        assert toy.asked == 0

    with_toy(scenario)


def test_stopping_in_the_middle_of_a_connection_leaves_nothing():
    async def scenario(toy):
        async with raw(toy) as (reader, writer):
            writer.write(WISH)
            await reader.readuntil(b"()")
            await servers.stop_all()

    with_toy(scenario)


# ---------------------------------------------------------------- the lesson


@pytest.mark.thorough
def test_the_lesson_leaves_nothing_running_and_runs_twice_in_one_kernel():
    cells = code_cells(NOTEBOOK)
    results = run_cells(*cells, LEFT, *cells, LEFT)
    assert results[len(cells)] == results[-1] == "[]"

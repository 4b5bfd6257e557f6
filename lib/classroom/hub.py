"""Hubs: what is published in a room goes to all who have subscribed to it. Two of them, with one interface.

    hub = open_hub()                                  # in this process; open_hub(url) goes through Redis
    number = await hub.publish("chat", "hello")       # 1: the room's first message
    async with hub.subscribe("chat") as news:
        async for number, message in news:
            ...
    await hub.close()

Each room counts its messages, from 1. A hub delivers a message at most once, and in order. Whoever
is not there, or too slow, misses it, and sees so by the numbers.
"""

import asyncio
import contextlib

ROOM = 1000  # messages that may wait for one subscriber
QUIET = 5  # seconds of silence, after which Redis is asked whether it is there; and seconds for its answer


class Interrupted(ConnectionError):
    """The hub cannot be reached. What was being published has perhaps been delivered, and perhaps not."""


def open_hub(url=""):
    """Return a hub: through the Redis at `url`, or in this process if it is "".

    url: str, such as "redis://127.0.0.1:6379" or "unix:///a/socket".
    """
    return RedisHub(url) if url else LocalHub()


class LocalHub:
    """A hub for those who share one process."""

    def __init__(self):
        self._last = {}  # room: the number of its last message
        self._queues = {}  # room: list of queues, one for each subscriber

    async def publish(self, room, message):
        """Give `message` (str) to all who have subscribed to `room` (str); return its number: int."""
        number = self._last[room] = self._last.get(room, 0) + 1
        for queue in self._queues.get(room, ()):
            if not queue.full():  # else this one misses it, and sees a gap
                queue.put_nowait((number, message))
        return number

    @contextlib.asynccontextmanager
    async def subscribe(self, room):
        """Give an async iterator of pairs (number, message), for what is published in `room` from now on."""
        queue = asyncio.Queue(ROOM)
        self._queues.setdefault(room, []).append(queue)
        try:
            yield _emptied(queue)
        finally:
            self._queues[room].remove(queue)

    async def close(self):
        """End what the hub holds. Nothing here."""


async def _emptied(queue):
    while True:
        yield await queue.get()


# Redis runs a script in one go: nobody else's message can come between the counting and the sending.
# ARGV[2] is the highest number that the publisher knows: a Redis that was restarted begins at 0.
COUNT_AND_SEND = """
local number = redis.call('INCR', KEYS[1])
if number <= tonumber(ARGV[2]) then
    number = tonumber(ARGV[2]) + 1
    redis.call('SET', KEYS[1], string.format('%.0f', number))
end
redis.call('PUBLISH', KEYS[1], string.format('%.0f', number) .. ' ' .. ARGV[1])
return number
"""


class RedisHub:
    """A hub for all processes that reach the Redis at `url`. Each process has one of its own."""

    def __init__(self, url):
        from redis import asyncio as client  # a fifth of a second, so only where there is a Redis
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError

        self._faults = (RedisError, OSError)
        # Who has failed to publish must know: the same message once more could be said twice.
        limits = {"retry": client.retry.Retry(NoBackoff(), 0), "socket_timeout": QUIET, "socket_connect_timeout": QUIET}
        self._redis = client.from_url(url, decode_responses=True, **limits)
        self._last = {}  # room: the highest number seen

    async def publish(self, room, message):
        """As LocalHub.publish. Raises Interrupted if Redis cannot be reached."""
        with self._interruptions():
            number = await self._redis.eval(COUNT_AND_SEND, 1, f"room:{room}", message, self._last.get(room, 0))
        self._seen(room, number)
        return number

    @contextlib.asynccontextmanager
    async def subscribe(self, room):
        """As LocalHub.subscribe. It raises Interrupted, here or in the iteration, when Redis is lost."""
        async with self._redis.pubsub() as channel:
            with self._interruptions():
                await channel.subscribe(f"room:{room}")
                if await channel.get_message(timeout=QUIET) is None:  # the first one confirms
                    raise Interrupted("Redis does not answer")
            yield self._news(room, channel)

    async def _news(self, room, channel):
        asked = False
        while True:
            with self._interruptions():
                found = await channel.get_message(timeout=QUIET)
                if found is None and not asked:
                    await channel.ping()
            if found is None and asked:
                raise Interrupted("Redis does not answer")
            asked = found is None
            if found and found["type"] == "message":
                number, _, message = found["data"].partition(" ")
                self._seen(room, int(number))
                yield int(number), message

    def _seen(self, room, number):
        self._last[room] = max(number, self._last.get(room, 0))

    @contextlib.contextmanager
    def _interruptions(self):
        try:
            yield
        except self._faults as error:
            raise Interrupted(str(error)) from None

    async def close(self):
        """Close the connections to Redis."""
        await self._redis.aclose()

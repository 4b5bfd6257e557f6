"""What lesson 16 measures with: two chat servers and their members, an outage, and figures of docs/benchmarks.md."""

import asyncio
import contextlib
import json
import signal
import statistics
import time

from . import scripts
from .workspace import ROOT

SECONDS = 30  # for a scene to end: a server may wait for some of them before it comes back


class Member:
    """Somebody in a chat room. events: list of dict, all that came so far."""

    def __init__(self, ws, name):
        self.ws, self.name, self.events = ws, name, []

    async def hear(self, **wanted):
        """Wait for an event that has these keys and values, and return it. `...` stands for any value."""
        while True:
            event = json.loads(await self.ws.recv())
            self.events.append(event)
            if all(key in event and value in (..., event[key]) for key, value in wanted.items()):
                return event

    async def hear_any(self, *keys):
        """Wait for an event that has one of the keys, and return it."""
        while True:
            event = await self.hear()
            if any(key in event for key in keys):
                return event

    async def served(self):
        """Wait until the server reaches its hub, if it has one: it says so in the first event, and when it changes."""
        told = [event["service"] for event in self.events if "service" in event]
        if told and told[-1] != "open":
            await self.hear(service="open")

    async def say(self, text):
        """Say `text`, and return what comes back: the message, or an error."""
        await self.ws.send(json.dumps({"text": text}))
        while True:
            event = await self.hear()
            if "error" in event or (event.get("text") == text and event["name"] == self.name):
                return event

    def texts(self):
        """Return what this member heard others say: list of str."""
        return [event["text"] for event in self.events if "text" in event and event["name"] != self.name]


@contextlib.asynccontextmanager
async def member(connect, url, name):
    """Enter the room at `url`; give a Member. connect: of `websockets` or `pocketws`."""
    async with connect(url) as ws:
        someone = Member(ws, name)
        welcome = {"error": "not asked yet"}
        while "error" in welcome:  # the name may still be that of the one who has just left
            await asyncio.sleep(0.05 if someone.events else 0)
            await ws.send(json.dumps({"name": name}))
            welcome = await someone.hear_any("welcome", "error")
        await someone.hear(joined=name)
        yield someone


@contextlib.asynccontextmanager
async def two_servers(url, library="websockets"):
    """Run hub_chat_server.py twice, as A and B, on the Redis at `url`; give a pair of Script."""
    name, options = "hub_chat_server.py", {"library": library}
    async with scripts.running(name, "--name", "A", "--redis", url, **options) as a:
        async with scripts.running(name, "--name", "B", "--redis", url, **options) as b:
            yield a, b


async def bob_hears(connect, a_url, b_url):
    """Return what Bob, on server B, hears when Ada, on server A, has said hello: list of str.

    Bob says something after her. What came before his own words is all that was on its way.
    """
    async with asyncio.timeout(SECONDS), member(connect, a_url, "Ada") as ada, member(connect, b_url, "Bob") as bob:
        for someone in (ada, bob):
            await someone.served()
        await ada.say("hello")
        await bob.say("anybody?")
        return bob.texts()


async def outage(connect, redis, a, b):
    """Kill Redis and start it again, while Ada is on server `a` and Bob on `b`; return Ada, with all that she heard.

    a, b: Script of hub_chat_server.py. Bob says "one" before, "two" and "three" when his server is back and hers is
    not, and "four" when both are. To make sure of that, the process of `a` is stopped for a moment.
    """
    async with asyncio.timeout(SECONDS), member(connect, a.url, "Ada") as ada, member(connect, b.url, "Bob") as bob:
        await ada.served()
        await bob.served()
        await bob.say("one")
        await ada.hear(text="one")
        await redis.kill()
        await ada.hear(service="interrupted")
        await bob.hear(service="interrupted")
        await ada.say("can you hear me?")
        a._process.send_signal(signal.SIGSTOP)
        try:
            await redis.start()
            await bob.hear(service="open")
            await bob.say("two")
            await bob.say("three")
        finally:
            a._process.send_signal(signal.SIGCONT)
        await ada.hear(service="open")
        await bob.say("four")
        await ada.hear(text="four")
        return ada


async def rate(hub, rounds=5):
    """Return how many messages a second go through `hub`, published one after the other, to one subscriber: float.

    It is the best of several rounds: in the others, the machine may have been busy with something else.
    """
    return max([await _round(hub) for _ in range(rounds)])


async def _round(hub, messages=200):
    async with asyncio.timeout(SECONDS), hub.subscribe("rate") as news:
        start = time.perf_counter()
        for _ in range(messages):
            await hub.publish("rate", "x" * 64)
        left = messages
        async for _ in news:
            left -= 1
            if not left:
                return messages / (time.perf_counter() - start)


def measured(library="websockets"):
    """Return (connections that a GiB holds, messages that a core sends in a second), of docs/benchmarks.md: int each.

    The first is for idle connections without TLS and compression, the second for a broadcast of 64 bytes to 1,000.
    """
    rows = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))["rows"]
    kib = statistics.median(rows["server-memory"]["figures"][library])
    sent = statistics.median(rows["server-broadcast"]["figures"][library])
    return round(2**20 / kib), round(sent)


def plot_rates(rates):
    """Draw the messages a second of each hub, on a logarithmic axis. rates: {name: float}."""
    import matplotlib.pyplot as plt  # a third of a second, so only where it is needed

    _, panel = plt.subplots(figsize=(6, 1 + 0.5 * len(rates)), layout="constrained")
    bars = panel.barh(list(rates), list(rates.values()), color="#1f5fa8")
    panel.bar_label(bars, fmt="{:,.0f}", padding=3)
    panel.set_xscale("log")
    panel.set_xlim(100, 10 * max(rates.values()))
    panel.set_xlabel("messages per second, one after the other, to one subscriber")
    plt.show()

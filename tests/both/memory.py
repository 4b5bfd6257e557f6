"""Links without a network: the bytes of one connection handed to another, or written down. For both runtimes."""

import asyncio

from pocketws import connection as module
from pocketws.compat import MICROPYTHON
from pocketws.connection import Connection, Settings
from pocketws.link import wait_for
from pocketws.protocol import CLIENT, SERVER
from tests.both.wire import sent

SECONDS = 10  # for one test, which takes far less unless it hangs
STEPS = (("whole", 1 << 30), ("byte by byte", 1))  # CASES for tests over a pair of links


# ---------------------------------------------------------------- running a test


def run(coroutine):
    """Run `coroutine` to its end, and see that it leaves no task and no timer behind."""

    async def main():
        await wait_for(coroutine, SECONDS)
        await settle()
        assert not _left(), "left behind: %r" % _left()

    try:
        asyncio.run(main())
    finally:
        if MICROPYTHON:  # its only loop remembers
            asyncio.new_event_loop()


def _left():
    """Return what would still happen: tasks, and timers that are not cancelled. MicroPython tells one at most."""
    if MICROPYTHON:
        return asyncio.core._task_queue.peek()
    timers = [timer for timer in asyncio.get_running_loop()._scheduled if not timer.cancelled()]
    return timers + [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def asynchronous(test):
    """Make a test of a coroutine function: for pytest on CPython, for run.py on MicroPython."""

    def wrapped(*arguments, **named):
        run(test(*arguments, **named))

    if MICROPYTHON:
        return wrapped
    from functools import wraps  # which tells pytest the names of the arguments

    return wraps(test)(wrapped)


async def settle():
    """Let every task go on until it waits for something that has not happened."""
    for _ in range(10):
        await asyncio.sleep(0)


async def fails(error, awaitable):
    """Return the `error` that awaiting raises; fail if it raises none."""
    try:
        result = await awaitable
    except error as caught:
        return caught
    raise AssertionError("expected %s, but got %r" % (error.__name__, result))


def summary(error):
    """Return what a ConnectionClosed says: its class, rcvd, sent, rcvd_then_sent and __cause__."""
    return type(error), error.rcvd, error.sent, error.rcvd_then_sent, error.__cause__


async def cancelled(task):
    """Cancel `task`, and wait until it has ended by that."""
    await settle()
    assert not task.done(), "it does not wait for anything"
    task.cancel()
    await fails(asyncio.CancelledError, task)


class replaced:
    """A `with` block in which `module` has other names: replaced(module, clock=...)."""

    def __init__(self, module, **names):
        self.module = module
        self.names = names

    def __enter__(self):
        self.before = [(name, getattr(self.module, name)) for name in self.names]
        for name, value in self.names.items():
            setattr(self.module, name, value)

    def __exit__(self, kind, error, traceback):
        for name, value in self.before:
            setattr(self.module, name, value)


class Timers(replaced):
    """A `with` block in which no time passes: connections get their timers here, and a test lets them go off."""

    def __init__(self):
        super().__init__(module, call_later=self.call_later)
        self.set = []

    def __enter__(self):
        super().__enter__()
        return self

    def call_later(self, seconds, callback):
        timer = Timer(self.set, seconds, callback)
        self.set.append(timer)
        return timer

    @property
    def seconds(self):
        """What each timer that is set was set to."""
        return [timer.seconds for timer in self.set]

    def go_off(self):
        """Let the time pass of the one timer that is set."""
        (timer,) = self.set
        self.set.remove(timer)
        timer.callback()


class Timer:
    def __init__(self, timers, seconds, callback):
        self.timers = timers
        self.seconds = seconds
        self.callback = callback

    def cancel(self):
        if self in self.timers:
            self.timers.remove(self)


class Log:
    """Takes the place of `log`: writes down what would be logged."""

    def __init__(self):
        self.entries = []  # (level, text, error)

    def _add(self, level, text, values, error):
        self.entries.append((level, text % values, error))

    def info(self, text, *values):
        self._add("info", text, values, None)

    def warning(self, text, *values):
        self._add("warning", text, values, None)

    def error(self, text, *values, exc_info=None):
        self._add("error", text, values, exc_info)


class Parts:
    """An asynchronous iterator over `parts`, which waits for `gate` (Event) before the last one."""

    def __init__(self, parts, gate=None):
        self.parts = list(parts)
        self.gate = gate

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.parts:
            raise StopAsyncIteration
        if self.gate is not None and len(self.parts) == 1:
            await self.gate.wait()
        part = self.parts.pop(0)
        if isinstance(part, Exception):
            raise part
        return part


# ---------------------------------------------------------------- one connection: the test is the network


class Recorder:
    """A link that writes down what its connection asks for; a test calls feed() and lost() of that connection.

    data: bytes sent since the last frames(). calls: names of the other methods called.
    backlog: what pending() says. room: Event, which a test clears to let senders wait.
    """

    local_address = ("here", 1)
    remote_address = ("there", 2)

    def __init__(self, connection):
        self.connection = connection
        self.data = b""
        self.calls = []
        self.backlog = 0
        self.room = asyncio.Event()
        self.room.set()
        connection.made(self)

    def frames(self):
        """Return the frames sent since the last time: (opcode, payload, fin, rsv1)."""
        data, self.data = self.data, b""
        return sent(self.connection.protocol.role, data)

    def write(self, data):
        self.data += data

    def send(self, at_once=False):
        self.data += self.connection.data_to_send()
        return True

    async def drain(self):
        await self.room.wait()

    @property
    def blocked(self):
        return not self.room.is_set()

    def pending(self):
        return self.backlog

    def pause(self):
        self.calls.append("pause")

    def resume(self):
        self.calls.append("resume")

    def finish(self):
        self.calls.append("finish")

    def close(self):
        self.calls.append("close")

    def abort(self, error=None):
        self.calls.append("abort")


def settings(**changes):
    """Return Settings without any time-out or keepalive, but for the `changes`."""
    values = {
        "open_timeout": None,
        "ping_interval": None,
        "ping_timeout": None,
        "close_timeout": None,
        "max_size": 65536,
        "max_queue": 16,
        "write_limit": 32768,
    }
    values.update(changes)
    return Settings(**values)


def opened(role, **changes):
    """Return (connection, recorder): a connection of `role` right after its opening handshake."""
    connection = Connection(role, settings(**changes))
    recorder = Recorder(connection)
    connection._opened(None, (), b"")
    return connection, recorder


def give(connection, data, step=1 << 30):
    """Feed `data` to `connection`, in pieces of `step` bytes."""
    for at in range(0, len(data), step):
        connection.feed(data[at : at + step])


# ---------------------------------------------------------------- two connections


class MemoryLink:
    """One of two links whose bytes go to the other one, `step` bytes at a time.

    peer: the other. full: bool, while a test sets it the network takes nothing; then release().
    As on CPython, a link whose peer sends nothing more ends by itself, once all is sent.
    """

    local_address = ("memory", 1)
    remote_address = ("memory", 2)

    def __init__(self, connection, step):
        self.connection = connection
        self.peer = None
        self.full = False
        self._step = step
        self._arrived = b""
        self._held = b""  # what the network did not take
        self._paused = False
        self._peer_finished = False  # nothing comes after _arrived
        self._finished = False  # nothing more is sent after _held
        self._ended = False
        self._error = None
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def run(self):
        """Hand over what arrives, until one side ends: the task of this link."""
        told = False
        while not self._ended:
            if self._arrived and not self._paused:
                data, self._arrived = self._arrived[: self._step], self._arrived[self._step :]
                self.connection.feed(data)
                await asyncio.sleep(0)
            elif self._peer_finished and not self._paused and not told:
                told = True
                self.connection.ended()
            elif told and not self._held:
                break
            else:
                self._changed.clear()
                await self._changed.wait()
        self._ended = True
        self._room.set()
        self.peer._end()
        self.connection.lost(self._error)

    def _end(self):
        self._peer_finished = True
        self._changed.set()

    def write(self, data):
        self._held += data
        if self.full:
            self._room.clear()
        else:
            self.release()

    def release(self):
        """Let the network take what it has not taken yet."""
        self.full = False
        if not self._ended:
            self.peer._arrived += self._held
            self.peer._changed.set()
        self._held = b""
        self._room.set()
        self._changed.set()
        if self._finished:
            self.peer._end()

    def send(self, at_once=False):
        self.write(self.connection.data_to_send())
        return True

    async def drain(self):
        await self._room.wait()

    def pending(self):
        return len(self._held)

    @property
    def blocked(self):
        return self.full

    def pause(self):
        self._paused = True

    def resume(self):
        self._paused = False
        self._changed.set()

    def finish(self):
        self._finished = True
        if not self._held:
            self.peer._end()

    close = finish

    def abort(self, error=None):
        self._error = self._error or error
        self._ended = True
        self._changed.set()


def joined(connection, other, step=1 << 30):
    """Join two connections; return their links. What `other` does when it is made happens first."""
    links = MemoryLink(connection, step), MemoryLink(other, step)
    links[0].peer, links[1].peer = links[1], links[0]
    for link in (links[1], links[0]):
        link.connection.made(link)
        link.task = asyncio.create_task(link.run())
    return links


def pair(step=1 << 30, **changes):
    """Return (client, server): two connections right after the opening handshake, joined."""
    client, server = Connection(CLIENT, settings(**changes)), Connection(SERVER, settings(**changes))
    joined(client, server, step)
    client._opened(None, (), b"")
    server._opened(None, (), b"")
    return client, server


async def both_closed(client, server):
    """Close an open pair, and see that this is a clean end for both."""
    await client.close()
    await server.wait_closed()
    assert client.close_code == server.close_code == 1000

"""What the link for CPython does where its transport is in a state that a test with real sockets cannot bring about."""

import asyncio

import pytest

from pocketws.link_cpython import Link
from pocketws.protocol import SERVER, Protocol
from tests.network.helpers import run


class Transport:
    """As much of a transport as a link asks for."""

    def __init__(self, error=None, closing=False):
        self.calls = []
        self._error = error
        self._closing = closing

    def set_write_buffer_limits(self, high):
        self.calls.append(high)

    def can_write_eof(self):
        return True

    def write_eof(self):
        if self._error is not None:
            raise self._error

    def is_closing(self):
        return self._closing

    def write(self, data):
        self.calls.append(bytes(data))

    def abort(self):
        self.calls.append("abort")


class Connection:
    write_limit = 7

    def __init__(self):
        self.protocol = Protocol(SERVER)
        self.protocol.opened()

    def made(self, link):
        self.link = link

    def feed(self, data):
        self.protocol.receive_data(data)

    def lost(self, error):
        self.protocol.receive_eof()


def made(transport):
    connection = Connection()
    Link(connection).connection_made(transport)
    return connection.link


@pytest.mark.parametrize("name", ["finish", "close"])
def test_a_peer_that_has_reset_the_connection(name):
    """The system then refuses to end one direction, and nothing may come of that but the end."""

    async def main():
        for error, calls in ((None, [7]), (OSError(107, "not connected"), [7, "abort"])):
            transport = Transport(error)
            getattr(made(transport), name)()
            assert transport.calls == calls

    run(main())


@pytest.mark.parametrize("closing", [False, True])
def test_a_task_that_only_sends_lets_the_end_be_noticed(closing):
    async def main():
        link = made(Transport(closing=closing))
        assert link.send() == closing
        noticed = []
        asyncio.get_running_loop().call_soon(noticed.append, True)
        await link.drain()
        assert noticed == [True]

    run(main())


ONE, TWO, THREE = b"\x81\x01a", b"\x81\x01b", b"\x81\x01c"


def sender(transport):
    """Return a link, and a function that sends a text over it and returns what the transport was given since."""
    link = made(transport)
    transport.calls.clear()

    def send(text, *at_once):
        link._connection.protocol.send_text(text)
        link.send(*at_once)
        return taken(transport)

    return link, send


def taken(transport):
    calls, transport.calls = transport.calls, []
    return calls


def test_the_first_message_goes_out_at_once_and_others_together_in_the_next_turn():
    async def main():
        transport = Transport()
        link, send = sender(transport)
        assert send("a") == [ONE]
        assert send("b") == [] == send("c")
        await asyncio.sleep(0)
        assert b"".join(taken(transport)) == TWO + THREE
        assert send("a") == [ONE], "a new turn has begun"
        assert send("b") == []
        await asyncio.sleep(0)
        assert taken(transport) == [TWO]

    run(main())


def test_what_comes_in_is_answered_at_once():
    async def main():
        transport = Transport()
        link, send = sender(transport)
        for _ in range(3):
            buffer = link.get_buffer(-1)
            buffer[:6] = b"\x81\x80abcd"
            link.buffer_updated(6)
            assert send("a") == [ONE]

    run(main())


def test_what_waits_goes_out_before_what_is_large_or_urgent_and_at_a_limit():
    async def main():
        transport = Transport()
        link, send = sender(transport)
        assert send("a") == [ONE] and send("b") == []
        assert b"".join(send("x" * 3000)).startswith(TWO + b"\x81\x7e\x0b\xb8xxx")
        assert send("a") == []
        assert b"".join(send("b", True)) == ONE + TWO
        waiting = 0
        while not send("c"):
            waiting += 1
        assert 8 < waiting < 64
        await asyncio.sleep(0)
        assert taken(transport) == []

    run(main())


@pytest.mark.parametrize("end", ["finish", "close", "abort"])
def test_what_waits_goes_out_before_the_end(end):
    async def main():
        transport = Transport()
        link, send = sender(transport)
        assert send("a") == [ONE] and send("b") == []
        getattr(link, end)()
        assert taken(transport) == [TWO] + ["abort"] * (end == "abort")

    run(main())


def test_nothing_is_written_after_the_end():
    async def main():
        transport = Transport()
        link, send = sender(transport)
        assert send("a") == [ONE] and send("b") == []
        link.connection_lost(None)
        taken(transport)
        await asyncio.sleep(0)
        assert taken(transport) == []

    run(main())

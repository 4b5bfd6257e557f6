"""What the link for CPython does where its transport is in a state that a test with real sockets cannot bring about."""

import asyncio

import pytest

from pocketws.link_cpython import Link
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

    def abort(self):
        self.calls.append("abort")


class Connection:
    write_limit = 7

    def made(self, link):
        self.link = link


def made(transport):
    connection = Connection()
    Link(connection).connection_made(transport)
    return connection.link


@pytest.mark.parametrize("name", ["finish", "close"])
def test_a_peer_that_has_reset_the_connection(name):
    """The system then refuses to end one direction, and nothing may come of that but the end."""
    for error, calls in ((None, [7]), (OSError(107, "not connected"), [7, "abort"])):
        transport = Transport(error)
        getattr(made(transport), name)()
        assert transport.calls == calls


@pytest.mark.parametrize("closing", [False, True])
def test_a_task_that_only_sends_lets_the_end_be_noticed(closing):
    async def main():
        link = made(Transport(closing=closing))
        noticed = []
        asyncio.get_running_loop().call_soon(noticed.append, True)
        await link.drain()
        assert noticed == [True] * closing

    run(main())

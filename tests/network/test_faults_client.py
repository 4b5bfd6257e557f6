"""What our client makes of servers that do wrong: on CPython, and the same program on MicroPython."""

import contextlib
import socket

import pytest

from tests.network.faulty_servers import FAULTS, PATIENT
from tests.network.helpers import run
from tests.network.raw import RawServer
from tests.network.subjects import RUNTIMES, client_outcomes

IDS = [case.name for case in FAULTS]
RECEIVE_BUFFER = 4096


@pytest.fixture(autouse=True)
def silence(caplog):
    """None of this is the program's fault, so nothing is logged."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call")] == []


async def play(runtime, cases):
    """Return, for each of the `cases`, what the client sees, and what the server saw of it."""
    servers = [RawServer(case.script, RECEIVE_BUFFER) for case in cases]
    async with contextlib.AsyncExitStack() as stack:
        for server in servers:
            await stack.enter_async_context(server)
        todo = [(server.url, case.options) for server, case in zip(servers, cases, strict=True)]
        outcomes = await client_outcomes(runtime, todo)
    return [(seen, server.results) for seen, server in zip(outcomes, servers, strict=True)]


@pytest.mark.parametrize("case", FAULTS, ids=IDS)
def test_client(case):
    assert run(play("cpython", [case])) == [(case.outcome, case.wire)]


@pytest.fixture(scope="module")
def on_board():
    """All of that in one program on MicroPython."""
    return dict(zip(IDS, run(play("micropython", FAULTS)), strict=True))


@pytest.mark.parametrize("case", FAULTS, ids=IDS)
def test_client_on_micropython(case, on_board):
    assert on_board[case.name] == (case.outcome, case.wire)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_no_server(runtime):
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        return await client_outcomes(runtime, [(f"ws://127.0.0.1:{port}/", PATIENT)])

    assert run(main()) == [["OSError", ""]]

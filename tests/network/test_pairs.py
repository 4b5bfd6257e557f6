"""The same programs on `websockets` and on `pocketws`: only the name in their imports changes.

Each file in programs/ is a server and a client as one would write them for `websockets`. Its
docstring says what each of them prints, and how often something is logged as an error. Each
runs in all four pairs, and has to print just that in each.

    async def server(ready)     starts one server or several, and awaits ready(server, ...):
                                until the client has ended, or with wait=False not at all
    async def client(url, ...)  is given the address of each
"""

import asyncio
import logging
import os
import re
import socket
from pathlib import Path

import pytest

from tests.network.helpers import run

pytest_plugins = "tests.certificates"

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
LIBRARIES = ("websockets", "pocketws")


def load(path, library):
    """Return (the names of the program at `path` on `library`, the list of the lines that it prints)."""
    lines = []

    def show(*words, sep=" ", end="\n"):
        lines.append(sep.join(map(str, words)))

    source = path.read_text(encoding="utf-8")
    changed, lines_changed = re.subn(r"^from websockets import", f"from {library} import", source, flags=re.MULTILINE)
    assert lines_changed == 1, "one line, and only one, imports the library"
    names = {"__name__": path.stem, "print": show}
    exec(compile(changed, path, "exec"), names)
    return names, lines


def promised(names, who):
    """Return the list of the lines that the docstring says `who` prints."""
    return re.findall(rf"^{who}: (.*)$", names["__doc__"], flags=re.MULTILINE)


async def together(server, client):
    """Run the server, and the client beside it."""
    started = asyncio.get_running_loop().create_future()
    ended = asyncio.Event()

    async def ready(*servers, wait=True):
        started.set_result([address(server) for server in servers])
        if wait:
            await ended.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(server(ready))
        await client(*await started)
        ended.set()


def address(server):
    host, port = server.sockets[0].getsockname()[:2]
    return ("ws://[%s]:%d" if ":" in host else "ws://%s:%d") % (host, port)


def find_ipv6():
    """Skip the test where this machine has no IPv6; in continuous integration, fail it."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        reason = f"no IPv6 on this machine: {error}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.parametrize("client", LIBRARIES)
@pytest.mark.parametrize("server", LIBRARIES)
@pytest.mark.parametrize("path", PROGRAMS, ids=[path.stem for path in PROGRAMS])
def test_program(path, server, client, caplog, certificates, monkeypatch):
    if path.stem == "ipv6":
        find_ipv6()
    caplog.set_level(logging.ERROR)
    monkeypatch.chdir(certificates)  # there, a program for TLS finds its files
    server_names, server_lines = load(path, server)
    client_names, client_lines = load(path, client)
    run(together(server_names["server"], client_names["client"]))
    assert client_lines == promised(client_names, "client")
    assert server_lines == promised(server_names, "server")
    assert len(caplog.records) == len(promised(server_names, "log")), caplog.text

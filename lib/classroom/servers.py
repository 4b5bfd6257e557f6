"""WebSocket servers that a notebook cell starts and stops.

    url = await servers.start("echo", handler)      # run the cell again: the old one makes room
    ...
    await servers.stop("echo")                      # or servers.stop_all()

Each listens on a free port of 127.0.0.1, so nothing in the course minds which ports are
taken, and no other machine can reach it. The kernel's end is their end.
"""

import asyncio

from websockets.asyncio.server import Server, serve

HOST = "127.0.0.1"
SECONDS = 2  # how long a server waits for its connections to close

_running = {}  # name: Server
_pulse = None  # the task that lets the Stop button work


async def start(name, handler, **options):
    """Start a `websockets` server and return its URL, a str such as "ws://127.0.0.1:49152/".

    name: str, for `stop`; a server of this name that still runs is stopped first.
    handler: coroutine function that takes the connection. options: as for
        `websockets.serve`, such as process_request or max_size. With `ssl`, the URL is wss.
    """
    await stop(name)
    options = {"host": HOST, "port": 0, "close_timeout": SECONDS} | options
    server = _running[name] = await serve(handler, **options)
    _beat()
    scheme = "wss" if options.get("ssl") else "ws"
    return f"{scheme}://{address(server)}/"


async def listen(name, callback):
    """Start a plain TCP server, and return its address, a str such as "127.0.0.1:49152".

    callback: coroutine function that takes a StreamReader and a StreamWriter, as for
        `asyncio.start_server`. For the lessons that speak HTTP, or WebSocket by hand.
    """
    await stop(name)
    server = _running[name] = _Plain(callback)
    await server.open()
    _beat()
    return address(server)


def address(server):
    """Return "host:port" of a running server."""
    host, port = server.sockets[0].getsockname()[:2]
    return f"{host}:{port}"


async def stop(name):
    """Stop the server `name` and close its connections. A name that does not run is no error."""
    server = _running.pop(name, None)
    if server is not None:
        server.close()
        await server.wait_closed()
    if not _running:
        await _rest()


async def stop_all():
    """Stop every server that this kernel runs."""
    for name in list(_running):
        await stop(name)


def running():
    """Return the names of the servers that run, in the order of their start."""
    return list(_running)


def connections(name):
    """Return how many connections the server `name` has: int. Raises KeyError if it does not run."""
    server = _running[name]
    return len(server.connections) if isinstance(server, Server) else len(server.tasks)


class _Plain:
    """An asyncio server that takes its connections along when it closes."""

    def __init__(self, callback):
        self.callback = callback
        self.tasks = set()

    async def open(self):
        self.server = await asyncio.start_server(self._serve, HOST, 0)
        self.sockets = self.server.sockets

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        try:
            await self.callback(reader, writer)
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            pass  # the lesson is over, or the other side is gone: no traceback under some later cell
        finally:
            self.tasks.discard(task)
            writer.close()

    def close(self):
        self.server.close()
        for task in self.tasks:
            task.cancel()

    async def wait_closed(self):
        while self.tasks:
            await asyncio.wait(self.tasks, timeout=SECONDS)


def _beat():
    """Keep the event loop waking up.

    The Stop button sends a signal, and an event loop acts on it only with its next event.
    A cell that awaits something that never comes would wait on: measured, it does.
    """
    global _pulse
    if _pulse is None or _pulse.done():
        _pulse = asyncio.create_task(_tick(), name="classroom pulse")


async def _tick():
    while True:  # noqa: ASYNC110 - there is no event to wait for: waking up is the point
        await asyncio.sleep(0.2)


async def _rest():
    global _pulse
    if _pulse is not None:
        _pulse.cancel()
        await asyncio.wait([_pulse])
        _pulse = None

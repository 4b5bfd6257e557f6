"""A Redis of one's own for a lesson or a test: a real redis-server, which keeps nothing on disk.

async with redis_server.running() as redis:
    hub = open_hub(redis.url)
    await redis.kill()             # as a crash does
    await redis.start()            # at the same address, without a memory of before

It listens at no port, but at a Unix socket in a folder that only its owner may enter: a Redis without a password
obeys everyone who reaches it, and on a shared machine, everyone reaches 127.0.0.1.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

INSTALL = "your system's package redis (Debian, Ubuntu: redis-server; macOS: brew install redis)"
SECONDS = 10  # for a server to answer
READY = b"eady to accept connections"  # "Ready" or "ready": versions differ


def find():
    """Return the path of a redis-server on the PATH as a str, or None."""
    return shutil.which("redis-server")


_lessons = None  # the server that start() gave


async def start():
    """Return what the lesson uses: a new RedisServer, or a Foreign one where REDIS_URL is set, or None, and say why.

    The one that this function started before is ended first. stop() ends it in any case.
    """
    global _lessons
    await stop()
    if find() is not None:
        _lessons = RedisServer()
        await _lessons.start()
        return _lessons
    if os.environ.get("REDIS_URL"):
        print(f"No redis-server here, so none can be killed. REDIS_URL is taken for the rest. To have one: {INSTALL}.")
        return Foreign(os.environ["REDIS_URL"])
    print(f"No redis-server here: the cells that need it show nothing. To have one, install {INSTALL}.")
    return None


async def stop():
    """End the server that start() started. None is no error."""
    global _lessons
    server, _lessons = _lessons, None
    if server is not None:
        await server.end()


def stopped():
    """Tell whether nothing runs that start() started: bool."""
    return _lessons is None


class Foreign:
    """A Redis that belongs to somebody else, so that it is not killed here. url: str."""

    own = False

    def __init__(self, url):
        self.url = url


@contextlib.asynccontextmanager
async def running():
    """Run a redis-server for as long as the block lasts; give a RedisServer. Raises FileNotFoundError without one."""
    if find() is None:
        raise FileNotFoundError(f"There is no redis-server: install {INSTALL}.")
    server = RedisServer()
    try:
        await server.start()
        yield server
    finally:
        await server.end()


class RedisServer:
    """A redis-server, which can be killed and started again. url: str, such as "unix:///tmp/redis-x/socket"."""

    own = True

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="redis-")  # mode 700
        self._socket = Path(self._folder.name) / "socket"
        self._process = None
        self.url = f"unix://{self._socket}"

    def command(self):
        """Return what starts it, a list of str."""
        options = {"port": "0", "unixsocket": str(self._socket), "save": "", "appendonly": "no"}
        return [find(), *(part for name, value in options.items() for part in (f"--{name}", value))]

    async def start(self):
        """Start it, and wait until it answers. Raises RuntimeError with its last words if it does not."""
        self._process = await asyncio.create_subprocess_exec(
            *self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        words = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                async for line in self._process.stdout:
                    words += line
                    if READY in line:
                        return
        await self.kill()
        raise RuntimeError(f"redis-server did not start: {words.decode(errors='replace')[-500:]}")

    async def kill(self):
        """Kill it, as a crash does. One that does not run is no error."""
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def end(self):
        """Kill it, and remove its folder. It cannot be started again."""
        await self.kill()
        self._folder.cleanup()

"""The complete programs in notebooks/scripts/, run as a terminal would: each in a process of its own.

    async with scripts.running("echo_server.py") as script:
        async with connect(script.url) as connection:
            ...
        script.lines                        # what it printed and logged

    outcome = await scripts.run("hello_client.py", "--url", url)
    outcome.printed, outcome.error

A server prints the address it listens at as its first line, such as ws://127.0.0.1:49152/
or http://127.0.0.1:49152/, and flushes it. A script that lies in scripts/ of the current
folder, such as the student's own copy, is taken before the course's.
"""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from .start import run_python
from .workspace import ROOT

FOLDER = ROOT / "notebooks" / "scripts"
LAST = 12  # lines shown of a script that died
LONGEST = 2**24  # bytes in a line, beyond which its reading ends
LIBRARIES = ("websockets", "pocketws")

# Runs the script argv[1] on the library argv[2]. __file__ and the first place of imports are as in a usual run.
_ON_ANOTHER_LIBRARY = """
import os, sys
from classroom.scripts import on
path, library = sys.argv[1:3]
sys.argv[:3] = [path]
sys.path[0] = os.path.dirname(path)
with open(path, encoding="utf-8") as file:
    code = compile(on(library, file.read()), path, "exec")
exec(code, {"__name__": "__main__", "__file__": path})
"""


def path(name):
    """Return the Path of the script `name`, a str such as "echo_server.py". Raises LookupError if there is none.

    A Path is taken as it is, for scripts that lie elsewhere.
    """
    if isinstance(name, Path):
        return name
    for folder in (Path.cwd() / "scripts", FOLDER):
        if (folder / name).is_file():
            return folder / name
    known = ", ".join(sorted(found.name for found in FOLDER.glob("*.py")))
    raise LookupError(f"There is no script {name!r}. Scripts: {known}.")


def source(name):
    """Return the text of the script `name`."""
    return path(name).read_text(encoding="utf-8")


def definition(text, name):
    """Return the lines of `text`, Python source, that define the function or class `name`. Raises LookupError.

    From the line of its def to its last line; a decorator is not part of it.
    """
    found = re.search(rf"^(async def|def|class) {re.escape(name)}\b.*\n(([ \t].*)?\n)*", text + "\n", re.MULTILINE)
    if found is None:
        raise LookupError(f"Nothing here defines {name!r}.")
    return found[0].strip()


def on(library, text):
    """Return `text`, Python source, with "from websockets import ..." changed to import from `library`.

    Other imports of websockets stay: pocketws has no such modules. Raises ValueError for a library that is neither.
    """
    if library not in LIBRARIES:
        raise ValueError(f"library is one of {', '.join(LIBRARIES)}, not {library!r}")
    return re.sub(r"^(\s*from )websockets( import )", rf"\g<1>{library}\g<2>", text, flags=re.MULTILINE)


async def run(name, *arguments, seconds=20, library="websockets"):
    """Run the script `name` to its end; return its Outcome, as `start.run_script` does.

    arguments: str each, as in a terminal. seconds: float; after that it is killed, and TimeoutError raised.
    library: "websockets" or "pocketws", from which the script imports.
    """
    return await run_python(*_command(name, arguments, library), seconds=seconds)


@contextlib.asynccontextmanager
async def running(name, *arguments, seconds=20, library="websockets", url=True):
    """Run the script `name` for as long as the block lasts; give a Script.

    arguments, library: as for `run`. seconds: float, how long it may take to say where it listens.
    url: bool; False for a script that says no address, such as a client: the block begins at once.

    Raises RuntimeError with the last lines of a script that dies, instead of what went wrong in the block
    because of it; TimeoutError if it does not say in time where it listens. In any case it is gone afterwards.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *_command(name, arguments, library)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        limit=LONGEST,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},  # as in most terminals
    )
    script = Script(name, process)
    try:
        if url:
            await script._listening(seconds)
        try:
            yield script
        except Exception as error:
            if await script._dies_soon():
                raise script._death() from error
            raise
        if script._died():
            raise script._death()
    finally:
        await script._end()


class Script:
    """A script that runs.

    url: str, where it listens, such as "ws://127.0.0.1:49152/"; "" before it said so.
    lines: list of str, what it printed and logged so far, without the ends of lines.
    """

    def __init__(self, name, process):
        self.name, self.url, self.lines = name, "", []
        self._process = process
        self._news = asyncio.Event()  # replaced with every line, so that each waiting task sees each line
        self._stopped = False  # by us, so that its exit code is no fault
        self._readers = [
            asyncio.create_task(self._read(stream), name=f"reader of {name}")
            for stream in (process.stdout, process.stderr)
        ]

    async def seen(self, text, seconds=5, count=1):
        """Wait until `text` stands in `count` of the lines; return the last of these lines.

        Raises TimeoutError after `seconds`, and RuntimeError if the script ends before, both with its last lines.
        """
        found = await self._until(lambda: len(self._holding(text)) >= count, seconds)
        if not found:
            raise self._death() if self._over() else TimeoutError(f"{text!r} did not come. {self._tail()}")
        return self._holding(text)[count - 1]

    async def stop(self, number=signal.SIGTERM, seconds=10):
        """Send the script a signal, wait for its end, and return its exit code: int, -15 if SIGTERM killed it.

        signal.SIGINT is what Ctrl+C sends. Raises TimeoutError after `seconds`.
        """
        self._stopped = True
        if self._process.returncode is None:
            self._process.send_signal(number)
        if not await self._until(lambda: False, seconds) and not self._over():
            raise TimeoutError(f"{self.name} goes on after signal {number}. {self._tail()}")
        return await self._process.wait()

    async def _read(self, stream):
        """Add what comes from `stream` to the lines; take the address from the first that is printed."""
        first = stream is self._process.stdout
        async for line in stream:
            line = line.decode(errors="replace").rstrip("\r\n")
            found = re.search(r"(?:ws|http)(s?://\S+)", line) if first else None
            if found:
                self.url = f"ws{found[1]}"
            first = False
            self.lines.append(line)
            self._tell()

    def _tell(self):
        self._news.set()
        self._news = asyncio.Event()

    def _over(self):
        """Tell whether everything that the script said has been read, as is so after its end."""
        return all(reader.done() for reader in self._readers)

    async def _until(self, condition, seconds):
        """Wait until `condition()` holds, or the script is over, or `seconds` have passed; return what it says."""
        end = asyncio.get_running_loop().time() + seconds
        while not condition() and not self._over():
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                break
            news = asyncio.ensure_future(self._news.wait())
            open_readers = [reader for reader in self._readers if not reader.done()]
            try:
                await asyncio.wait([news, *open_readers], timeout=left, return_when=asyncio.FIRST_COMPLETED)
            finally:
                news.cancel()
        return condition()

    def _holding(self, text):
        return [line for line in self.lines if text in line]

    async def _listening(self, seconds):
        if not await self._until(lambda: self.url, seconds):
            if self._over():
                await self._process.wait()
                raise self._death()
            raise TimeoutError(f"{self.name} did not say where it listens. {self._tail()}")

    def _died(self):
        return not self._stopped and self._process.returncode not in (None, 0)

    async def _dies_soon(self):
        """Tell whether the script died. What it did to its connections may be seen before its end is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await self._process.wait()
        return self._died()

    def _death(self):
        return RuntimeError(f"{self.name} ended with exit code {self._process.returncode}. {self._tail()}")

    def _tail(self):
        """Return the last lines, in words for an error."""
        if not self.lines:
            return "It printed nothing."
        return "\n".join(["Its last lines:", *self.lines[-LAST:]])

    async def _end(self):
        """Kill the script if it still runs, and wait for it and for its readers."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await asyncio.wait(self._readers)


def _command(name, arguments, library):
    """Return what Python needs to run the script."""
    file = str(path(name))
    if library == "websockets":
        return [file, *arguments]
    on(library, "")  # raises for an unknown library here, not in another process
    return ["-c", _ON_ANOTHER_LIBRARY, file, library, *arguments]

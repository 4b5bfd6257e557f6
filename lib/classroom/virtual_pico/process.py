"""MicroPython itself: the process that plays the board, and the terminal that it reads and writes."""

import asyncio
import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import termios
import time
import tty
from pathlib import Path

from . import moment

FIRMWARE = Path(__file__).parent / "firmware" / "_boot.py"
CHUNK = 1024  # bytes written at once: a terminal's queue holds 4 KiB
PATIENCE = 0.2  # seconds between two interrupts: a second one, while the first waits, ends MicroPython
HURRY = 5  # seconds after which an interrupt no longer waits for a good moment: a program may never come to one
UNSURE = 0.5  # the same, where nobody can tell which moment is good

# MicroPython's REPL clears all flags of its terminal while it reads a line. So this one, which
# has no effect here, tells that a program runs instead, unless that came in raw paste mode.
_RUNNING = termios.ECHOK
_HAS_PROC = Path("/proc/self/status").exists()
_to_thread = getattr(ctypes.CDLL(None), "tgkill", None)  # of Linux: a signal for one thread


class Process:
    """One start of the board: from its reset to the next.

    command: list of str that starts MicroPython. settings: dict for the firmware, which goes
    there in the file `path`, as MicroPython takes no argument above 255 bytes.
    output: callable(data) for what the board prints; told: callable(words) for what _board.tell()
    tells; ended: callable() when the process is gone. Raises OSError if it cannot start.
    """

    def __init__(self, command, path, settings, output, told, ended):
        self._output, self._told, self._ended = output, told, ended
        self._outbox = b""  # what the host typed, and the process has not read
        self._words = b""
        self._interruptible = True
        self._interrupted = 0.0
        self._asked = None  # when an interrupt began to wait for a good moment
        self._loop = asyncio.get_running_loop()
        self._terminal, theirs = os.openpty()
        events, their_events = socket.socketpair()
        interrupts, their_interrupts = socket.socketpair()
        try:
            _make_plain(theirs)
            fds = [their_events.fileno(), their_interrupts.fileno()]
            Path(path).write_text(json.dumps({**settings, "events": fds[0], "interrupts": fds[1]}))
            self._child = subprocess.Popen(
                [*command, "-i", str(FIRMWARE), path],
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                pass_fds=fds,
                start_new_session=True,
                cwd="/",
                env={name: value for name, value in os.environ.items() if not name.startswith("MICROPY")},
            )
        except BaseException:
            os.close(self._terminal)
            events.close()
            interrupts.close()
            raise
        finally:
            os.close(theirs)
            their_events.close()
            their_interrupts.close()
        self._events, self._interrupts = events, interrupts
        for fd in (self._terminal, events.fileno(), interrupts.fileno()):
            os.set_blocking(fd, False)
        self._loop.add_reader(self._terminal, self._read)
        self._loop.add_reader(events, self.read_events)

    # ---- from the board

    def _read(self):
        try:
            data = os.read(self._terminal, 4096)
        except BlockingIOError:
            return
        except OSError:  # EIO: the process is gone
            data = b""
        if data:
            self._output(data)
        else:
            self.read_events()
            if self._events.fileno() >= 0:  # else it was told, and is done
                self.close()
                self._ended()

    def read_events(self):
        """Take what the board told. Before the host's input is judged, this is called for what may matter to it."""
        try:
            while data := self._events.recv(65536):
                *lines, self._words = (self._words + data).split(b"\n")
                for line in lines:
                    words = json.loads(line)
                    if words[0] == "kbd_intr":
                        self._interruptible = words[1] == 3
                    else:
                        self._told(words)
                if self._events.fileno() < 0:
                    return  # a reset was told
        except (BlockingIOError, ConnectionResetError):
            return
        if self._events.fileno() >= 0:
            self._loop.remove_reader(self._events)

    # ---- to the board

    def write(self, data):
        """Type `data` (bytes) on the board's terminal."""
        self._outbox += data
        self._flush()

    def _flush(self):
        try:
            while self._outbox:
                self._outbox = self._outbox[os.write(self._terminal, self._outbox[:CHUNK]) :]
        except BlockingIOError:
            self._loop.add_writer(self._terminal, self._flush)
            return
        except OSError:
            self._outbox = b""  # it ends
        self._loop.remove_writer(self._terminal)

    def interrupt(self, is_executing):
        """Do what Ctrl-C does on a board. Return True when it is done, and None if it must be tried again in a moment.

        Return False if it is no interrupt just now, but a key like any other.
        is_executing: bool, whether a host has sent a program that has not come to its end.
        """
        self.read_events()
        if self._events.fileno() < 0 or not self._interruptible:
            return False
        if not _HAS_PROC:
            is_program = is_executing or bool(termios.tcgetattr(self._terminal)[3] & _RUNNING)
            if is_program:
                self._send_interrupt()
            return is_program
        # At a prompt the signal would end MicroPython, and at some moments do harm: it stands still meanwhile.
        self._child.send_signal(signal.SIGSTOP)
        try:
            # WNOWAIT leaves the exit code to the others.
            os.waitid(os.P_PID, self._child.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            return self._interrupt_if_good()
        finally:
            self._child.send_signal(signal.SIGCONT)

    def _interrupt_if_good(self):
        if not self._catches_interrupts():
            self._asked = None
            return False
        if self._asked is None:
            self._asked = time.monotonic()
        is_good = moment.is_good(self._child.pid)
        if not is_good and time.monotonic() - self._asked < (UNSURE if is_good is None else HURRY):
            return None
        self._asked = None
        self._send_interrupt()
        return True

    def _catches_interrupts(self):
        """Tell whether the process catches the signal: it does while a program runs, and not at a prompt."""
        lines = Path(f"/proc/{self._child.pid}/status").read_text().splitlines()
        caught = next((line.split()[1] for line in lines if line.startswith("SigCgt:")), "0")  # none: it has ended
        return bool(int(caught, 16) >> (signal.SIGINT - 1) & 1)

    def missed(self):
        """The last interrupt did not reach the program: the next one needs no patience."""
        self._interrupted = 0.0

    def _send_interrupt(self):
        if time.monotonic() - self._interrupted <= PATIENCE:
            return
        self._interrupted = time.monotonic()
        if _to_thread is not None:
            _to_thread(self._child.pid, self._child.pid, signal.SIGINT)  # the first thread has its process's number
        else:
            self._child.send_signal(signal.SIGINT)

    def interrupt_pin(self, kind, number, argument):
        """Let an interrupt of this kind happen on the board; it is lost if the board has too many of them."""
        try:
            self._interrupts.send(json.dumps((kind, number, argument)).encode() + b"\n")
        except OSError:
            pass

    # ---- the end

    def close(self):
        """End the process, like a cut of its power, and wait for its end. A second call does nothing."""
        if self._events.fileno() < 0:
            return
        for fd in (self._terminal, self._events):
            self._loop.remove_reader(fd)
        self._loop.remove_writer(self._terminal)
        self._child.kill()
        self._child.wait()
        os.close(self._terminal)
        self._events.close()
        self._interrupts.close()


def _make_plain(terminal):
    """Switch off all that a terminal does to what passes it, and mark it."""
    tty.setraw(terminal)
    attributes = termios.tcgetattr(terminal)
    attributes[3] = _RUNNING
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)


def lock(file):
    """Keep others from using the same flash. Raises BlockingIOError if one does."""
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

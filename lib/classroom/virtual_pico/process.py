"""MicroPython itself: the process that plays the board, and the terminal that it reads and writes."""

import asyncio
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

FIRMWARE = Path(__file__).parent / "firmware" / "_boot.py"
CHUNK = 1024  # bytes written at once: a terminal's queue holds 4 KiB
PATIENCE = 0.2  # seconds between two interrupts: a second one, while the first waits, ends MicroPython

# MicroPython's REPL clears all flags of its terminal while it reads a line. So this one, which
# has no effect here, tells that a program runs instead, unless that came in raw paste mode.
_RUNNING = termios.ECHOK
_HAS_PROC = Path("/proc/self/status").exists()


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
        """Do what Ctrl-C does on a board. Return False if it is no interrupt just now, but a key like any other.

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
        status = self._status()
        if int(status["Threads"]) > 1:
            # Only of a process that does not stand still the system gives the signal to the main thread.
            return self._interrupt_if(status)
        # At a prompt the signal would end MicroPython: it stands still while this is found out.
        self._child.send_signal(signal.SIGSTOP)
        try:
            # WNOWAIT leaves the exit code to the others.
            os.waitid(os.P_PID, self._child.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            return self._interrupt_if(self._status())
        finally:
            self._child.send_signal(signal.SIGCONT)

    def _status(self):
        lines = Path(f"/proc/{self._child.pid}/status").read_text().splitlines()
        return {"SigCgt": "0", "Threads": "1"} | dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    def _interrupt_if(self, status):
        """Send the signal if the process, which has this status, catches it. Return whether it does."""
        is_program = bool(int(status["SigCgt"], 16) >> (signal.SIGINT - 1) & 1)
        if is_program:
            self._send_interrupt()
        return is_program

    def interrupt_again(self):
        """The last interrupt hit the thread of the pins' interrupts; the program is to have it."""
        self._interrupted = 0.0
        self._send_interrupt()

    def _send_interrupt(self):
        if time.monotonic() - self._interrupted > PATIENCE:
            self._interrupted = time.monotonic()
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

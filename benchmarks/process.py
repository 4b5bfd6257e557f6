"""Processes that a benchmark starts: each on its CPU, and none left when it ends."""

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
from collections import namedtuple
from pathlib import Path

import psutil  # ipykernel brings it

ROOT = Path(__file__).parent.parent
PATIENCE = 60  # seconds for any one answer of a program


# What a Group measures: the figure of the row; the share of the time for which the peer had a CPU; and the CPU time of
# the other side, as a share of the peer's: below 1, the peer is what is slow. The last two may be None: not known.
Measured = namedtuple("Measured", "figure busy other", defaults=(None, None))


class Failed(Exception):
    """A peer did not do its part; the text says how far it came."""


# Those that we may choose from, before anything is bound; none where a process cannot be bound to one.
CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def bind(pid, cores, other=None):
    """Bind process `pid`, which is measured, and the `other` (pid; None: us) to one CPU, or to one each.

    cores: 1 or 2. On one CPU, the sum of both sides' work counts, and not how fast a sleeping CPU wakes up.
    """
    if CPUS:
        os.sched_setaffinity(pid, CPUS[:1])
        os.sched_setaffinity(other or 0, CPUS[:1] if cores == 1 else CPUS[-1:])


def allow_files(count):
    """Let us and what we start open `count` files each, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def unbind():
    """Let us run on any CPU again."""
    if CPUS:
        os.sched_setaffinity(0, CPUS)


def cpu_seconds(pid):
    """Return the CPU time that a process has used so far: float, or None where there is no /proc that tells."""
    try:
        threads = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    except OSError:
        return None
    return sum(int(times.split()[0]) for times in threads) / 1e9 or None


def resident(pid):
    """Return the memory that a process holds, in KiB: float."""
    return psutil.Process(pid).memory_info().rss / 1024


class Program:
    """A running program, spoken to in lines.

    It ends when its standard input does, so it does not outlive us, however we end.
    """

    def __init__(self, name, process, log):
        self.name = name
        self.pid = process.pid
        self._process = process
        self._log = log

    def read(self):
        """Return its next line of JSON, decoded. Raises Failed when there is none, or when it is a string."""
        patience = threading.Timer(PATIENCE, self._process.kill)
        patience.start()
        try:
            line = self._process.stdout.readline()
        finally:
            patience.cancel()
        if not line:
            raise Failed(f"{self.name} ended with code {self._process.wait()}: {self.complaint()}")
        try:
            answer = json.loads(line)
        except ValueError:
            raise Failed(f"{self.name} printed {line!r}: {self.complaint()}") from None
        if isinstance(answer, str):
            raise Failed(f"{self.name}: {answer}")
        return answer

    def ask(self, *request):
        """Send it a request, and return its answer. Raises Failed."""
        with contextlib.suppress(BrokenPipeError):  # read() says why
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        return self.read()

    def complaint(self):
        """Return the last lines of what it wrote to its standard error: str."""
        self._log.seek(0)
        return " | ".join(self._log.read().strip().splitlines()[-3:])


@contextlib.contextmanager
def running(name, command, environment):
    """Run a program, as a Program, and end it with the block."""
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            yield Program(name, process, log)
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


def module(name, *arguments):
    """Return the command (list of str) that runs a module of ours."""
    return [sys.executable, "-m", name, *arguments]

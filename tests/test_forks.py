"""tests.forks: a fork is a program like any other, and a kernel that is one has nothing imported that a lesson uses."""

import os
import signal
import subprocess
import sys

import pytest

from tests.forks import Nursery
from tests.lighter import MODULES
from tests.notebook_rules import run_cells

SECONDS = 20

PROGRAM = """
import json, os, random, signal, sys
print(json.dumps({
    "arguments": sys.argv[1:], "name": __name__, "variable": os.environ["VARIABLE"],
    "cwd": os.getcwd(), "path": sys.path[0],
    "leader": os.getsid(0) == os.getpid(), "input": sys.stdin.read(), "random": random.random(),
    "interrupt": signal.getsignal(signal.SIGINT) is signal.default_int_handler, "shared": "wave" in sys.modules,
    "tests": [name for name in sys.modules if name.split(".")[0] == "tests"],
    "files": len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 4,
}))
sys.stderr.write("said")
sys.exit(3)
"""
WAITS = "import time\nprint('here', flush=True)\ntime.sleep(600)\n"


@pytest.fixture(scope="module")
def nursery():
    nursery = Nursery("wave")
    yield nursery
    nursery.close()


@pytest.fixture
def start(nursery, tmp_path):
    """Return a function that starts a program of this source, in a folder of its own; its output goes to a file."""

    def start(source, *arguments, **options):
        (tmp_path / "program.py").write_text(source)
        with open(tmp_path / "output", "wb") as output, open(tmp_path / "errors", "wb") as errors:
            return nursery.start("program", arguments, stdout=output, stderr=errors, cwd=tmp_path, **options)

    return start


def test_it_runs_as_python_m_would(start, tmp_path):
    found = []
    for _ in range(2):
        process = start(PROGRAM, "one", 2, env=os.environ | {"VARIABLE": "set"}, start_new_session=True)
        assert process.wait(SECONDS) == process.poll() == 3
        assert (tmp_path / "errors").read_text() == "said"
        found.append(eval((tmp_path / "output").read_text(), {"true": True, "false": False}))
    first, second = found
    assert first.pop("random") != second.pop("random")
    assert first == second
    assert first.pop("files") <= 4  # the three, and the folder that is listed
    assert first == {
        "arguments": ["one", "2"],
        "name": "__main__",
        "cwd": str(tmp_path),
        "path": str(tmp_path),
        "variable": "set",
        "leader": True,
        "input": "",
        "interrupt": True,
        "shared": True,
        "tests": [],
    }


def test_an_exception_is_told_as_ever(start, tmp_path):
    assert start("1 / 0").wait(SECONDS) == 1
    assert (tmp_path / "errors").read_text().rstrip().endswith("ZeroDivisionError: division by zero")


def test_it_can_be_waited_for_and_killed_by_its_number(start):
    process, other = start(WAITS), start(WAITS)
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.kill()
    assert process.wait(SECONDS) == -signal.SIGKILL
    process.terminate()  # does nothing now
    assert other.poll() is None
    other.terminate()
    assert other.wait(SECONDS) == -signal.SIGTERM


def test_without_its_mother_nothing_starts():
    nursery = Nursery("wave")
    nursery._process.kill()
    nursery._process.wait()
    with pytest.raises(OSError):
        nursery.start("this", [])
    nursery.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere kernels are no forks")
def test_a_kernel_has_imported_what_a_kernel_imports_and_no_more():
    (_, forked) = run_cells("import sys", "sorted(sys.modules)")
    program = f"import sys, {', '.join(MODULES)}; print(sorted(sys.modules))"
    own = set(eval(forked))
    shared = set(eval(subprocess.check_output([sys.executable, "-c", program], text=True)))
    assert len(own & shared) > 300
    assert not {name.split(".")[0] for name in own} & {
        "numpy",
        "matplotlib",
        "websockets",
        "pocketws",
        "classroom",
        "tests",
    }

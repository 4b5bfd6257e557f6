"""Every test of the project, and a summary: `python -m tests`, which `make test` calls.

    python -m tests              all of it
    python -m tests unit         only the steps named: lint, library, judges, unit, notebooks

Steps run at the same time, since many tests wait, for a kernel, a browser or a time-out; a
failing one does not stop the others. With CI set in the environment, a missing browser or
MicroPython is a failure; otherwise it is skipped, and the reason shown.

A busy machine can make a test fail that waits for a browser or a board. So up to five tests that
failed are tried once more when all steps have ended, alone; the summary names each that passed
only then. Nothing else has a second try: not the linter, the coverage, or a module with an error.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .failures import NOT_COLLECTED
from .thorough import THOROUGH

ROOT = Path(__file__).parent.parent
CELL_SECONDS = 60
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-p", "tests.lighter"]
PYTEST += ["-p", "tests.failures"]
MOST = 5  # failed tests that are tried again
# Workers. Most steps have one, and no overhead of sharing; of many, several wait while others compute.
ONE, MANY = ["-n", "0"], ["-n", str(min(5 * CORES // 2, 8))]
JUDGES = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/test_tasks_*.py"))  # of the exercises
ELSEWHERE = [f"--ignore={path}" for path in ("tests/both", "tests/network", *JUDGES)]
NBVAL = ["--nbval", f"--nbval-cell-timeout={CELL_SECONDS}"]
# The coverage of lib/pocketws: with THOROUGH only, since what is measured takes half as long again. These take longer
# still, and reach no line that the others do not.
UNMEASURED = ["tests/both/test_protocol_long.py", "tests/network/test_fuzz_server.py"]
UNMEASURED += ["tests/network/test_board_memory.py", "tests/network/test_wss_board_server.py"]
LIBRARY = [path.relative_to(ROOT) for folder in ("both", "network") for path in ROOT.glob(f"tests/{folder}/test_*.py")]
MEASURED = sorted(str(path) for path in LIBRARY if str(path) not in UNMEASURED)
COVERED = [
    [*PYTEST, *ONE, "-p", "no:nbval", "--cov=pocketws", "--cov-branch", "--cov-report=", *MEASURED],
    [sys.executable, "-m", "coverage", "report", "--fail-under=100"],
    [*PYTEST, *ONE, "-p", "no:nbval", *UNMEASURED],
]

STEPS = {
    "lint": [
        [sys.executable, "-m", "ruff", "check", "--quiet", "."],
        [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."],
    ],
    "library": COVERED if THOROUGH else [[*PYTEST, *ONE, "-p", "no:nbval", "tests/both", "tests/network"]],
    "judges": [[*PYTEST, *ONE, "-p", "no:nbval", *JUDGES]],
    "unit": [[*PYTEST, *MANY, "-p", "no:nbval", *ELSEWHERE, "tests"]],
    "notebooks": [[*PYTEST, *ONE, *NBVAL, "notebooks", "solutions", *(["exercises"] if THOROUGH else [])]],
}


def run(command, name):
    """Run a command, show each line of its output after the step's name, and return (exit code, output)."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = []
    for line in process.stdout:
        sys.stdout.write(f"{name:<10}{line}")  # one write, so that no other step's line gets in between
        sys.stdout.flush()
        lines.append(line)
    return process.wait(), "".join(lines)


def counts(output):
    """Return {"passed": 3, ...} from the last line in which pytest counts."""
    found = re.findall(r"(\d+) (passed|failed|skipped|errors?|xfailed)", (output.strip().splitlines() or [""])[-1])
    return {kind.rstrip("s") if kind.startswith("error") else kind: int(number) for number, kind in found}


class Step:
    """A step that has run. counts: {"passed": 3, ...}. failures: what of it to try again, as alone() returns it.

    ok: bool. is_hopeless: bool, whether it failed for more than tests. row: str, of the summary.
    """

    def __init__(self, name):
        start = time.perf_counter()
        self.counts, self.failures, self.is_hopeless = {}, [], False
        for command in STEPS[name]:
            self._run(command, name)
        self.counts["failed"] = self.counts.get("failed", 0) + self.counts.pop("error", 0)
        if not (self.counts.get("passed") or self.failures) and any("pytest" in command for command in STEPS[name]):
            self.is_hopeless = True  # no test at all: something else is wrong
        self.ok = not self.is_hopeless and not self.failures
        words = ", ".join(f"{number} {kind}" for kind, number in self.counts.items()) if name != "lint" else "ruff"
        seconds = time.perf_counter() - start
        self.row = f"{name:<12}{'passed' if self.ok else 'FAILED':<9}{seconds:6.1f} s   {words}"

    def _run(self, command, name):
        if "pytest" not in command:
            code, _ = run(command, name)
            self.is_hopeless |= code != 0
            return
        code, output, failed = run_tests(command, name)
        for kind, number in counts(output).items():
            self.counts[kind] = self.counts.get(kind, 0) + number
        self.is_hopeless |= code != 0 and (code != 1 or not failed or any(NOT_COLLECTED in line for line in failed))
        self.failures += dict.fromkeys(alone(test) for test in failed)


def run_tests(command, name):
    """Run a command of pytest; return (exit code, output, lines of its file of failures)."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "failures"
        file.touch()
        code, output = run([*command, f"--failures={file}"], name)
        return code, output, file.read_text(encoding="utf-8").splitlines()


def alone(test):
    """Return what to run of a test that failed: its node id; for a cell, which needs those before, the notebook."""
    path = test.split("::")[0]
    return path if path.endswith(".ipynb") else test


def again(tests):
    """Try failed tests once more, one after another; return those that do not pass."""
    failed = []
    for test in tests:
        how = NBVAL if test.endswith(".ipynb") else ["-p", "no:nbval"]
        code, output, _ = run_tests([*PYTEST, "-n", "0", *how, test], "again")
        found = counts(output)
        if code or found.get("skipped") or not found.get("passed"):
            failed.append(test)
    return failed


def main(names):
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        sys.exit(f"There is no step {unknown[0]!r}. Steps: {', '.join(STEPS)}.")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        done = list(pool.map(Step, names or STEPS))
    failures = [test for step in done for test in step.failures]
    is_hopeless = any(step.is_hopeless for step in done) or len(failures) > MOST
    if failures and not is_hopeless:
        print(f"\n== the second try of {len(failures)}, alone", flush=True)
    failed = failures if is_hopeless else again(failures)
    total = {kind: sum(step.counts.get(kind, 0) for step in done) for kind in ("passed", "failed", "skipped")}
    print("\n== summary", *(step.row for step in done), sep="\n")
    if total["skipped"]:
        print("Reasons for the skipped tests stand above, after SKIPPED.")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    for test in failures:
        if not is_hopeless:
            result = "FAILED twice" if test in failed else "passed on the second try, alone"
            print(f"{result}: {os.path.relpath(test, ROOT)}")
    return 1 if failed or is_hopeless else 0


if __name__ == "__main__":
    # Hundreds of Pythons start, workers and kernels: they need not each compile the project again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")  # silences a warning of jupyter_core in every kernel
    sys.exit(main(sys.argv[1:]))

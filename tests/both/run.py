"""The runner for MicroPython, from the project's root: `micropython tests/both/run.py NAME...`

Runs the test modules NAME with only lib/ and the root on the path, and prints the
traceback of each test that fails, then the counts. Exit code 1 if any failed.
"""

import gc
import sys

gc.threshold(8192)  # collect often: what the compiler leaves behind scatters over a small heap


def cases_of(module, name):
    """Return a list of argument tuples for the test called `name`."""
    cases = getattr(module, "CASES", {}).get(name)
    return [()] if cases is None else [(case,) for case in cases]


def run(names):
    passed = failed = 0
    for name in names:
        module = getattr(__import__("tests.both." + name).both, name)
        for test in sorted(dir(module)):
            if not test.startswith("test_"):
                continue
            for args in cases_of(module, test):
                try:
                    getattr(module, test)(*args)
                    passed += 1
                except Exception as error:
                    failed += 1
                    print("FAILED", name, test, args[0][0] if args else "")
                    sys.print_exception(error)
    print("%d passed, %d failed" % (passed, failed))
    return failed


sys.path[:] = [".frozen", "lib", "."]  # .frozen: the modules built into the firmware, asyncio among them
sys.exit(1 if run(sys.argv[1:]) else 0)

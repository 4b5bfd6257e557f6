"""How many random inputs the tests try: `THOROUGH=1 make test` tries all, and `make test` a fifth of them.

The same code, and the same properties; what is tried without chance is tried in full each time. One thing more is
only thorough: to press the Run button for each cell of each lesson (tests/test_browser.py).
"""

import os

THOROUGH = bool(os.environ.get("THOROUGH"))


def some(count):
    """Return `count`, the number of random inputs for a thorough run, or a fifth of it."""
    return count if THOROUGH else count // 5

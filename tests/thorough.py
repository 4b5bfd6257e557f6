"""What `THOROUGH=1 make test` does more than `make test`, which is to end before one gets up for coffee.

- All of the random inputs, and all sizes of a window and of pieces: otherwise a fifth of those, and half of these.
- The Run button for each cell of each lesson in JupyterLab: otherwise one lesson (test_browser.py).
- Each lesson twice in one kernel, which has to be left as it was; left in the middle; with its tasks solved; with a
  board at a port: otherwise some of this with some lessons.
- Each exercise untouched, and nbgrader on it untouched and solved: otherwise three of them (test_exercises.py).
- Lessons, scripts and their pages also on pocketws, and pages also dark: otherwise on websockets and light.
- Chromium as a client of each kind (strangers/), and Autobahn's verdicts case by case (test_conformance_agrees.py).
- Lesson 11 below a base URL, as with JupyterHub. It is marked `thorough`, as the lessons' second runs are.
- The coverage of lib/pocketws (__main__.py).

Continuous integration is thorough. What `make test` leaves out repeats with other lessons what it does with some.
"""

import os

THOROUGH = bool(os.environ.get("THOROUGH"))


def first(values, count=1):
    """Return `values` as a list for a thorough run, or the first `count`: the rest repeats it otherwise."""
    return list(values) if THOROUGH else list(values)[:count]


def some(count):
    """Return `count`, the number of random inputs for a thorough run, or a fifth of it."""
    return count if THOROUGH else count // 5

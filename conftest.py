"""Tells nbval which outputs to leave alone, also when pytest is run by hand on a notebook."""


def pytest_collectstart(collector):
    if collector.nodeid.endswith(".ipynb"):
        # Committed figures keep only their SVG and their text; live ones have HTML too (lib/classroom/figure.py).
        collector.skip_compare += ("text/html", "stderr")

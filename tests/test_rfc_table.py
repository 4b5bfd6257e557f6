"""docs/rfc6455.md names tests that exist, and leaves no row without one unless it says why."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TABLE = (ROOT / "docs" / "rfc6455.md").read_text(encoding="utf-8")
ROWS = [line for line in TABLE.splitlines() if re.match(r"\| \d", line)]
MUSTS = ["5.1", "5.2", "5.3", "5.4", "5.5", "5.5.1", "5.5.2", "5.6", "5.8", "6.1", "6.2"]
MUSTS += ["7.1.1", "7.1.7", "7.2.1", "7.2.2", "7.4.1", "8.1", "10.4"]  # the sections that hold one


def named(row):
    """Return the (file, name) pairs of a row. After its first file, a row may leave it out: `::test_name`."""
    pairs, path = [], None
    for file, name in re.findall(r"`([\w./-]*)::(\w+)`", row):
        path = file or path
        pairs.append((path, name))
    return pairs


def names_in(path):
    """Return the functions and classes of a test module, and the names that it assigns."""
    names = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        names.add(getattr(node, "name", None))
    return names


def test_there_is_a_row_for_each_section_with_a_must():
    sections = {section for row in ROWS for section in re.findall(r"\d+(?:\.\d+)+", row.split("|")[1])}
    assert set(MUSTS) <= sections


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[1].strip() + row.split("|")[2][:40] for row in ROWS])
def test_every_test_that_is_named_exists(row):
    pairs = named(row)
    assert pairs or "does not apply" in row or ".py" in row, "a row names a test, or says why there is none"
    for path, name in pairs:
        assert (ROOT / path).exists(), path
        assert name in names_in(path), f"{path}::{name}"

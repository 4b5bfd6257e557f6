"""docs/seeds.md names lessons, sections and tests that exist, and leaves no row empty."""

import functools
import re

import nbformat
import pytest

from classroom.workspace import ROOT
from tests import test_security

names_in = functools.cache(test_security.names_in)

TABLE = (ROOT / "docs" / "seeds.md").read_text(encoding="utf-8")
ROWS = [line for line in TABLE.splitlines() if re.match(r"\| (?!what it had)", line)]
TEXTS = ["S0: the board client's text", "S1: the first tutorial", "S2: the second tutorial", "S3: the third tutorial"]
FEWEST = [25, 14, 12, 10]  # rows, by counting the texts' own examples and claims

all_rows = pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[1].strip()[:60] for row in ROWS])


def parts(row):
    """Return what a row says, its place, its tests, and what was wrong: four texts."""
    return [part.strip() for part in row.strip("|").split("|")]


@functools.cache
def headings(path):
    """Return the headings of a lesson (set of str), without their marks."""
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return set(re.findall(r"^## (.+)$", text, re.MULTILINE))


@all_rows
def test_a_row_is_complete(row):
    assert len(parts(row)) == 4 and all(parts(row))


@all_rows
def test_each_lesson_and_section_exists(row):
    places = parts(row)[1].split("; ")
    for place in places:
        number, name, section = re.fullmatch(r"\[(\d\d)\]\(\.\./notebooks/([\w.]+)\), \*(.+)\*", place).groups()
        assert name.startswith(number)
        assert section in headings(ROOT / "notebooks" / name)


@all_rows
def test_each_test_exists(row):
    named = parts(row)[2].split(", ")
    for test in named:
        path, name = re.fullmatch(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`", test).groups()
        assert (ROOT / path).is_file(), path
        assert name is None or name in names_in(path), test


def test_each_text_has_its_rows_and_a_line_on_what_it_was():
    texts = dict(part.split("\n", 1) for part in TABLE.split("\n## ")[1:])
    assert list(texts) == TEXTS
    for title, fewest in zip(TEXTS, FEWEST, strict=True):
        assert len([row for row in ROWS if row in texts[title]]) >= fewest
        assert re.match(r"\n[A-Z]", texts[title])


def test_the_page_names_no_workplace():
    assert not re.search(r"/work/|\.\./shared|0\d\d_[0-9a-f]{8}", TABLE)

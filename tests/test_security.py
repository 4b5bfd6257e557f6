"""docs/security.md names tests and files that exist, and each of its measures has a test; and no key lies around."""

import ast
import re
import subprocess

import pytest

from classroom.workspace import ROOT

TABLE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [line for line in TABLE.splitlines() if re.match(r"\| (?!threat|---)", line)]
PLACES = ["Everywhere: the library", "A student's laptop", "A shared hub", "A board on the school's Wi-Fi"]


def named(row):
    """Return the (file, name) pairs of a row, name "" for a whole file. A file that was named may be left out."""
    pairs, path = [], None
    for file, name in re.findall(r"`(tests/[\w./-]*\.py)?(?:::(\w+))?`", row):
        path = file or path
        if file or name:
            pairs.append((path, name))
    return pairs


def names_in(path):
    """Return the names of the functions of a test module, those in its classes, too."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[1].strip()[:60] for row in ROWS])
def test_every_measure_names_tests_that_exist(row):
    threat, measure, tests = [part.strip() for part in row.strip("|").split("|")]
    assert threat and measure
    pairs = named(tests)
    assert pairs and len(pairs) == tests.count("`") // 2, "each test as `tests/FILE.py::NAME`, or a whole file"
    for path, name in pairs:
        assert (ROOT / path).is_file(), path
        assert not name or name.startswith("test_") and name in names_in(path), f"{path}::{name}"


def test_each_place_has_threats_and_says_what_is_not_covered():
    parts = dict(part.split("\n", 1) for part in TABLE.split("\n## ")[1:])
    assert list(parts) == PLACES
    for place in PLACES:
        assert len([row for row in ROWS if row in parts[place]]) >= 7
    for place in PLACES[1:]:
        assert "\nNot covered: " in parts[place]


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)\s]+)\)", TABLE))
def test_links_lead_somewhere(target):
    assert (ROOT / "docs" / target).exists()


def test_no_private_key_is_in_the_repository():
    """But for the words of PEM in the programs that read it: a key has lines of base64 below them."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    found = []
    for name in filter(None, subprocess.check_output(listed, cwd=ROOT, text=True).split("\0")):
        path = ROOT / name
        if path.is_file() and holds_a_key(path.read_bytes()):
            found.append(name)
    assert found == []


def holds_a_key(data):
    return re.search(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}", data) is not None


def test_a_key_would_be_found(tmp_path):
    from classroom import certificates

    certfile, keyfile = certificates.make(tmp_path)
    with open(certfile, "rb") as certificate, open(keyfile, "rb") as key:
        assert not holds_a_key(certificate.read()) and holds_a_key(key.read())

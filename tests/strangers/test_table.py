"""docs/strangers.md says what the matrix says, and the matrix is whole."""

import inspect
import json
import re

import pytest

from tests.strangers import checks, matrix, peers, table


def test_the_file_is_what_the_matrix_says():
    """Whatever versions it was written with."""
    text = table.PATH.read_text(encoding="utf-8")
    written = table.write_in(text, table.versions_in(text))
    assert text == written, "run `python -m tests.strangers.table`"


def test_the_table_has_a_cell_for_each_peer_and_row():
    lines = table.render(dict.fromkeys([peer.title for peer in matrix.PEERS], "1.0")).splitlines()
    heading, _, *rows = [line for line in lines if line.startswith("|")]
    assert heading.count(" 1.0 ") == len(matrix.PEERS)
    assert [row.split(" | ")[0] for row in rows] == ["| " + row.words for row in matrix.ROWS]
    cells = [cell for row in rows for cell in row.strip("| ").split(" | ")[1:]]
    assert len(cells) == len(matrix.PEERS) * len(matrix.ROWS)
    assert all(re.fullmatch(r"(yes|(yes|no|\u2013)( \[\d+\])+)", cell) for cell in cells), "only a yes needs no reason"


def test_each_note_is_used_and_has_its_number():
    text = table.render(dict.fromkeys([peer.title for peer in matrix.PEERS], "1.0"))
    lines = [line for line in text.splitlines() if re.match(r"\d+\. ", line)]
    assert [line.partition(". ")[0] for line in lines] == [str(number + 1) for number in range(len(matrix.NOTES))]
    used = re.findall(r"\[(\d+)\]", "".join(line for line in text.splitlines() if line.startswith("|")))
    assert set(used) == {line.partition(". ")[0] for line in lines}


def test_each_row_has_its_check_and_each_cell_with_a_mark_its_test():
    assert len({row.name for row in matrix.ROWS}) == len(matrix.ROWS)
    assert all(inspect.iscoroutinefunction(getattr(checks, row.check)) for row in matrix.ROWS)
    tested = matrix.tested("server") + matrix.tested("client")
    every = [(peer, row) for peer in matrix.PEERS for row in matrix.ROWS]
    assert {pair for pair in every if pair not in tested} == {
        (peer, row) for peer, row in every if matrix.cell(peer, row).mark == matrix.UNTESTED
    }


def test_what_the_matrix_says_of_peers_and_rows_is_of_such_that_exist():
    names = {row.name for row in matrix.ROWS}
    assert set(matrix.OF_PEERS) == {peer.name for peer in matrix.PEERS}
    assert all(set(cells) <= names for cells in matrix.OF_PEERS.values())


def test_a_text_without_the_marks_is_refused():
    with pytest.raises(ValueError, match="lacks the marks"):
        table.write_in("no marks", {})


def test_the_lock_file_names_no_host():
    """npm asks the registry that it is set to; what comes is held to the hash."""
    lock = json.loads((peers.NODE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages and all("integrity" in package for package in packages.values())
    assert not any("resolved" in package for package in packages.values()), "see .npmrc there"


@pytest.mark.parametrize("ci", [False, True])
def test_what_is_missing_is_skipped_or_in_ci_fails(monkeypatch, tmp_path, ci):
    monkeypatch.setenv("PATH", str(tmp_path))
    if ci:
        monkeypatch.setenv("CI", "1")
    else:
        monkeypatch.delenv("CI", raising=False)
    for program in ("ws", "chromium"):
        with pytest.raises(pytest.fail.Exception if ci else pytest.skip.Exception, match="install"):
            peers.command(program, "client", tmp_path)

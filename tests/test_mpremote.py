"""The virtual Pico is a board to mpremote: each of its commands does what it does on a board.

VIRTUAL_PICO_ROUNDS sets how often the board is reset, interrupted and written anew: 3 by default, 50 for all.
"""

import contextlib
import functools
import http.server
import json
import os
import re
import select
import shutil
import subprocess
import sys
import threading
import time

import pytest

from classroom.virtual_pico import MpremoteError, VirtualPico
from tests.boards import quick_mpremote
from tests.test_micropython import ROOT, micropython

ROUNDS = int(os.environ.get("VIRTUAL_PICO_ROUNDS", "3"))
pytestmark = pytest.mark.timeout(max(120, 20 * ROUNDS))
SECONDS = 30  # for one command: it takes a tenth of one, unless the machine is very busy


@pytest.fixture(scope="module")
def pico():
    micropython()
    with quick_mpremote(), VirtualPico() as pico:
        pico.mpremote = functools.partial(pico.mpremote, seconds=SECONDS)
        yield pico


# ---- running code


def test_exec(pico):
    assert pico.mpremote("exec", "print(1)") == "1\n"


def test_exec_several_lines_and_bytes(pico):
    assert pico.mpremote("exec", "for i in range(3):\n    print(i, end=' ')\n") == "0 1 2 "
    assert pico.mpremote("exec", "print('\\x03 é')") == "\x03 é\n"


def test_exec_of_a_long_program(pico):
    """Longer than what a terminal holds, and than what mpremote sends at once."""
    lines = "".join(f"x = {number}  # a line among many\n" for number in range(1000))
    assert pico.mpremote("exec", lines + "print(x)") == "999\n"


def test_exec_of_an_error(pico):
    with pytest.raises(MpremoteError) as caught:
        pico.mpremote("exec", "def f():\n    return 1 / 0\nf()")
    lines = [line for line in caught.value.output.replace("\r", "").split("\n") if line]
    assert lines == [
        "Traceback (most recent call last):",
        '  File "<stdin>", line 3, in <module>',
        '  File "<stdin>", line 2, in f',
        "ZeroDivisionError: divide by zero",
    ]


def test_exec_no_follow(pico):
    pico.mpremote("exec", "--no-follow", "import machine; machine.Pin('LED', machine.Pin.OUT).on()")
    pico.wait(lambda: pico.led)
    assert pico.mpremote("resume", "exec", "machine.Pin('LED').off(); print('off')") == "off\n"
    pico.wait(lambda: not pico.led)


def test_eval(pico):
    assert pico.mpremote("eval", "6 * 7") == "42\n"


def test_run(pico, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import sys\nprint('run by', sys.implementation.name)\n")
    assert pico.mpremote("run", program) == "run by micropython\n"


# ---- files


def test_files(pico, tmp_path):
    text = "ünicode\n" * 1000
    (tmp_path / "a.txt").write_text(text)
    pico.mpremote("fs", "cp", tmp_path / "a.txt", ":a.txt")
    assert pico.mpremote("fs", "cat", ":a.txt") == text
    pico.mpremote("fs", "cp", ":a.txt", tmp_path / "back.txt")
    assert (tmp_path / "back.txt").read_text() == text
    pico.mpremote("fs", "mkdir", ":folder", "+", "fs", "cp", ":a.txt", ":folder/b.txt")
    assert "b.txt" in pico.mpremote("fs", "ls", ":folder")
    assert "b.txt" in pico.mpremote("fs", "tree")
    pico.mpremote("fs", "touch", ":empty")
    assert re.search(r"\b0 empty", pico.mpremote("fs", "ls"))
    pico.mpremote("fs", "rm", ":folder/b.txt", ":a.txt", ":empty")
    pico.mpremote("fs", "rmdir", ":folder")
    names = pico.mpremote("fs", "ls")
    assert "folder" not in names and "a.txt" not in names


def test_binary_file_with_every_byte(pico, tmp_path):
    """Ctrl-C and Ctrl-D among them: data of a file is no command."""
    data = bytes(range(256)) * 40
    (tmp_path / "data").write_bytes(data)
    pico.mpremote("fs", "cp", tmp_path / "data", ":data")
    pico.mpremote("fs", "cp", ":data", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data
    assert pico.mpremote("fs", "sha256sum", ":data").split()[-1] == __import__("hashlib").sha256(data).hexdigest()


def test_copy_and_remove_a_folder(pico, tmp_path):
    (tmp_path / "app" / "inner").mkdir(parents=True)
    (tmp_path / "app" / "one.py").write_text("number = 1\n")
    (tmp_path / "app" / "inner" / "two.py").write_text("number = 2\n")
    pico.mpremote("fs", "cp", "-r", tmp_path / "app", ":")
    assert pico.mpremote("exec", "import app.one, app.inner.two as t; print(app.one.number, t.number)") == "1 2\n"
    pico.mpremote("fs", "rm", "-r", ":app")
    with pytest.raises(MpremoteError, match="ImportError: no module named 'app"):
        pico.mpremote("exec", "import app.one")


def test_the_library_goes_onto_the_board_and_imports(pico, tmp_path):
    shutil.copytree(ROOT / "lib" / "pocketws", tmp_path / "pocketws", ignore=shutil.ignore_patterns("__pycache__"))
    pico.mpremote("fs", "cp", "-r", tmp_path / "pocketws", ":lib/")
    assert pico.mpremote("exec", "import gc; gc.threshold(8192); import pocketws; print(pocketws.connect)")
    pico.mpremote("fs", "rm", "-r", ":lib/pocketws")


def test_df(pico):
    line = pico.mpremote("df").splitlines()[-1].split()
    assert line[1] == str(212 * 4096) and line[-1] == "/"


def test_mount(pico, tmp_path):
    """The board imports from this computer, over the serial line, also what looks like Ctrl-C."""
    data = bytes(range(256)) * 8
    (tmp_path / "here.py").write_text("text = 'from the computer'\n")
    (tmp_path / "data").write_bytes(data)
    code = "import here; print(here.text); d = open('data', 'rb').read(); print(len(d), d[3], sum(d))"
    assert pico.mpremote("mount", tmp_path, "exec", code).endswith(f"from the computer\n2048 3 {sum(data)}\n")
    assert "here.py" not in pico.mpremote("fs", "ls")


def test_rtc(pico):
    pico.mpremote("rtc", "--set")
    fields = eval(pico.mpremote("resume", "rtc"))
    assert fields[0] >= 2024 and len(fields) == 8


# ---- mip


def _package(folder, urls):
    (folder / "greeting.py").write_text("text = 'hello from a package'\n")
    (folder / "package.json").write_text(json.dumps({"urls": urls, "version": "1.0"}))


def test_mip_install_from_a_folder(pico, tmp_path):
    _package(tmp_path, [["greeting.py", "greeting.py"]])
    pico.mpremote("mip", "install", tmp_path / "package.json")
    assert pico.mpremote("exec", "import greeting; print(greeting.text)") == "hello from a package\n"
    pico.mpremote("fs", "rm", ":lib/greeting.py")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_mip_install_on_the_board_over_http(pico, tmp_path):
    """The board itself fetches the package, through its own network."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        _package(tmp_path, [["greeting.py", f"{url}/greeting.py"]])
        code = f"""
import mip, network, time
wlan = network.WLAN(network.STA_IF)
wlan.active(True)
wlan.connect("classroom", "websockets")
while not wlan.isconnected():
    time.sleep_ms(10)
mip.install("{url}/package.json")
import greeting
print(greeting.text)
"""
        try:
            assert pico.mpremote("exec", code).endswith("hello from a package\n")
        finally:
            server.shutdown()
    pico.mpremote("fs", "rm", ":lib/greeting.py")


# ---- resets


def test_soft_reset_forgets_variables_and_resume_keeps_them(pico):
    pico.mpremote("exec", "kept = 5")
    assert pico.mpremote("resume", "exec", "print(kept)") == "5\n"
    pico.mpremote("soft-reset")
    with pytest.raises(MpremoteError, match="NameError: name 'kept' isn't defined"):
        pico.mpremote("resume", "exec", "print(kept)")


def test_the_next_command_after_a_reset_needs_no_pause(pico):
    """It may interrupt main.py, or boot.py, as on a board."""
    pico.put("main.py", "while True: pass\n")
    try:
        for _ in range(max(1, ROUNDS // 2)):
            # As `mpremote reset` does it, but ten times slower: the next command comes before the reset.
            pico.mpremote("exec", "--no-follow", "import time, machine; time.sleep_ms(1000); machine.reset()")
            assert pico.mpremote("exec", "print(1)") == "1\n"
            pico.mpremote("reset")
            assert pico.mpremote("exec", "print(2)") == "2\n"
            assert list(pico.resets).count("hard") == 2
            pico.resets.clear()
    finally:
        pico.mpremote("fs", "rm", ":main.py")


def test_interrupts_and_redeploys_without_a_hang(pico, tmp_path):
    """A board that runs a program all the time is stopped, written and started anew, again and again."""
    try:
        for turn in range(ROUNDS):
            program = tmp_path / "main.py"
            program.write_text(f"import time\nprint('turn {turn} begins')\nwhile True:\n    time.sleep(1)\n")
            pico.mpremote("fs", "cp", program, ":main.py", "+", "reset")
            pico.wait_for_line(f"turn {turn} begins")
            pico.mpremote("soft-reset")
            pico.mpremote("resume", "exec", "--no-follow", "while True: pass")
            assert pico.mpremote("exec", f"print({turn})") == f"{turn}\n"
    finally:
        pico.mpremote("fs", "rm", ":main.py")


def test_mpremote_killed_half_way_does_no_harm(pico, tmp_path):
    """The next command finds a board, whatever the one before left on the line."""
    (tmp_path / "big").write_bytes(bytes(200_000))
    command = [sys.executable, "-m", "mpremote", "connect", pico.port, "fs", "cp", str(tmp_path / "big"), ":big"]
    for _ in range(ROUNDS):
        soft = list(pico.resets).count("soft")
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pico.wait(lambda soft=soft: list(pico.resets).count("soft") > soft)  # it has begun
        process.kill()
        process.wait()
        assert pico.mpremote("exec", "print(1)") == "1\n"
    with contextlib.suppress(MpremoteError):
        pico.mpremote("fs", "rm", ":big")


def test_main_that_cannot_be_interrupted_fails_within_time_and_safe_start_lets_in(pico):
    program = """
import time
print("stubborn")
while True:
    try:
        time.sleep(1)
    except BaseException:
        pass
"""
    pico.put("main.py", program)
    pico.reset()
    pico.wait_for_line("stubborn")
    command = [sys.executable, "-m", "mpremote", "connect", pico.port, "exec", "print(1)"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    assert "could not enter raw repl" in done.stderr  # after ten seconds: with the device, it waits for ever
    pico.reset(programs=False)
    pico.mpremote("fs", "rm", ":main.py")
    assert pico.mpremote("exec", "print(1)") == "1\n"


# ---- the terminal


class Terminal:
    """mpremote's repl in a terminal of its own, which the test types on."""

    def __init__(self, port):
        self.near, far = os.openpty()
        command = [sys.executable, "-m", "mpremote", "connect", port, "resume", "repl"]
        self.process = subprocess.Popen(command, stdin=far, stdout=far, stderr=far, start_new_session=True)
        os.close(far)
        self.read = ""

    def type(self, text):
        os.write(self.near, text.encode())

    def expect(self, text):
        """Read until `text` comes, and forget all up to its end."""
        end = time.monotonic() + SECONDS
        while text not in self.read:
            if not select.select([self.near], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError(f"no {text!r} in {self.read!r}")
            self.read += os.read(self.near, 4096).decode()
        before, _, self.read = self.read.partition(text)
        return before

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.near)


@pytest.fixture
def terminal(pico):
    terminal = Terminal(pico.port)
    terminal.expect("to exit this shell")
    terminal.type("\r")
    terminal.expect(">>> ")
    yield terminal
    terminal.close()


def test_repl_of_the_board(terminal):
    terminal.type("6 * 7\r")
    terminal.expect("\r\n42\r\n>>> ")
    terminal.type("import mach\t")  # completes
    terminal.expect("import machine")
    terminal.type("\x03")
    terminal.expect(">>> ")


def test_repl_interrupts_a_program(terminal):
    terminal.type("while True: print('round and round')\r\r")
    terminal.expect("round and round\r\nround and round\r\n")
    terminal.type("\x03")
    terminal.expect("KeyboardInterrupt: \r\n>>> ")
    terminal.type("\x03")  # at the prompt it does no harm
    terminal.expect(">>> ")
    terminal.type("1 + 1\r")
    terminal.expect("2\r\n>>> ")


def test_repl_soft_reset_runs_main(pico, terminal):
    terminal.type("open('main.py', 'w').write('print(\"main!\")')\r")
    terminal.expect("14\r\n>>> ")
    terminal.type("\x04")
    terminal.expect("MPY: soft reboot\r\n")
    terminal.expect("main!\r\n")
    terminal.expect(">>> ")
    terminal.type("import os; os.remove('main.py')\r")
    terminal.expect(">>> ")


def test_repl_paste_mode_and_type_ahead(terminal):
    terminal.type("\x05")
    terminal.expect("=== ")
    terminal.type("for i in range(2):\r    print('line', i)\r\x04")
    terminal.expect("line 0\r\nline 1\r\n>>> ")
    terminal.type("import time; time.sleep(0.2)\rprint('typed ahead')\r")
    terminal.expect("\r\ntyped ahead\r\n>>> ")


def test_program_reads_the_terminal(terminal):
    terminal.type("name = input('who? ')\r")
    terminal.expect("\nwho? ")
    terminal.type("Ada\r")
    terminal.expect(">>> ")
    terminal.type("name\r")
    terminal.expect("'Ada'\r\n")


# ---- the port


def test_the_link_works_too(pico):
    assert os.path.realpath(pico.port) == pico.device
    command = [sys.executable, "-m", "mpremote", "connect", pico.port, "exec", "print(1)"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    assert done.stdout == "1\n", done.stderr


def test_a_second_mpremote_is_told_that_the_port_is_taken(pico, terminal):
    with pytest.raises(MpremoteError, match="may be in use by another program"):
        pico.mpremote("exec", "print(1)")

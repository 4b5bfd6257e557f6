"""Every program of device/, on the virtual Pico, opposite a `websockets` server."""

import contextlib
import itertools
import json
import math
import re
import struct
import urllib.request

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from classroom.board_server import BoardServer, Speech
from classroom.signatures import verify
from tests.boards import install, run
from tests.test_micropython import ROOT

pytest_plugins = "tests.boards"

NAMES = [
    "boot.py",
    "capstone.py",
    "echo.py",
    "led.py",
    "main.py",
    "runner.py",
    "settings.py",
    "signing.py",
    "stream.py",
    "uplink.py",
    "voice.py",
    "wifi.py",
]


@pytest.fixture(autouse=True)
def as_new(request):
    yield
    if "pico" in request.fixturenames:
        pico = request.getfixturevalue("pico")
        pico.plug_in()
        pico.wifi.restore()
        # No program: one that resets the board may do so while mpremote waits for an answer, which then never comes.
        pico.reset(programs=False)


@pytest.fixture
def server():
    with BoardServer() as server:
        yield server


def test_the_folder_holds_what_goes_onto_a_board_and_no_secret():
    names = {path.name for path in (ROOT / "device").iterdir()} - {"settings.json", "__pycache__"}
    assert names >= {*NAMES, "settings.example.json"}
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "device/settings.json" in ignored


def test_the_template_has_only_settings_that_there_are(pico):
    example = json.loads((ROOT / "device" / "settings.example.json").read_text(encoding="utf-8"))
    pico.put("settings.json", json.dumps({"app": "none"}))
    known = pico.mpremote("exec", "import json, settings; print(json.dumps(settings.load('/nothing.json')))")
    assert "/nothing.json cannot be read" in known
    assert set(example) <= set(json.loads(known.splitlines()[-1]))


# echo


@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
def test_echo(pico, tls):
    with BoardServer(token="a secret", tls=tls) as server:
        run(pico, server, rounds=3)
        pico.wait_for_line(f"echo: connected to {'wss' if tls else 'ws'}://127.0.0.1")
        for number in (1, 2, 3):
            pico.wait_for_line(f"echo: round trip {number} took")
        pico.wait_for_line("echo: closed with 1000")
        pico.wait_for_line("runner: echo is done")
    assert (server.rounds, server.closed) == (3, [1000])
    assert "a secret" not in "\n".join(pico.log)


def test_a_board_without_the_token_stays_outside_and_tries_again(pico):
    with BoardServer(token="a secret") as server:
        run(pico, server, token="a guess")
        for _ in range(2):
            pico.wait_for_line("InvalidStatus")
            pico.wait_for_line("again in")
    assert server.rounds == 0


def test_a_board_does_not_talk_to_a_server_with_another_ca(pico):
    with BoardServer(token="a secret", tls=True) as server, BoardServer(tls=True) as other:
        pico.put("other.der", other.ca())
        run(pico, server, ca="/other.der")
        pico.wait_for_line("not trusted here")
        assert server.rounds == 0
        run(pico, server)
        pico.wait_for_line("round trip 1 took")


def test_a_server_that_restarts(pico, server):
    run(pico, server)
    for _ in range(2):
        pico.wait_for_line("round trip 2 took")
        server.stop()
        pico.wait_for_line("again in")
        server.start()
    pico.wait_for_line("round trip 2 took")


# stream


@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
def test_stream(pico, tls):
    with BoardServer(token="a secret", tls=tls) as server:
        pico.temperature = 31.5
        run(pico, server, app="stream")
        (boot,) = server.wait(lambda: [boot for boot, readings in server.readings.items() if len(readings) >= 12])
        pico.wait_for_line("stream: acknowledged up to 10")
        readings = server.readings[boot]
        assert sorted(readings) == list(range(1, len(readings) + 1))
        assert all(abs(celsius - 31.5) < 0.1 for celsius in readings.values())
        pico.temperature = 20
        server.wait(lambda: abs(readings[max(readings)] - 20) < 0.1)


def test_stream_keeps_readings_while_the_server_is_away(pico, server):
    run(pico, server, app="stream")
    server.wait(lambda: server.readings)
    server.stop()
    pico.wait_for_line("again in")
    boot, readings = server.readings.popitem()
    last = max(readings)
    pico.wait_for_line("again in")
    server.start()
    server.wait(lambda: server.readings.get(boot) and max(server.readings[boot]) > last + 5)
    both = {*readings, *server.readings[boot]}
    assert both == set(range(1, max(both) + 1)) and server.dropped == {boot: 0}


def test_readings_are_bounded_kept_until_acknowledged_and_sent_again(pico):
    program = """
import json, stream
r = stream.Readings(3)
def rest():
    numbers = []
    while m := r.next():
        numbers.append(json.loads(m)["number"])
    return numbers
for celsius in (1, 2):
    r.add(celsius)
print(rest(), rest())
r.start_over()
print(rest())
r.acknowledge(1)
r.start_over()
print(rest(), len(r))
for celsius in (3, 4, 5):
    r.add(celsius)
print(rest(), len(r), r.dropped)
r.acknowledge(9)
print(len(r), rest())
"""
    assert pico.mpremote("exec", program).splitlines()[-5:] == [
        "[1, 2] []",
        "[1, 2]",
        "[2] 1",
        "[3, 4, 5] 3 1",
        "0 []",
    ]


def test_a_reading_says_for_how_long_it_has_waited(pico):
    program = """
import asyncio, json, stream
async def main():
    r = stream.Stream(0.25).readings
    for celsius in (1, 2, 3):
        r.add(celsius)
    while m := r.next():
        print(json.loads(m)["age"])
asyncio.run(main())
"""
    assert [float(age) for age in pico.mpremote("exec", program).split()] == [0.5, 0.25, 0]


# capstone


@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
def test_capstone(pico, tls):
    with BoardServer(token="a secret", tls=tls) as server:
        run(pico, server, app="capstone")
        server.wait(lambda: server.led is False and server.readings)
        for on in (True, False, True):
            server.switch(on)
            server.wait(lambda on=on: server.led is on)
            pico.wait(lambda on=on: pico.led is on)
        server.stop()
        pico.wait_for_line("again in")
        server.led = None
        server.start()
        server.wait(lambda: server.led is True)  # told anew
        (readings,) = server.readings.values()
        last = max(readings)
        server.wait(lambda: max(readings) > last)
        assert sorted(readings) == list(range(1, len(readings) + 1))
        warned = any("everybody on the way" in line for line in list(pico.log)[-30:])
    assert warned or tls
    with pytest.raises(LookupError, match="no board is connected"):
        server.switch(True)


# voice


def test_voice_streams_sound_and_hears_what_it_was_and_its_memory_stays_as_it_is(pico):
    with BoardServer(token="a secret", tls=True) as server:
        run(pico, server, app="voice", rounds=3)
        free = []
        for number in (1, 2, 3):
            pico.wait_for_line(f"voice: speech {number}, 50 frames of 1280 bytes, at most ")
            line = pico.wait_for_line("voice: understood: a tone of 500 Hz, 2.0 s; ")
            free.append(int(re.search(r"(\d+) bytes free", line)[1]))
        pico.wait_for_line("runner: voice is done")
    assert [(speech.frames, speech.size, speech.largest) for speech in server.heard] == [(50, 64000, 1280)] * 3
    assert server.closed == [1000]
    assert max(free) - min(free) < 1280  # not even a frame more is kept


# A source of sound like machine.I2S behind a StreamReader: it gives less than was asked for, in a time of its own.
MICROPHONE = """
import asyncio, json, voice
class Microphone:
    count = 0
    async def readinto(self, buffer):
        self.count += 1
        buffer[:2 * self.count] = bytes([self.count]) * (2 * self.count)
        return 2 * self.count
class Server:
    sent = []
    async def send(self, message):
        self.sent.append(message if isinstance(message, str) else bytes(message))
    async def recv(self):
        return '{"text": "hm"}'
voice.FRAMES = 3
print(asyncio.run(voice.speak(Server(), Microphone(), bytearray(voice.FRAME))))
print(Server.sent)
"""


def test_voice_sends_what_another_source_gives_and_no_more(pico):
    lines = pico.mpremote("exec", MICROPHONE).splitlines()
    sent = [b"\1" * 2, b"\2" * 4, b"\3" * 6, '{"end": true}']
    assert lines == ["hm", repr(sent)]


def test_the_server_of_voice_hears_how_high_and_how_long_a_tone_is():
    assert Speech().text() == "nothing"
    for hertz, seconds in ((100, 0.5), (440, 1), (1000, 2)):
        angles = [2 * math.pi * hertz * n / 16000 for n in range(int(16000 * seconds))]
        sound = b"".join(struct.pack("<h", round(8000 * math.sin(angle))) for angle in angles)
        speech = Speech()
        for at in range(0, len(sound), 1280):
            speech.take(sound[at : at + 1280])
        assert speech.text() == f"a tone of {hertz} Hz, {seconds:.1f} s"


# signed URLs


def test_each_connection_has_a_url_that_is_signed_anew(pico, server):
    program = """
import json, time, uplink
urls = []
uplink._connect = lambda url, **options: urls.append(url)
settings = {"url": "ws://h/board", "key": "sesame-7", "key_id": "kitchen", "token": "", "keepalive": 1}
for now in (1794994577, 1794994578):
    class time:
        time = lambda now=now: now
    uplink.time = time
    uplink.connect(settings)
uplink.connect(dict(settings, key=""))
print(json.dumps(urls))
"""
    first, second, unsigned = json.loads(pico.mpremote("exec", program))
    for url, now in ((first, 1794994577), (second, 1794994578)):
        assert verify(url.removeprefix("ws://h"), "h", {"kitchen": "sesame-7"}, now, window=0) == "kitchen"
    assert unsigned == "ws://h/board"
    run(pico, server, key="sesame-7", rounds=1)  # and a server that does not ask for a signature does not mind one
    pico.wait_for_line("runner: echo is done")


@pytest.mark.parametrize("url, key, asked", [("ws://h/", "", False), ("ws://h/", "k", True), ("wss://h/", "", True)])
def test_the_clock_is_set_first_where_certificates_or_signatures_need_it(pico, url, key, asked):
    program = f"""
import asyncio, runner, settings
class WiFi:
    def __init__(self, networks): pass
    async def join(self): pass
    def is_connected(self): return True
class program:
    async def main(settings):
        print("program")
        return True
runner.WiFi, runner.set_clock = WiFi, lambda: print("clock")
asyncio.run(runner.run(dict(settings.DEFAULTS, url={url!r}, key={key!r}), program))
"""
    assert pico.mpremote("exec", program).split() == ["clock"] * asked + ["program"]


# led


def address(pico):
    """Return "host:port" of the board's server, once it serves."""
    pico.wait_for_line("led: open http://192.168.4.20:80/")
    return pico.address(80)


def test_led_has_a_page_and_tells_all_browsers(pico):
    run(pico, app="led")
    place = address(pico)
    with urllib.request.urlopen(f"http://{place}/", timeout=20) as answer:
        page = answer.read().decode()
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "The LED of a Pico" in page and "https://" not in page
    with connect(f"ws://{place}/led") as one, connect(f"ws://{place}/led", origin=f"http://{place}") as two:
        assert json.loads(one.recv(20)) == json.loads(two.recv(20)) == {"led": False}
        for on in (True, False):
            one.send(json.dumps({"led": on}))
            assert json.loads(one.recv(20)) == json.loads(two.recv(20)) == {"led": on}
            pico.wait(lambda on=on: pico.led is on)
        two.send("rubbish")
        with pytest.raises(ConnectionClosed) as closed:
            two.recv(20)
        assert closed.value.rcvd.code == 1007
        one.send(json.dumps({"led": True}))
        assert json.loads(one.recv(20)) == {"led": True}


def test_led_refuses(pico):
    run(pico, app="led")
    place = address(pico)
    for path, origin, status in (("/led", "http://evil.example", 403), ("/other", None, 404), ("/", None, 200)):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://{place}{path}", origin=origin).close()
        assert refused.value.response.status_code == status


def test_led_with_a_token(pico):
    run(pico, app="led", token="a secret")
    place = address(pico)
    for query in ("", "?token=a%20guess", "?token="):
        for path in ("/", "/led"):
            with pytest.raises(InvalidStatus) as refused:
                connect(f"ws://{place}{path}{query}").close()
            assert refused.value.response.status_code == 403
    run(pico, app="led", token="secret")
    place = address(pico)
    with connect(f"ws://{place}/led?token=secret") as ws:
        assert json.loads(ws.recv(20)) == {"led": False}


def test_led_has_room_for_some_and_serves_again_when_the_wifi_is_back(pico):
    run(pico, app="led")
    place = address(pico)
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(connect(f"ws://{place}/led", close_timeout=0.1)).recv(20)
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://{place}/led").close()
        assert refused.value.response.status_code == 503
        pico.wifi.drop()
        pico.wait_for_line("runner: Wi-Fi: lost")
    pico.wifi.restore()
    place = address(pico)
    with connect(f"ws://{place}/led") as ws:
        ws.recv(20)


# Wi-Fi


def test_wifi_tries_its_networks_in_order_and_says_what_is_wrong(pico, server):
    run(pico, server, wifi=[["elsewhere", "x"], ["classroom", "a guess"]])
    pico.wait_for_line("Wi-Fi elsewhere: no such network")
    pico.wait_for_line("Wi-Fi classroom: wrong password")
    pico.wait_for_line("runner: Wi-Fi: elsewhere: no such network, classroom: wrong password")
    run(pico, server, wifi=[["elsewhere", "x"], ["classroom", "websockets"]])
    pico.wait_for_line("Wi-Fi classroom: connected as 192.168.4.20")
    pico.wait_for_line("round trip 1 took")
    assert "a guess" not in "\n".join(pico.log)


def test_wifi_that_never_answers_is_given_up(pico):
    program = """
import asyncio, network, wifi
class Silent:
    def __getattr__(self, name):
        return lambda *arguments: network.STAT_CONNECTING if name == "status" else None
w = wifi.WiFi([("classroom", "x")])
w._wlan = Silent()
try:
    asyncio.run(w.join(0.2))
except wifi.WiFiError as error:
    print(error, "/", w.state)
w.networks = []
try:
    asyncio.run(w.join())
except wifi.WiFiError as error:
    print(error)
"""
    lines = pico.mpremote("exec", program).splitlines()
    assert lines[-2:] == ["classroom: gave up / gave up", "settings.json names no network"]


def test_wifi_that_is_lost_and_returns(pico, server):
    run(pico, server)
    pico.wait_for_line("round trip 1 took")
    pico.wifi.drop()
    pico.wait_for_line("runner: Wi-Fi: lost")
    pico.wait_for_line("no such network")
    pico.wifi.restore()
    pico.wait_for_line("Wi-Fi classroom: connected")
    pico.wait_for_line("round trip 1 took")


def test_a_pulled_cable_is_noticed_by_the_pings(pico, server):
    run(pico, server, keepalive=0.3)
    pico.wait_for_line("round trip 1 took")
    pico.unplug()
    pico.wait_for_line("ConnectionClosedError")
    pico.plug_in()
    pico.wait_for_line("round trip 1 took")


def test_a_clock_that_was_never_set_is_set_from_the_network_before_tls(pico):
    program = """
import ntptime, runner, time
class Clock:
    now = (2021, 1, 1, 0, 0)
    def gmtime(self):
        return self.now
def settime():
    Clock.now = (2026, 5, 17, 8, 30)
runner.time, ntptime.settime = Clock(), settime
runner.set_clock()
runner.set_clock()
"""
    assert pico.mpremote("exec", program).splitlines() == ["runner: the clock is set: 2026-05-17 08:30 UTC"]


# The loop around the program


def test_ctrl_c_leaves_it_and_a_reset_starts_it_again(pico, server):
    run(pico, server)
    pico.wait_for_line("round trip 1 took")
    assert pico.mpremote("exec", "print(6 * 7)") == "42\n"
    pico.wait_for_line("runner: stopped by Ctrl-C; Ctrl-D starts it again")
    pico.mpremote("reset")
    pico.wait_for_line("round trip 1 took")


def test_a_program_that_hangs_gets_the_board_reset(pico):
    pico.put("lib/hanging.py", "async def main(settings):\n    print('hanging')\n    while True:\n        pass\n")
    before = list(pico.resets).count("watchdog")
    run(pico, app="hanging", watchdog=800)
    pico.wait_for_line("hanging")
    pico.wait(lambda: list(pico.resets).count("watchdog") > before)
    pico.wait_for_line("hanging")  # it has started again
    pico.reset(programs=False)


def test_a_program_with_a_bug_shows_it_and_is_tried_again(pico):
    pico.put("lib/faulty.py", "async def main(settings):\n    return settings['no such thing']\n")
    run(pico, app="faulty")
    for _ in range(2):
        pico.wait_for_line("runner: KeyError: no such thing")
        pico.wait_for_line('File "/lib/faulty.py", line 2')
        pico.wait_for_line("again in")


def test_between_two_attempts_it_waits_for_as_long_as_it_says(pico):
    program = "import time\nasync def main(settings):\n    print('tried at', time.ticks_ms())\n    raise OSError(5)\n"
    pico.put("lib/tries.py", program)
    run(pico, app="tries", longest_wait=0.7)
    at = []
    for _ in range(3):
        at.append(int(pico.wait_for_line("tried at").split()[-1]))
        pico.wait_for_line("again in 0.7 s")
    assert all(later - earlier >= 700 for earlier, later in itertools.pairwise(at)), at


def test_a_program_out_of_memory_gets_the_board_reset(pico):
    pico.put("lib/greedy.py", "async def main(settings):\n    return bytearray(1000000)\n")
    before = list(pico.resets).count("hard")
    run(pico, app="greedy")
    pico.wait_for_line("out of memory")
    pico.wait(lambda: list(pico.resets).count("hard") > before)


def test_a_program_that_cannot_be_imported_for_lack_of_memory_gets_the_board_reset(pico):
    pico.put("lib/huge.py", "x = bytearray(1000000)\n")
    before = list(pico.resets).count("hard")
    run(pico, app="huge")
    pico.wait_for_line("out of memory")
    pico.wait(lambda: list(pico.resets).count("hard") > before)


def test_a_board_on_which_files_are_missing_stays_reachable(pico, server):
    pico.mpremote("fs", "touch", ":deploying")
    run(pico, server)
    pico.wait_for_line("A deployment was cut off")
    install(pico)
    pico.reset()
    pico.wait_for_line("round trip 1 took")

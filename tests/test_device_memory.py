"""What each import and each connection costs on the virtual Pico; docs/deploying.md shows the figures.

`python -m tests.test_device_memory` prints its table anew. A test holds bounds, not the figures.
"""

import pytest

from classroom import deploy
from classroom.board_server import BoardServer
from classroom.virtual_pico import VirtualPico
from tests.boards import prepared
from tests.test_micropython import micropython

SECONDS = 60

BEGINNING = """
import asyncio, gc, json, network, sys, time
gc.threshold(8192)
wlan = network.WLAN(network.STA_IF)
wlan.active(True)
wlan.connect("classroom", "websockets")
while not wlan.isconnected():
    time.sleep_ms(10)

def used():
    gc.collect()
    return gc.mem_alloc()

base = last = used()

def show(step):
    global last
    now = used()
    print(json.dumps([step, now - base, now - last]))
    last = now

def load(name):
    __import__(name)
    show("import " + name)

"""

CLIENT = """
async def talk(step, url, context=None):
    from pocketws.client import connect
    ws = await connect(url, ssl=context)
    await ws.send("hello")
    assert await ws.recv() == "hello"
    show(step)
    await ws.close()

async def main():
    load("pocketws.connection")
    load("pocketws.client")
    await talk("one connection, ws", PLAIN)
    load("pocketws.tls")
    context = sys.modules["pocketws.tls"].client_context(cafile="/ca.der")
    show("a context with one CA")
    await talk("one connection, wss", SECURE, context)
    for name in ("uplink", "wifi", "runner", "stream", "capstone"):
        load(name)
    print(json.dumps(["free in the end", gc.mem_free(), None]))

asyncio.run(main())
"""

# No board is both: its programs are clients, or led.
SERVER = """
import wifi, runner, pocketws.connection
show("")
load("pocketws.server")
load("led")
print(json.dumps(["free in the end, with led", gc.mem_free(), None]))
"""


def measure(pico, plain, secure, mpy):
    """Return [(step, bytes in use since the start, bytes more than before the step)], with .mpy files or .py ones."""
    board = deploy.Board(pico.port)
    facts = board.look()
    contents = {path: file.read_bytes() for path, file in deploy.wanted("echo").items()}
    if mpy:
        contents = deploy.compiled(contents, facts.mpy)
    contents["/ca.der"] = secure.ca()
    deploy.carry_out(deploy.make_plan(contents, facts.files), board, facts, tell=lambda text: None)
    client = CLIENT.replace("PLAIN", repr(plain.url("echo"))).replace("SECURE", repr(secure.url("echo")))
    output = "".join(pico.mpremote("exec", BEGINNING + program, seconds=SECONDS) for program in (client, SERVER))
    steps = [tuple(deploy.json.loads(line)) for line in output.splitlines()]
    return [step for step in steps if step[0]]


@pytest.fixture(scope="module")
def steps():
    micropython()
    with prepared() as pico, BoardServer() as plain, BoardServer(tls=True) as secure:
        yield {mpy: measure(pico, plain, secure, mpy) for mpy in (False, True)}


@pytest.mark.parametrize("mpy", [False, True], ids=["py", "mpy"])
def test_a_client_leaves_room_for_a_program(steps, mpy):
    sizes = {step: (total, more) for step, total, more in steps[mpy]}
    assert sizes["import pocketws.client"][0] < 120_000
    assert sizes["one connection, ws"][1] < 12_000
    assert sizes["free in the end"][0] > 16_000 and sizes["free in the end, with led"][0] > 16_000


@pytest.mark.parametrize("mpy", [False, True], ids=["py", "mpy"])
def test_the_next_connection_takes_the_place_of_the_one_before(steps, mpy):
    sizes = {step: more for step, _, more in steps[mpy]}
    assert sizes["one connection, wss"] < 4_000


if __name__ == "__main__":
    with VirtualPico() as pico, BoardServer() as plain, BoardServer(tls=True) as secure:
        tables = [measure(pico, plain, secure, mpy) for mpy in (False, True)]
    print("| step | bytes with .py | bytes with .mpy |\n|---|---:|---:|")
    for (step, total, more), (_, other_total, other) in zip(*tables, strict=True):
        print(f"| {step} | {total if more is None else more:,} | {other_total if other is None else other:,} |")

"""The network of the virtual Pico: what a program on it gets, and what a server or a client opposite gets."""

import errno
import shutil
import socket
import textwrap
import threading
from contextlib import closing

import pytest
from websockets.sync.server import serve

from classroom.virtual_pico import VirtualPico
from tests.boards import quick_mpremote
from tests.test_micropython import ROOT, micropython

SECONDS = 20
QUIET = 0.3  # seconds in which nothing may come: what came too early would be seen, and nothing waits longer for it

JOIN = """
import network, socket, sys, time
wlan = network.WLAN(network.STA_IF)
wlan.active(True)
wlan.connect("classroom", "websockets")
while not wlan.isconnected():
    time.sleep_ms(5)

def call(host, port):
    s = socket.socket()
    s.connect(socket.getaddrinfo(host, port)[0][-1])
    return s
"""


@pytest.fixture(scope="module")
def pico():
    micropython()
    with quick_mpremote(), VirtualPico() as pico:
        yield pico


@pytest.fixture(autouse=True)
def as_new(pico):
    yield
    pico.plug_in()
    pico.wifi.restore()


@pytest.fixture
def server():
    """A plain server; the test takes its connections itself."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(SECONDS)
        yield server


def run(pico, program, **values):
    """Let the board start with this program. `values` stand for the capital words in it."""
    program = JOIN + textwrap.dedent(program)
    for name, value in values.items():
        program = program.replace(name.upper(), repr(value))
    pico.put("main.py", program)
    pico.reset()


def accepted(server):
    connection, _ = server.accept()
    connection.settimeout(SECONDS)
    return closing(connection)


def is_silent(connection):
    """Tell whether neither data nor an end of the connection comes."""
    connection.settimeout(QUIET)
    try:
        connection.recv(1)
        return False
    except TimeoutError:
        return True
    finally:
        connection.settimeout(SECONDS)


ECHO = """
s = call("127.0.0.1", PORT)
s.write(b"ready")
while True:
    data = s.recv(100)
    if not data:
        break
    s.write(data)
print("the end")
s.close()
"""


def test_bytes_go_both_ways_and_the_end_arrives(pico, server):
    run(pico, ECHO, port=server.getsockname()[1])
    with accepted(server) as connection:
        assert connection.recv(5) == b"ready"
        connection.sendall(b"hello")
        assert connection.recv(5) == b"hello"
        connection.shutdown(socket.SHUT_WR)
        pico.wait_for_line("the end")
        assert connection.recv(1) == b""


def test_a_large_message_arrives_whole(pico, server):
    program = """
    s = call("localhost", PORT)
    buffer = bytearray(10000)
    seen = 0
    while seen < 1000000:
        seen += s.readinto(buffer, min(10000, 1000000 - seen))
    s.write(b"got it all")
    """
    run(pico, program, port=server.getsockname()[1])
    with accepted(server) as connection:
        connection.sendall(bytes(1_000_000))
        assert connection.recv(20) == b"got it all"


def test_a_pulled_cable_is_silent_and_nothing_is_lost(pico, server):
    run(pico, ECHO, port=server.getsockname()[1])
    with accepted(server) as connection:
        assert connection.recv(5) == b"ready"
        pico.unplug()
        assert not pico.plugged
        connection.sendall(b"in the dark")
        assert is_silent(connection)
        assert pico.wifi.status == "connected"  # the cable is that of the access point
        pico.plug_in()
        assert connection.recv(20) == b"in the dark"


def test_an_end_does_not_pass_a_pulled_cable(pico, server):
    program = """
    s = call("127.0.0.1", PORT)
    s.write(b"ready")
    print("connected")
    while not pin.value():
        time.sleep_ms(5)
    s.close()
    print("closed")
    """
    run(
        pico,
        "from machine import Pin\npin = Pin(2, Pin.IN)\n" + textwrap.dedent(program),
        port=server.getsockname()[1],
    )
    with accepted(server) as connection:
        assert connection.recv(5) == b"ready"
        pico.wait_for_line("connected")
        pico.unplug()
        pico.press(2)
        pico.wait_for_line("closed")
        assert is_silent(connection)
        pico.plug_in()
        assert connection.recv(1) == b""
    pico.release(2)


def test_a_connection_opened_without_cable_gets_through_later(pico, server):
    program = """
    print("cable?")
    while not pin.value():
        time.sleep_ms(5)
    s = call("127.0.0.1", PORT)
    s.write(b"at last")
    print("written")
    s.recv(1)
    """
    source = "from machine import Pin\npin = Pin(2, Pin.IN)\n" + textwrap.dedent(program)
    run(pico, source, port=server.getsockname()[1])
    pico.wait_for_line("cable?")
    pico.unplug()
    pico.press(2)
    pico.wait_for_line("written")
    server.settimeout(QUIET)
    with pytest.raises(TimeoutError):
        server.accept()
    server.settimeout(SECONDS)
    pico.plug_in()
    with accepted(server) as connection:
        assert connection.recv(7) == b"at last"
    pico.release(2)


def test_wifi_drops_and_returns(pico, server):
    program = """
    s = call("127.0.0.1", PORT)
    s.write(b"first")
    while wlan.isconnected():
        time.sleep_ms(5)
    print("lost, status", wlan.status(), wlan.ifconfig()[0])
    for host in ("127.0.0.1", "example.org"):
        try:
            call(host, PORT)
        except OSError as error:
            print(host, "errno", error.errno)
    wlan.connect("classroom", "websockets")
    while wlan.status() in (1, 2):
        time.sleep_ms(5)
    print("again, status", wlan.status())
    while not wlan.isconnected():
        wlan.connect("classroom", "websockets")
        while wlan.status() in (1, 2):
            time.sleep_ms(5)
    call("127.0.0.1", PORT).write(b"second")
    print("back")
    time.sleep(100)
    """
    run(pico, program, port=server.getsockname()[1])
    with accepted(server) as connection:
        assert connection.recv(5) == b"first"
        pico.wifi.drop()
        pico.wait_for_line("lost, status 0 0.0.0.0")
        pico.wait_for_line(f"127.0.0.1 errno {errno.EHOSTUNREACH}")
        pico.wait_for_line("example.org errno -2")
        assert is_silent(connection)
        pico.wait_for_line("again, status -2")
        pico.wifi.restore()
        pico.wait_for_line("back")
        assert pico.wifi.ip == "192.168.4.20"
        with accepted(server) as second:
            assert second.recv(6) == b"second"


def test_a_hard_reset_leaves_the_other_side_in_the_dark_until_it_sends(pico, server):
    """As on a board whose plug was pulled: nobody says goodbye. The next board knows nothing of the connection."""
    run(pico, ECHO, port=server.getsockname()[1])
    with accepted(server) as connection:
        assert connection.recv(5) == b"ready"
        pico.reset()
        with accepted(server) as after:  # main.py again
            assert after.recv(5) == b"ready"
            assert is_silent(connection)
            connection.sendall(b"are you there?")
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
            after.sendall(b"yes")
            assert after.recv(3) == b"yes"


def test_a_soft_reset_closes_connections(pico, server):
    run(pico, ECHO, port=server.getsockname()[1])
    with accepted(server) as connection:
        assert connection.recv(5) == b"ready"
        pico.mpremote("soft-reset")
        try:
            assert connection.recv(1) == b""
        except ConnectionResetError:
            pass


def test_a_refused_connection_is_reset_as_lwip_says(pico):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    program = """
    try:
        s = call("127.0.0.1", PORT)
        print("read", s.recv(1))
    except OSError as error:
        print("errno", error.errno)
    """
    run(pico, program, port=port)
    pico.wait_for_line(f"errno {errno.ECONNRESET}")


def test_an_unknown_name_and_no_cable(pico):
    program = """
    for host in ("name.invalid", "example.org"):
        while host == "example.org" and not pin.value():
            time.sleep_ms(5)
        try:
            socket.getaddrinfo(host, 80)
        except OSError as error:
            print(host, error.errno)
    """
    run(pico, "from machine import Pin\npin = Pin(2, Pin.IN)\n" + textwrap.dedent(program))
    pico.wait_for_line("name.invalid -2")
    pico.unplug()
    pico.press(2)
    pico.wait_for_line("example.org -2")
    pico.release(2)


SERVER = """
s = socket.socket()
s.bind(socket.getaddrinfo("0.0.0.0", 80)[0][-1])
s.listen(2)
print("serving")
while True:
    connection, address = s.accept()
    connection.write(connection.recv(100))
    connection.close()
"""


def test_a_server_on_the_board_is_reached_and_again_after_a_reset(pico):
    run(pico, SERVER)
    for _ in range(2):
        pico.wait_for_line("serving")
        host, port = pico.address(80).split(":")
        with socket.create_connection((host, int(port)), SECONDS) as connection:
            connection.sendall(b"hello")
            assert connection.recv(10) == b"hello"
            assert connection.recv(10) == b""
        pico.reset()


def test_nobody_listens(pico):
    with pytest.raises(LookupError, match="listens on port 4711"):
        pico.address(4711)


def test_asyncio_on_the_board_serves_and_calls(pico, server):
    program = """
    import asyncio
    async def echo(reader, writer):
        writer.write(await reader.read(100))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    async def main():
        await asyncio.start_server(echo, "0.0.0.0", 8080)
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        writer.write(b"called")
        await writer.drain()
        print("serving")
        await asyncio.sleep(100)
    asyncio.run(main())
    """
    run(pico, program, port=server.getsockname()[1])
    with accepted(server) as connection:
        assert connection.recv(6) == b"called"
        pico.wait_for_line("serving")
        host, port = pico.address(8080).split(":")
        with socket.create_connection((host, int(port)), SECONDS) as client:
            client.sendall(b"over asyncio")
            assert client.recv(20) == b"over asyncio"


def test_the_clock_from_the_network(pico):
    program = """
    import ntptime
    ntptime.settime()
    wlan.disconnect()
    try:
        ntptime.settime()
    except OSError as error:
        print("errno", error.errno)
    """
    run(pico, program)
    pico.wait_for_line(f"errno {errno.ETIMEDOUT}")
    assert [event for event in pico.events if event["event"] == "ntp"]


def test_pocketws_on_the_board_and_websockets_here(pico, tmp_path):
    """A round trip with a WebSocket server, and its end as agreed."""
    shutil.copytree(ROOT / "lib" / "pocketws", tmp_path / "pocketws", ignore=shutil.ignore_patterns("__pycache__"))
    pico.mpremote("fs", "cp", "-r", tmp_path / "pocketws", ":lib/")
    ends = []

    def echo(websocket):
        for message in websocket:
            websocket.send(message)
        ends.append(websocket.close_code)

    with serve(echo, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        program = """
        import asyncio, gc
        gc.threshold(8192)  # collect what the compiler leaves, or the heap is in pieces
        from pocketws import connect
        async def main():
            async with connect("ws://127.0.0.1:%d/" % PORT) as websocket:
                await websocket.send("hello")
                print("echo", await websocket.recv())
                await websocket.send(bytes(16384))
                print("echo of", len(await websocket.recv()))
            gc.collect()
            print("closed", websocket.close_code)
        asyncio.run(main())
        """
        run(pico, program, port=server.socket.getsockname()[1])
        pico.wait_for_line("echo hello")
        pico.wait_for_line("echo of 16384")
        pico.wait_for_line("closed 1000")
        server.shutdown()
    assert ends == [1000]

"""The example of async_websocket_client on the virtual Pico, with only its Wi-Fi and its URL changed.

It is main.py there, beside the boot.py of device/. See tests/network/test_seed_example.py for
which program that is.
"""

import re

import pytest

from classroom.board_server import BoardServer
from tests.network.test_seed_example import OUTPUT, example

pytest_plugins = "tests.boards"

SECONDS = 40  # the example itself sleeps for seconds


def changed(**values):
    """Return the example with other values for its names in capitals."""
    text = example()
    for name, value in values.items():
        text, count = re.subn(rf"^({name} *=).*$", rf'\1 "{value}"', text, flags=re.MULTILINE)
        assert count == 1
    return text


@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
def test_the_example_of_the_known_client(pico, tls):
    with BoardServer(tls=tls) as server:
        url = server.url("echo")
        pico.put("main.py", changed(WIFI_SSID="classroom", WIFI_PASSWORD="websockets", TEST_URL=url))
        before = len(pico.log)
        pico.reset()
        pico.wait_for_line("Connection closed", SECONDS)
        lines = pico.log[before:]
        server.stop()
    expected = OUTPUT.format(url=url).replace("your_wifi_ssid", "classroom")
    expected = expected.replace("IP: 192.168.4.2\n", "IP: 192.168.4.20\n")
    printed = [line for line in lines if not re.match(r"Connecting\.\.\. \d+s remaining$", line)]
    assert printed == expected.splitlines()
    assert server.closed == [1000] and server.rounds == 6

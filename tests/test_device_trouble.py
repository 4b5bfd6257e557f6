"""A board in trouble: its cable is pulled, its server restarts, its Wi-Fi drops, its plug is pulled, at random.

It is back each time within the bound that runner.py states, its memory stays as it was, and
the server's acknowledgements show no reading lost.

BOARD_TROUBLES sets how often: 10 by default, 200 for all.
"""

import os
import random
import re
from statistics import median

import pytest

from classroom.board_server import BoardServer
from tests.boards import QUICK, run

pytest_plugins = "tests.boards"

TROUBLES = int(os.environ.get("BOARD_TROUBLES", "10"))
SEED = int(os.environ.get("BOARD_SEED", "11"))
INTERVAL = 0.2  # seconds between two readings: a board keeps those of 40 seconds, and no trouble takes as long
CONNECTING = 10  # seconds that joining and connecting may take on a busy machine
BOUND = 2 * QUICK["keepalive"] + QUICK["longest_wait"] + CONNECTING
LEAK = 6000  # bytes of the heap: a few objects more or less are alive at each look
LEAST = 32_000  # bytes that stay free while readings pile up

pytestmark = pytest.mark.timeout(max(120, 2 * BOUND * TROUBLES))


class Trouble:
    """What a hand does to `pico` and `server`. Each kind ends with all in order again."""

    def __init__(self, pico, server, choice):
        self.pico, self.server, self.choice = pico, server, choice

    def _line(self, text, before):
        """Wait for a line with `text` in it that is not among those `before` (int) it."""
        self.pico.wait(lambda: any(text in line for line in self.pico.log[before:]), BOUND)

    def cable(self):
        before = len(self.pico.log)
        self.pico.unplug()
        if self.choice.random() < 0.5:  # long enough for the board to notice
            self._line("again in", before)
        self.pico.plug_in()

    def restart(self):
        before = len(self.pico.log)
        self.server.stop()
        if self.choice.random() < 0.5:
            self._line("again in", before)
        self.server.start()

    def wifi(self):
        before = len(self.pico.log)
        self.pico.wifi.drop()
        self._line("runner: Wi-Fi:", before)  # lost, or not joined yet
        if self.choice.random() < 0.5:
            self._line("no such network", before)
        self.pico.wifi.restore()

    def power(self):
        self.pico.reset()


def test_the_board_is_always_back_and_no_acknowledged_reading_is_lost(pico):
    choice = random.Random(SEED)
    kinds = ["cable", "restart", "wifi", "power"]
    with BoardServer() as server:
        run(pico, server, app="stream", interval=INTERVAL)
        server.wait(lambda: server.readings)
        trouble = Trouble(pico, server, choice)
        for number in range(TROUBLES):
            kind = kinds[number] if number < len(kinds) else choice.choice(kinds)
            getattr(trouble, kind)()
            seen = {boot: max(readings) for boot, readings in server.readings.items()}
            try:
                server.wait(
                    lambda seen=seen: any(max(r) > seen.get(b, 0) for b, r in list(server.readings.items())), BOUND
                )
            except TimeoutError as error:
                last = "\n".join(pico.log[-20:])
                raise AssertionError(f"not back after {number}: {kind} (BOARD_SEED={SEED}). {error}\n{last}") from None
    assert len(server.readings) <= list(pico.resets).count("power")  # the first one is that of run()
    for boot, readings in server.readings.items():
        assert sorted(readings) == list(range(1, max(readings) + 1)), f"boot {boot} has a gap"
        assert server.dropped[boot] == 0
    free = [int(re.search(r"(\d+) bytes free", line)[1]) for line in pico.log if "bytes free" in line]
    first, second = free[: len(free) // 2], free[len(free) // 2 :]
    # The middle one of each half: the first of a boot is taken before all is loaded.
    assert first and median(second) > median(first) - LEAK and min(free) > LEAST, free
    assert "watchdog" not in pico.resets and "out of memory" not in "\n".join(pico.log)

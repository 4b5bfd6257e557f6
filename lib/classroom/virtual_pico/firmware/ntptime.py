"""The module ntptime: the time from the network. The virtual board has it from its computer."""

import errno
import time as _time

from _board import ask, tell

host = "pool.ntp.org"
timeout = 1


def time():
    """Return the time in seconds. Raises OSError without a network."""
    if not ask("online"):
        raise OSError(errno.ETIMEDOUT)
    return int(_time.time())


def settime():
    """Set the board's clock."""
    tell("ntp", time())

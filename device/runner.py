"""Runs the program of this board for ever: through lost Wi-Fi, restarts of the server, and errors.

The loop below feeds the watchdog, if settings.json asks for one: a program that hangs then
gets the board reset. It cannot be stopped again, not even by Ctrl-C or a soft reset: only a
hard reset ends it. So it is off while a program is being written.

What TCP does not notice, such as a cable that was pulled, the pings of its connection do.
So a board is back, at the latest, twice `keepalive` after it was cut off, plus
`longest_wait`, plus what joining and connecting take.
"""

import asyncio
import gc
import sys
import time

import machine
from settings import load
from wifi import WiFi, WiFiError

from pocketws.exceptions import WebSocketException

LOOK = 100  # milliseconds between two looks at the Wi-Fi
FIRST_WAIT = 1  # seconds; it doubles with each failure in a row
GOOD = 10000  # milliseconds after which an attempt counts as a success
EXPECTED = (OSError, asyncio.TimeoutError, WebSocketException)  # what networks and servers do; all else is a bug


def start():
    """Run until the program is done, or Ctrl-C."""
    settings = load()
    try:
        program = __import__(settings["app"])
        asyncio.run(run(settings, program))
        print("runner: %s is done" % settings["app"])
    except MemoryError:  # in the import: the heap is in pieces, in others after a reset
        print("runner: out of memory; the board starts anew")
        time.sleep(1)  # in which Ctrl-C gets through
        machine.reset()
    except KeyboardInterrupt:
        print("runner: stopped by Ctrl-C; Ctrl-D starts it again")
        if settings["watchdog"]:
            print("runner: the watchdog resets the board in %g s" % (settings["watchdog"] / 1000))
    finally:
        asyncio.new_event_loop()  # no task goes on at the prompt


async def run(settings, program):
    """Run program.main(settings), again whenever it ends, until it returns True."""
    if settings["watchdog"]:
        feed = machine.WDT(timeout=settings["watchdog"]).feed
    else:
        feed = _nothing
    wifi = WiFi(settings["wifi"])
    wait = FIRST_WAIT
    while True:
        begun = time.ticks_ms()
        try:
            await _watched(feed, wifi.join())
            if settings["url"].startswith("wss:") or settings["key"]:
                set_clock()
            if await _watched(feed, program.main(settings), wifi):
                return
            print("runner: the connection has ended")
        except WiFiError as error:
            print("runner: Wi-Fi:", error)
        except MemoryError:
            print("runner: out of memory; the board starts anew")
            machine.reset()
        except Exception as error:
            print("runner: %s: %s" % (type(error).__name__, error))
            if not isinstance(error, EXPECTED):
                sys.print_exception(error)
        gc.collect()
        if time.ticks_diff(time.ticks_ms(), begun) > GOOD:
            wait = FIRST_WAIT
        print("runner: %d bytes free; again in %g s" % (gc.mem_free(), min(wait, settings["longest_wait"])))
        await _watched(feed, _pause(min(wait, settings["longest_wait"])))
        wait = min(2 * wait, settings["longest_wait"])


def _nothing():
    """Feed no watchdog."""


async def _pause(seconds):
    """Wait. MicroPython's sleeps share one object: made here and awaited in another task, it has that one's length."""
    await asyncio.sleep(seconds)


async def _watched(feed, coroutine, wifi=None):
    """Return what `coroutine` returns; call feed() meanwhile, again and again. Raises what the coroutine raises.

    wifi: if the Wi-Fi is lost, the coroutine is cancelled, and WiFiError raised.
    """
    outcome = []

    async def work():
        try:
            outcome.append((await coroutine, None))
        except Exception as error:
            outcome.append((None, error))

    task = asyncio.create_task(work())
    lost = False
    while not task.done():
        feed()
        if not (lost or wifi is None or wifi.is_connected()):
            lost = True
            task.cancel()
        await asyncio.sleep_ms(LOOK)
    if lost:
        raise WiFiError("lost")
    result, error = outcome[0]
    if error is not None:
        raise error
    return result


def set_clock():
    """Ask the network for the time, if nobody has yet: certificates and signatures need it. Raises OSError."""
    if time.gmtime()[0] < 2024:  # a board starts in 2021, or 1970
        import ntptime

        ntptime.settime()
        print("runner: the clock is set: %04d-%02d-%02d %02d:%02d UTC" % time.gmtime()[:5])

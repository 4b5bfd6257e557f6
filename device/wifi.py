"""The Wi-Fi of the board, joined without holding up the event loop, and never for ever.

wifi = WiFi([["home", "secret"], ["cafe", None]])
await wifi.join()  # raises WiFiError
wifi.is_connected()

off -> connecting -> connected -> lost -> connecting -> ...
           |-> no such network, wrong password, gave up -> connecting -> ...
"""

import asyncio
import time

import network

SECONDS = 20  # for one network
STEP = 50  # milliseconds between two looks

_FAILURES = {
    network.STAT_WRONG_PASSWORD: "wrong password",
    network.STAT_NO_AP_FOUND: "no such network",
    network.STAT_CONNECT_FAIL: "gave up",
}


class WiFiError(Exception):
    """No network could be joined. The text says why, network by network."""


class WiFi:
    """networks: list of (name, password), the preferred one first; None as password of an open one.

    state: str, one of those above, as of the last join() or is_connected(). ip: str or None.
    """

    def __init__(self, networks):
        self.networks = networks
        self.state = "off"
        self.ip = None
        self._wlan = network.WLAN(network.STA_IF)

    def is_connected(self):
        """Tell whether there is a network, now."""
        if self._wlan.isconnected():
            return True
        if self.state == "connected":
            self.state, self.ip = "lost", None
        return False

    async def join(self, seconds=SECONDS):
        """Join the first network that lets us in, unless there is one. Raises WiFiError.

        seconds: how long one network may take.
        """
        self._wlan.active(True)
        reasons = []
        if not self.is_connected():
            for name, password in self.networks:
                await self._try(name, password, seconds)
                if self.state == "connected":
                    break
                reasons.append("%s: %s" % (name, self.state))
                print("Wi-Fi", reasons[-1])
            else:
                raise WiFiError(", ".join(reasons) or "settings.json names no network")
        self.state = "connected"
        self.ip = self._wlan.ifconfig()[0]

    async def _try(self, name, password, seconds):
        """Try one network. What comes of it is in `state`."""
        self.state = "connecting"
        print("Wi-Fi %s: connecting" % name)
        self._wlan.connect(name, password)
        start = time.ticks_ms()
        begun = False
        while time.ticks_diff(time.ticks_ms(), start) < seconds * 1000:
            status = self._wlan.status()
            if status == network.STAT_GOT_IP:
                self.state = "connected"
                print("Wi-Fi %s: connected as %s" % (name, self._wlan.ifconfig()[0]))
                return
            if status in _FAILURES:
                self.state = _FAILURES[status]
                break
            if status != network.STAT_IDLE:
                begun = True
            elif begun:  # the access point has gone in the middle of it
                self.state = "gave up"
                break
            await asyncio.sleep_ms(STEP)
        else:
            self.state = "gave up"
        self._wlan.disconnect()

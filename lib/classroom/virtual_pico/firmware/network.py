"""The module network: the Wi-Fi of a Pico W, as a client of an access point."""

import errno

from _board import ask, levels, settings, tell

STA_IF, AP_IF = 0, 1
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 0, 1, 3
STAT_CONNECT_FAIL, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD = -1, -2, -3

_active = [levels()[0] != 0]  # a soft reset leaves the Wi-Fi as it is
_names = {"hostname": "PicoW", "country": "XX"}


class WLAN:
    IF_STA, IF_AP = 0, 1
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 16, 10555714, 17

    def __init__(self, interface=STA_IF):
        if interface != STA_IF:
            raise NotImplementedError("a virtual Pico is no access point")

    def active(self, on=None):
        if on is None:
            return _active[0]
        _active[0] = bool(on)
        if not on:
            self.disconnect()

    def connect(self, ssid=None, key=None, *, bssid=None, security=None):
        """Begin to join; status() tells how it goes. Raises OSError(EPERM) while not active."""
        if not _active[0]:
            raise OSError(errno.EPERM)
        ask("join", ssid, key)

    def disconnect(self):
        ask("leave")

    def status(self, what=None):
        """Return a STAT_ value, or 2 while it waits for an address, or with "rssi" the signal in dBm."""
        wifi, dbm = levels()[:2]
        if what == "rssi":
            return dbm
        if what is not None:
            raise ValueError("unknown status param")
        return wifi

    def isconnected(self):
        return self.status() == STAT_GOT_IP

    def ifconfig(self, *address):
        if self.isconnected():
            return settings["ip"], "255.255.255.0", settings["gateway"], settings["gateway"]
        return "0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0"

    def ipconfig(self, what=None, **options):
        address, mask, gateway, _ = self.ifconfig()
        return {"addr4": (address, mask), "gw4": gateway, "dhcp4": True}.get(what)

    def config(self, what=None, **options):
        if what == "mac":
            return b"\x28\xcd\xc1" + settings["id"][-3:].encode()
        if what in ("ssid", "essid"):
            return ask("ssid")
        return _names.get(what)

    def scan(self):
        """Return (ssid, bssid, channel, dBm, security, hidden) of each access point in reach."""
        return [(ssid.encode(), b"\x02\0\0\0\0\x01", 6, dbm, 5, 0) for ssid, dbm in ask("scan")]


def hostname(name=None):
    return _set("hostname", name)


def country(code=None):
    return _set("country", code)


def ipconfig(what=None, **options):
    """Return None: what the network gives as DNS is used."""


def _set(what, name):
    if name is None:
        return _names[what]
    _names[what] = name
    tell(what, name)

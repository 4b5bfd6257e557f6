"""A stand-in for a board's `network` module: the access point is near, and its password right."""

STA_IF, AP_IF = 0, 1


class WLAN:
    """A network interface that has an address as soon as it is told to connect."""

    def __init__(self, interface):
        self._active = False
        self._connected = False

    def active(self, on=None):
        if on is not None:
            self._active = bool(on)
        return self._active

    def connect(self, ssid, key=None):
        self._connected = self._active

    def isconnected(self):
        return self._connected

    def ifconfig(self):
        """Return (address, subnet mask, gateway, DNS server)."""
        if not self._connected:
            return ("0.0.0.0",) * 4
        return "192.168.4.2", "255.255.255.0", "192.168.4.1", "192.168.4.1"

"""What is around the virtual Pico: its pins, its sensor, its Wi-Fi, its watchdog and its timers."""

import asyncio
import os
import struct

# As in firmware/_board.py: the Wi-Fi's status, its dBm, five ADC channels, pins pressed, pins high.
STATE = struct.Struct("<hh5HII")
LED = 31
JOINING = 0.2  # seconds that it takes to join: a board needs some
STATES = {
    0: "off",
    1: "joining",
    2: "waiting for an address",
    3: "connected",
    -1: "failed",
    -2: "no network",
    -3: "wrong password",
}
ONLINE = 3


class World:
    """networks: dict of {name: password, str or None} that the Wi-Fi finds.

    told: callable(event, **facts) for each change. online: callable(bool) when the board
    gets a network or loses it. interrupt: callable(kind, number, argument) for the board's
    handlers. watchdog: callable() when the board has not fed it in time.
    path: of the file in which the board reads it all; it exists from the start.
    """

    def __init__(self, path, networks, ip, told, online, interrupt, watchdog):
        self.networks = networks
        self.ip = ip
        self._told, self._online, self._interrupt, self._watchdog = told, online, interrupt, watchdog
        self._loop = asyncio.get_running_loop()
        self._file = open(path, "w+b", buffering=0)
        self.wifi, self.dbm, self.ssid = 0, -52, None
        self.is_plugged = self.is_in_reach = True
        self.pressed = self.high = 0
        self.adc = [0, 0, 0, _from_volts(1.65), 0]
        self.set_temperature(24.0)
        self._joining = self._hungry = None
        self._timeout = 0.0
        self._timers = {}

    def _write(self):
        os.pwrite(self._file.fileno(), STATE.pack(self.wifi, self.dbm, *self.adc, self.pressed, self.high), 0)

    def close(self):
        self.reset(hard=True)
        self._file.close()

    def reset(self, hard):
        """A soft reset stops timers. A hard one also switches off outputs, Wi-Fi and watchdog."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if hard:
            if self._hungry:
                self._hungry.cancel()
            self.leave()
            for number in range(32):
                if self.high >> number & 1:
                    self.output(number, 0)

    # ---- the Wi-Fi

    @property
    def is_online(self):
        return self.wifi == ONLINE and self.is_plugged

    def join(self, ssid, key):
        """Begin to join a network, as network.WLAN.connect() does."""
        self.leave()
        self.ssid = ssid
        self._set_wifi(1)
        self._joining = self._loop.call_later(JOINING, self._joined, key)

    def _joined(self, key):
        if self.ssid not in self.networks or not self.is_in_reach:
            self._set_wifi(-2)
        elif self.networks[self.ssid] not in (None, key):
            self._set_wifi(-3)
        else:
            self._set_wifi(2)
            self._joining = self._loop.call_later(JOINING / 4, self._set_wifi, ONLINE)

    def leave(self):
        if self._joining:
            self._joining.cancel()
        if self.wifi:
            self._set_wifi(0)

    def _set_wifi(self, status):
        self.wifi = status
        self._changed_network()
        facts = {"ssid": self.ssid, "ip": self.ip} if status == ONLINE else {"ssid": self.ssid}
        self._told("wifi", status=STATES[status], **facts)

    def _changed_network(self):
        self._write()
        self._online(self.is_online)

    def set_plugged(self, plugged):
        """Put the cable of the access point in, or pull it."""
        self.is_plugged = plugged
        self._changed_network()
        self._told("cable", plugged=plugged)

    def set_in_reach(self, in_reach):
        """Let the access point disappear, or return. The board has to join anew."""
        self.is_in_reach = in_reach
        if not in_reach:
            self.leave()

    # ---- pins and sensors

    def output(self, number, level):
        """Take the level that the board gives to a pin."""
        self.high = self.high & ~(1 << number) | bool(level) << number
        self._write()
        if number == LED:
            self._told("led", on=bool(level))
        else:
            self._told("pin", pin=number, value=int(bool(level)))

    def press(self, number, pressed):
        """Press the button on a pin, or release it. Raises ValueError for a pin that there is not."""
        if not 0 <= number < 30:
            raise ValueError(f"the pins are 0 to 29, not {number}")
        if bool(self.pressed >> number & 1) != pressed:
            self.pressed ^= 1 << number
            self._write()
            self._interrupt("pin", number, pressed)

    def set_temperature(self, celsius):
        """Set the temperature of the chip, which ADC channel 4 sees as a voltage (RP2040 datasheet, 4.9.5)."""
        self.temperature = celsius
        self.adc[4] = _from_volts(0.706 - (celsius - 27) * 0.001721)
        self._write()
        self._told("temperature", celsius=celsius)

    def set_voltage(self, number, volts):
        """Set what is at an analogue pin, 26 to 28. Raises ValueError for another."""
        if number not in (26, 27, 28):
            raise ValueError(f"the analogue pins are 26 to 28, not {number}")
        self.adc[number - 26] = _from_volts(volts)
        self._write()

    # ---- time

    def watch(self, milliseconds):
        """Start the watchdog: feed() within this time, again and again, or the board is reset."""
        self._timeout = milliseconds / 1000
        self.feed()

    def feed(self):
        if self._hungry:
            self._hungry.cancel()
        self._hungry = self._loop.call_later(self._timeout, self._watchdog)

    def set_timer(self, number, seconds, repeats):
        """Start the board's timer `number`; with 0 seconds, stop it."""
        if number in self._timers:
            self._timers.pop(number).cancel()
        if seconds > 0:
            self._timers[number] = self._loop.create_task(self._tick(number, seconds, repeats))

    async def _tick(self, number, seconds, repeats):
        start, count = self._loop.time(), 0
        while True:
            count += 1
            await asyncio.sleep(start + count * seconds - self._loop.time())
            self._interrupt("timer", number, 0)
            if not repeats:
                return


def _from_volts(volts):
    return max(0, min(65535, round(volts / 3.3 * 65535)))

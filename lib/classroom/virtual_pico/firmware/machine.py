"""The module machine: pins, ADC, timers and the watchdog of the board, as far as programs of the course use them."""

import time

from _board import levels, on_interrupt, settings, tell

PWRON_RESET, WDT_RESET = 1, 3
_LED = 31  # where the state of the LED is kept: there are 30 pins

_high = [levels()[-1]]  # one bit for each output; a soft reset leaves them as they were


class Pin:
    IN, OUT, OPEN_DRAIN, ALT = 0, 1, 2, 3
    PULL_UP, PULL_DOWN = 1, 2
    IRQ_FALLING, IRQ_RISING = 4, 8

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=0, alt=0):
        self._number = _number(id)
        self._is_output = False
        self._pull = None
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None, drive=0, alt=0):
        if mode != -1:
            self._is_output = mode == Pin.OUT
        if pull != -1:
            self._pull = pull
        if value is not None:
            self.value(value)

    def value(self, level=None):
        bit = 1 << self._number
        if level is None:
            if self._is_output or self._number == _LED:
                return 1 if _high[0] & bit else 0
            return self._seen(levels()[-2] & bit)
        if bool(level) != bool(_high[0] & bit):
            _high[0] ^= bit
            tell("pin", self._number, 1 if level else 0)

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    high, low = on, off

    def toggle(self):
        self.value(not self.value())

    def irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING, *, hard=False):
        """Call handler(pin) when the level of the pin rises or falls, as `trigger` says."""
        rings = None
        if handler is not None:

            def rings(pressed):
                edge = Pin.IRQ_RISING if self._seen(pressed) else Pin.IRQ_FALLING
                if trigger & edge:
                    handler(self)

        on_interrupt("pin", self._number, rings)

    def _seen(self, pressed):
        """Return the level: a button pulls to ground what is pulled up, and to 3.3 V anything else."""
        return 1 if bool(pressed) != (self._pull == Pin.PULL_UP) else 0

    def __repr__(self):
        return "Pin(LED)" if self._number == _LED else "Pin(GPIO%d)" % self._number


def _number(id):
    if isinstance(id, Pin):
        return id._number
    if id in ("LED", "WL_GPIO0"):
        return _LED
    number = int(id[2:]) if isinstance(id, str) and id[:2] == "GP" else id
    if not isinstance(number, int) or not 0 <= number < 30:
        raise ValueError("invalid pin")
    return number


class ADC:
    CORE_TEMP = 4

    def __init__(self, id):
        number = _number(id) if isinstance(id, Pin) or id not in range(5) else id
        channel = number - 26 if number > 4 else number
        if channel not in range(5):
            raise ValueError("Pin doesn't have ADC capabilities")
        self._channel = channel

    def read_u16(self):
        return levels()[2 + self._channel]


class PWM:
    def __init__(self, pin, *, freq=0, duty_u16=0, duty_ns=0):
        self._number = _number(pin)
        self._freq = freq
        self._duty = duty_u16

    def freq(self, hertz=None):
        if hertz is None:
            return self._freq
        self._freq = hertz

    def duty_u16(self, duty=None):
        if duty is None:
            return self._duty
        self._duty = duty
        tell("pwm", self._number, duty)

    def deinit(self):
        self.duty_u16(0)


class Timer:
    ONE_SHOT, PERIODIC = 0, 1
    _numbers = [0]

    def __init__(self, id=-1, **options):
        Timer._numbers[0] += 1
        self._number = Timer._numbers[0]
        if options:
            self.init(**options)

    def init(self, *, mode=PERIODIC, freq=-1, period=-1, callback=None, tick_hz=1000, hard=False):
        """Call callback(timer) every `period` / `tick_hz` seconds, or `freq` times a second."""
        seconds = 1 / freq if freq > 0 else period / tick_hz
        on_interrupt("timer", self._number, lambda _: callback(self) if callback else None)
        tell("timer", self._number, seconds, mode)

    def deinit(self):
        on_interrupt("timer", self._number, None)
        tell("timer", self._number, 0, 0)


class WDT:
    """Resets the board unless feed() is called every `timeout` ms. It cannot be stopped, as on a board."""

    def __init__(self, id=0, timeout=5000):
        if not 1 <= timeout <= 8388:
            raise ValueError("timeout exceeds 8388")
        self._timeout = timeout
        self._fed = time.ticks_ms()
        tell("watchdog", timeout)

    def feed(self):
        # A loop may feed it thousands of times a second: told is what counts.
        if time.ticks_diff(time.ticks_ms(), self._fed) >= self._timeout // 20:
            self._fed = time.ticks_ms()
            tell("feed")


class RTC:
    """The clock of the board: this computer's, until datetime() sets it. time.time() stays as it is."""

    _offset = [0]

    def datetime(self, fields=None):
        if fields is not None:
            year, month, day, _, hour, minute, second, _ = fields
            RTC._offset[0] = time.mktime((year, month, day, hour, minute, second, 0, 0)) - int(time.time())
            return
        year, month, day, hour, minute, second, weekday, _ = time.localtime(int(time.time()) + RTC._offset[0])[:8]
        return (year, month, day, weekday, hour, minute, second, 0)


def unique_id():
    return bytes(int(settings["id"][at : at + 2], 16) for at in range(0, 16, 2))


def freq(hertz=None):
    return settings["freq"] if hertz is None else None


def reset_cause():
    return settings["cause"]


def reset():
    tell("reset")
    while True:
        time.sleep(1)


def soft_reset():
    raise SystemExit


def bootloader(timeout=0):
    raise NotImplementedError("a virtual Pico has no BOOTSEL mode")


def idle():
    time.sleep_ms(1)


def lightsleep(ms=0):
    time.sleep_ms(ms)


def deepsleep(ms=0):
    """Sleep, and start afresh as after reset()."""
    time.sleep_ms(ms)
    reset()

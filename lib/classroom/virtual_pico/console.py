"""What goes on between the serial line and MicroPython, so that the unix port behaves as a board does.

- What the host types while the board starts is kept until it is up. So nobody has to wait after a reset.
- The unix port knows no soft reset: it ends. The next process goes on in the REPL that the one before was in.
- A board ends lines with CR LF, except in the raw REPL's protocol.
- What boot.py and main.py print goes to the log; what a host does in the REPL does not.
"""

import asyncio
import re
import secrets

RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n"
FRIENDLY_BANNER = b'Type "help()" for more information.'
RESTING = 2  # seconds in which a program that ends in machine.reset() should come to it
AGAIN = 0.002  # seconds after which an interrupt is tried again
LINE = 400  # characters of a line of the log that are kept


class Console:
    """send: callable(data) to the host. log: callable(line) for each line (str) of the log.

    is_raw: bool, whether the REPL is the raw one, which programs such as mpremote speak to.
    """

    def __init__(self, send, log):
        self._to_host, self._to_log = send, log
        self.is_raw = False
        self._process = None
        self._held = b""  # what the host typed, and the board has not got
        self._line = b""  # of the log
        self._resting = None  # while a program that ends in machine.reset() has not come to it
        self._trying = None  # while an interrupt waits for its moment

    # ---- starts of the board

    def begin(self):
        """Prepare for a start of the board. Returns the mark (bytes) that it prints after boot.py and main.py."""
        self._is_up = False
        self._is_starting = True
        self._is_dropping = False  # until the raw REPL has said its banner
        self._is_executing = False  # a program that came over the raw REPL
        self._typed = b""  # the end of what the host typed
        self._seen = b""  # the end of what the board printed, as a banner or the mark may begin there
        self._mark = b"\x10%s\x10" % secrets.token_hex(8).encode()
        self._rest(False)
        self.end_line()
        return self._mark

    def attach(self, process):
        self._process = process

    def up(self):
        """The board listens."""
        self._is_up = True
        self._pass_on()

    def hard_reset(self):
        """It forgets which REPL it was in."""
        self.is_raw = False

    def soft_reset(self):
        self.end_line()
        self._to_host(b"MPY: soft reboot\r\n")

    # ---- from the host

    def from_host(self, data):
        self._held += data
        self._pass_on()

    def _pass_on(self):
        while self._held and self._is_up and not self._resting:
            if self._held[0] == 3:
                process, self._held = self._process, self._held[1:]
                is_done = process.interrupt(self._is_executing)
                if process is not self._process:  # it was reset at that moment: for the next
                    self._held = b"\x03" + self._held
                    return
                if is_done is None:
                    self._held = b"\x03" + self._held
                    self._try_again()
                    return
                if not is_done:
                    self._type(b"\x03")
            else:
                part = re.match(rb"[^\x03\x04]*\x04?", self._held)[0]
                self._held = self._held[len(part) :]
                self._type(part)

    def interrupt_again(self, process):
        """Let the program have the last Ctrl-C, which hit a handler of pins or timers, or the thread behind them."""
        if process is self._process and process.interrupt(self._is_executing) is None:
            asyncio.get_running_loop().call_later(AGAIN, self.interrupt_again, process)

    def _try_again(self):
        if self._trying:
            self._trying.cancel()
        self._trying = asyncio.get_running_loop().call_later(AGAIN, self._pass_on)

    def _type(self, keys):
        self._typed = (self._typed + keys)[-64:]
        if self.is_raw and keys.endswith(b"\x04"):
            self._is_executing = True
            # mpremote sends "sleep; machine.reset()" and goes. Whoever comes next would interrupt the sleep.
            self._rest(self._typed.endswith(b"machine.reset()\x04"))
        self._process.write(keys)

    def _rest(self, on):
        if self._resting:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(RESTING, self._rested) if on else None

    def _rested(self):
        self._rest(False)
        self._pass_on()

    # ---- from the board

    def from_board(self, data):
        if not self._is_starting:
            self._show(data)
            return
        before, mark, after = (self._seen + data).partition(self._mark)
        if not mark:
            upto = before.rfind(b"\x10")  # the mark may have begun
            if upto < 0 or not self._mark.startswith(before[upto:]):
                upto = len(before)
            self._seen = before[upto:]
            self._send(before[:upto])
            return
        self._send(before)
        self.end_line()
        self._seen, self._is_starting = b"", False
        if self.is_raw:
            # The raw REPL of before goes on. The banner of the friendly one, which comes first, is dropped.
            self._is_dropping = True
            self._process.write(b"\x01")
        self._show(after)

    def _show(self, data):
        """Send what the REPL printed to the host, and follow which REPL it is."""
        if self._is_dropping:
            data, self._seen = self._seen + data, b""
            found = data.find(RAW_BANNER)
            if found < 0:
                self._seen = data
                return
            self._is_dropping, data = False, data[found:]
        if data.endswith(b"\x04>"):
            self._is_executing = False
        while data:
            banner = FRIENDLY_BANNER if self.is_raw else RAW_BANNER
            seen = self._seen + data
            found = seen.find(banner)
            if found < 0:
                self._seen = seen[-len(banner) + 1 :]
                self._send(data)
                return
            upto = found + len(banner) - len(self._seen)
            self._send(data[:upto])
            self.is_raw, self._seen, data = not self.is_raw, b"", data[upto:]

    def _send(self, data):
        if not self.is_raw:
            data = re.sub(rb"(?<!\r)\n", b"\r\n", data)
        if self._is_starting:
            *lines, self._line = (self._line + data).split(b"\n")
            for line in lines:
                self._log(line)
            self._line = self._line[-4 * LINE :]
        self._to_host(data)

    def _log(self, line):
        self._to_log(line.rstrip(b"\r").decode(errors="replace")[:LINE])

    def end_line(self):
        """Log the line that has no end yet."""
        line, self._line = self._line, b""
        if line:
            self._log(line)

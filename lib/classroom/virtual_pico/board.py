"""VirtualPico: the board as a notebook or a test holds it."""

import asyncio
import collections
import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from . import find_runtime

STARTING = 20  # seconds
ENDING = 5
WAITING = 20
MOST = 10_000  # events and lines that are kept


class MpremoteError(RuntimeError):
    """mpremote failed. output: str, all that it printed."""

    def __init__(self, arguments, output):
        super().__init__(f"mpremote {' '.join(arguments)} failed:\n{output}")
        self.output = output


class WiFi:
    """The board's Wi-Fi, seen from outside. status: str, such as "connected". ssid, ip: str or None."""

    def __init__(self, tell):
        self._tell = tell
        self.status, self.ssid, self.ip = "off", None, None

    def drop(self):
        """Let the access point disappear: the board's status changes, and its packets get nowhere."""
        self._tell("drop_wifi")

    def restore(self):
        """Let it return. The program on the board has to connect again."""
        self._tell("restore_wifi")

    def __repr__(self):
        return f"<Wi-Fi: {self.status}>"


class VirtualPico:
    """A virtual board; use it in a `with` or `async with` statement, or call start() and close().

    flash: path of the file that keeps the board's files, made if there is none; by default
        they are gone in the end. fresh: bool, whether to begin with an empty flash.
    model: "pico_w" (192 KiB of heap) or "pico_2_w" (400 KiB).
    networks: {name: password, str or None} of the Wi-Fi; {"classroom": "websockets"} by default.
    link: path, where the port appears; by default somewhere in a temporary folder.

    Raises Unavailable where there can be none, and OSError if it does not start: then the
    text says why. See the docstring of the package for what can be done with it.
    """

    def __init__(self, flash=None, model="pico_w", networks=None, link=None, fresh=False):
        self.model = model
        self._flash, self._link, self._fresh = flash, link, fresh
        self._networks = networks or {}
        self._changed = threading.Condition()
        self._process = None
        self._views = []
        self._forget()

    def _forget(self):
        self.port = self.device = None
        self.led, self.plugged = False, True
        self.pins = {}  # number: 0 or 1, of the outputs that a program has set
        self.heap = None  # (used, free) in bytes, as of late
        self.resets = collections.deque(maxlen=MOST)  # "soft", "hard", "watchdog", "power"
        self.events = collections.deque(maxlen=MOST)
        self.wifi = WiFi(self._tell)
        self._temperature = None
        self._addresses = {}
        self._lines = []
        self._found = 0  # lines that wait_for_line() has been through
        self._answers = collections.deque()
        self._is_over = False
        self._complaints = ""

    # ---- start and end

    def start(self):
        """Switch the board on. Returns itself."""
        find_runtime()
        self._forget()
        self._folder = tempfile.TemporaryDirectory(prefix="virtual_pico")
        link = Path(self._link or Path(self._folder.name) / "pico").absolute()
        flash = self._flash or Path(self._folder.name) / "flash.img"
        command = [sys.executable, "-m", "classroom.virtual_pico", "--until-eof", "--board", self.model]
        command += ["--link", str(link), "--flash", str(flash)]
        command += ["--fresh"] if self._fresh else []
        for name, password in self._networks.items():
            command += ["--wifi", f"{name}:{password or ''}"]
        # A session of its own: the Stop button of a notebook interrupts the cell, and not the board.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name="virtual Pico", daemon=True)
        self._reader.start()
        try:
            self.wait(lambda: self.port, STARTING)
        except BaseException:
            self.close()
            raise
        return self

    def close(self):
        """Switch it off. What it told stays readable."""
        if self._process is None:
            return
        process, self._process = self._process, None
        try:
            process.stdin.close()
        except OSError:
            pass  # it is gone
        try:
            process.wait(ENDING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join(ENDING)
        process.stdout.close()
        process.stderr.close()
        self._folder.cleanup()

    __enter__ = start

    def __exit__(self, *_):
        self.close()

    async def __aenter__(self):
        return await asyncio.to_thread(self.start)

    async def __aexit__(self, *_):
        await asyncio.to_thread(self.close)

    # ---- what it tells

    @property
    def log(self):
        """The lines that boot.py and main.py printed, a list of str."""
        with self._changed:
            return list(self._lines)

    def _read(self):
        """Take events until the supervisor ends: the work of a thread."""
        process = self._process
        for line in process.stdout:
            event = json.loads(line)
            with self._changed:
                self.events.append(event)
                self._take(event)
                self._changed.notify_all()
            for view in self._views:
                view()
        complaints = process.stderr.read()
        with self._changed:
            self._is_over = True
            self._complaints = complaints.strip()
            self._changed.notify_all()

    def _take(self, event):
        match event:
            case {"event": "start", "port": port, "device": device}:
                self.port, self.device = port, device
            case {"event": "led", "on": on}:
                self.led = on
            case {"event": "pin", "pin": number, "value": value}:
                self.pins[number] = value
            case {"event": "wifi", "status": status, "ssid": ssid}:
                self.wifi.status, self.wifi.ssid, self.wifi.ip = status, ssid, event.get("ip")
            case {"event": "cable", "plugged": plugged}:
                self.plugged = plugged
            case {"event": "temperature", "celsius": celsius}:
                self._temperature = celsius
            case {"event": "heap", "used": used, "free": free}:
                self.heap = used, free
            case {"event": "listen", "port": port, "address": address}:
                self._addresses[port] = address
            case {"event": "reset", "kind": kind}:
                self.resets.append(kind)
                if kind == "power":
                    self._found = len(self._lines)
            case {"event": "serial", "line": line}:
                self._lines.append(line)
            case {"event": "done" | "error", "command": _}:
                self._answers.append(event)
            case {"event": "error", "text": text}:
                self._complaints = text

    # ---- waiting

    def wait(self, condition, seconds=WAITING):
        """Return what condition() returns, once that is true. Raises TimeoutError after `seconds`, with the log.

        condition: callable(), which looks at this object; it is called when something has changed.
        """
        result = None

        def look():
            nonlocal result
            result = condition()
            return result or self._is_over

        with self._changed:
            self._changed.wait_for(look, seconds)
            if result:
                return result
            last = "\n".join(self._lines[-20:])
            if self._is_over:
                raise OSError(f"the virtual Pico has ended. {self._complaints}\n{last}".strip())
        raise TimeoutError(f"not within {seconds} s. The last lines of the log:\n{last}")

    def wait_for_line(self, text, seconds=WAITING):
        """Return the next line of the log that has `text` in it.

        Lines before one that was found, or before reset(), do not count again.
        Raises TimeoutError after `seconds`.
        """

        def look():
            for number in range(self._found, len(self._lines)):
                if text in self._lines[number]:
                    self._found = number + 1
                    return [self._lines[number]]

        return self.wait(look, seconds)[0]

    async def until(self, condition, seconds=WAITING):
        """wait(), while the event loop goes on."""
        return await asyncio.to_thread(self.wait, condition, seconds)

    async def until_line(self, text, seconds=WAITING):
        """wait_for_line(), while the event loop goes on."""
        return await asyncio.to_thread(self.wait_for_line, text, seconds)

    # ---- what a hand does

    def _tell(self, *words):
        """Give a command, and wait until it is done. Raises ValueError if it is wrong."""
        with self._changed:
            self._answers.clear()
            try:
                self._process.stdin.write(" ".join(str(word) for word in words) + "\n")
            except (AttributeError, OSError, ValueError):
                raise OSError("the virtual Pico is off") from None
            answer = self.wait(lambda: self._answers and self._answers.popleft())
        if answer["event"] == "error":
            raise ValueError(answer["text"])

    def unplug(self):
        """Pull the network cable of the access point: packets get lost, and nobody is told."""
        self._tell("unplug")

    def plug_in(self):
        """Put it in again: what TCP has not got through yet arrives."""
        self._tell("plug_in")

    def press(self, pin):
        """Press the button on a pin (int): it connects a pulled-up pin to ground, any other to 3.3 V."""
        self._tell("press", pin)

    def release(self, pin):
        """Release the button."""
        self._tell("release", pin)

    @property
    def temperature(self):
        """The temperature of the chip in degrees Celsius, which ADC(4) measures."""
        return self._temperature

    @temperature.setter
    def temperature(self, celsius):
        self._tell("temperature", float(celsius))

    def set_voltage(self, pin, volts):
        """Put a voltage on pin 26, 27 or 28, for its ADC."""
        self._tell("voltage", pin, float(volts))

    def reset(self, programs=True):
        """Pull the board's plug and put it in again; with programs=False, without boot.py and main.py."""
        self._tell("reset" if programs else "safe")

    def address(self, port):
        """Return "host:port" at which this computer reaches the server on the board's `port`.

        Raises LookupError while the board does not serve there.
        """
        if port not in self._addresses:
            raise LookupError(f"no program on the board listens on port {port}")
        return self._addresses[port]

    # ---- mpremote

    def mpremote(self, *arguments, seconds=30):
        """Run `mpremote connect PORT ...` and return what it printed, a str.

        Raises MpremoteError if it fails, and TimeoutError after `seconds`.
        """
        # The device rather than the link: mpremote then copies ten times as fast, and the time-out is ours.
        command = [sys.executable, "-m", "mpremote", "connect", self.device, *map(str, arguments)]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as error:
            output = (error.output or b"").decode(errors="replace")
            raise TimeoutError(f"mpremote {' '.join(command[5:])} took over {seconds} s:\n{output}") from None
        if done.returncode:
            raise MpremoteError(command[5:], done.stdout)
        return done.stdout

    async def mpremote_async(self, *arguments, seconds=30):
        """mpremote(), while the event loop goes on."""
        return await asyncio.to_thread(lambda: self.mpremote(*arguments, seconds=seconds))

    def put(self, name, content):
        """Write a file of the board. name: str, such as "main.py" or "lib/a.py". content: str or bytes."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(name).name
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            self.mpremote("fs", "cp", path, f":{name}")

    # ---- the picture

    def picture(self, lines=6):
        """Return a Figure of the board as it is now, with the last lines of its log."""
        from .picture import picture

        with self._changed:
            return picture(self, lines)

    def show(self, lines=6):
        """Show the picture in a notebook, and keep it up to date until the board is closed."""
        from .picture import Live

        self._views.append(Live(lambda: self.picture(lines)).changed)

"""The program behind a virtual Pico: it joins the board's process, its serial line, its network and its world.

It runs in a process of its own, so that the board lives on while a notebook computes. Events
come out as JSON lines; commands, the lines of COMMANDS, go in.
"""

import asyncio
import contextlib
import ipaddress
import json
import os
import signal
import tempfile
import zlib

from .console import Console
from .options import FIRMWARE_HEAP, MODELS, open_flash
from .process import Process
from .relay import HOST, Relay
from .serial_line import SerialLine
from .world import ONLINE, World

RETURNING = 0.05  # seconds in which a handler that was interrupted should come to its end
PWRON_RESET, WDT_RESET = 1, 3  # machine.reset() is done by the watchdog of the RP2040, too

COMMANDS = {
    "unplug": "pull the cable of the access point: nothing passes, and nobody is told",
    "plug_in": "put it in again",
    "drop_wifi": "let the access point disappear: the board loses its Wi-Fi",
    "restore_wifi": "let it return; a program has to join again",
    "press PIN": "press the button on a pin: it pulls a pulled-up pin to ground, any other to 3.3 V",
    "release PIN": "release it",
    "temperature CELSIUS": "set the temperature of the chip",
    "voltage PIN VOLTS": "set the voltage at pin 26, 27 or 28",
    "reset": "pull the board's plug, and put it in again",
    "safe": "the same, without running boot.py and main.py: the way out if they do not let you in",
    "quit": "end",
}


class Supervisor:
    """One virtual Pico. emit: callable(dict) for each event.

    Raises BlockingIOError if another one uses the flash image, and OSError if something
    cannot be made. run() ends after stop(); close() leaves nothing behind.
    """

    def __init__(self, options, emit):
        self.options = options
        self._emit = emit
        self.model = MODELS[options.model]
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._stack = contextlib.ExitStack()
        self._flash = self._stack.enter_context(open_flash(options))
        self._folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="virtual_pico"))
        self._levels = os.path.join(self._folder, "levels")
        self._relay = Relay(lambda port, address: self._told_out("listen", port=port, address=address))
        self._stack.callback(self._relay.close)
        self._process = None
        self._world = World(
            self._levels,
            options.networks,
            "192.168.4.20",
            self._told_out,
            self._relay.flow,
            lambda *words: self._process.interrupt_pin(*words),
            lambda: self._restart(WDT_RESET, "watchdog"),
        )
        self._stack.callback(self._world.close)
        self._console = Console(self._send, lambda line: self._told_out("serial", line=line))

    async def start(self):
        self._ask = await asyncio.start_server(self._answer, HOST, 0)
        self._stack.callback(self._ask.close)
        self._line = SerialLine(self._console.from_host, self.options.link)
        self._stack.callback(self._line.close)
        self._spawn(PWRON_RESET, ["boot.py", "main.py"])
        self._stack.callback(lambda: self._process.close())
        self._told_out(
            "start",
            port=self.options.link or self._line.device,
            device=self._line.device,
            board=self.options.model,
            flash=self.options.flash,
        )

    async def run(self):
        await self._over.wait()

    def stop(self):
        self._over.set()

    def close(self):
        self._emit = lambda event: None
        self._stack.close()

    def _told_out(self, event, **facts):
        self._emit({"event": event, **facts})

    # ---- starts of the board

    def _spawn(self, cause, programs):
        self._is_up = False
        self._cause = cause
        mark = self._console.begin()
        settings = {
            "levels": self._levels,
            "flash": self.options.flash,
            "blocks": self.model.blocks,
            "ask": self._ask.sockets[0].getsockname()[1],
            "programs": programs,
            "mark": mark.decode(),
            "cause": cause,
            "name": self.model.name,
            "freq": self.model.freq,
            "id": "e66164084327%04x" % (zlib.crc32(self.options.flash.encode()) & 0xFFFF),
            "ip": self._world.ip,
            "gateway": "192.168.4.1",
        }
        command = [*self.options.command, "-X", f"heapsize={self.model.heap + FIRMWARE_HEAP}K"]
        path = os.path.join(self._folder, "settings")
        self._process = Process(command, path, settings, self._console.from_board, self._told_in, self._ended)
        self._console.attach(self._process)

    def _restart(self, cause, kind, programs=("boot.py", "main.py")):
        """A hard reset: as if the power had been away."""
        self._relay.board_gone()
        self._process.close()
        self._world.reset(hard=True)
        self._console.hard_reset()
        self._console.end_line()
        self._told_out("reset", kind=kind)
        self._spawn(cause, list(programs))

    def _ended(self):
        """The process has ended: Ctrl-D at its prompt, or SystemExit. That is a soft reset, which is no reset cause."""
        if not self._is_up:
            self._console.end_line()
            self._told_out("error", text="MicroPython does not start: its last words are in the serial log")
            self.stop()
            return
        self._world.reset(hard=False)
        self._relay.board_restarts()
        self._console.soft_reset()
        self._told_out("reset", kind="soft")
        # A soft reset in the raw REPL, as mpremote does it, leaves out main.py.
        self._spawn(self._cause, ["boot.py"] if self._console.is_raw else ["boot.py", "main.py"])

    def _send(self, data):
        self._line.send(data)

    # ---- what the board tells, and asks

    def _told_in(self, words):
        match words:
            case ["up"]:
                self._is_up = True
                self._console.up()
            case ["pin", number, level]:
                self._world.output(number, level)
            case ["heap", used, free]:
                self._told_out("heap", used=max(0, used - FIRMWARE_HEAP * 1024), free=free)
            case ["reset"]:
                self._restart(WDT_RESET, "hard")
            case ["soft_reset"]:
                self._process.close()
                self._ended()
            case ["interrupt"]:
                self._process.missed()
                self._loop.call_later(RETURNING, self._console.interrupt_again, self._process)
            case ["watchdog", milliseconds]:
                self._world.watch(milliseconds)
            case ["feed"]:
                self._world.feed()
            case ["timer", number, seconds, repeats]:
                self._world.set_timer(number, seconds, repeats)
            case ["pwm", number, duty]:
                self._told_out("pwm", pin=number, duty=duty)
            case ["neopixel", number, colours]:
                self._told_out("neopixel", pin=number, colours=colours)
            case [name, value]:
                self._told_out(name, value=value)

    async def _answer(self, reader, writer):
        with contextlib.suppress(OSError, ValueError):
            answer = await self._answer_to(json.loads(await reader.readline()))
            writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    async def _answer_to(self, words):
        world = self._world
        match words:
            case ["join", ssid, key]:
                world.join(ssid, key)
            case ["leave"]:
                world.leave()
            case ["ssid"]:
                return world.ssid
            case ["scan"]:
                return [(name, world.dbm) for name in world.networks] if world.is_in_reach else []
            case ["online"]:
                return world.is_online
            case ["listen", port]:
                return await self._relay.listen(port)
            case ["reach", host, port]:
                return await self._reach(host, port)

    async def _reach(self, host, port):
        is_name = host != "localhost" and not _is_address(host)
        if self._world.wifi != ONLINE:
            return "unknown" if is_name else "unreachable"
        if is_name:
            try:
                if not self._world.is_plugged:
                    return "unknown"
                await self._loop.getaddrinfo(host, port)
            except OSError:
                return "unknown"
        return await self._relay.reach(host, port)

    # ---- what the outside does

    def command(self, line):
        """Obey one of COMMANDS, a str. An event "done" or "error" follows."""
        try:
            self._obey(line.split())
        except ValueError as error:
            self._told_out("error", command=line.strip(), text=str(error))
        else:
            self._told_out("done", command=line.strip())

    def _obey(self, words):
        world = self._world
        match words:
            case ["unplug"]:
                world.set_plugged(False)
            case ["plug_in"]:
                world.set_plugged(True)
            case ["drop_wifi"]:
                world.set_in_reach(False)
            case ["restore_wifi"]:
                world.set_in_reach(True)
            case ["press", pin]:
                world.press(int(pin), True)
            case ["release", pin]:
                world.press(int(pin), False)
            case ["temperature", celsius]:
                world.set_temperature(float(celsius))
            case ["voltage", pin, volts]:
                world.set_voltage(int(pin), float(volts))
            case ["reset"]:
                self._restart(PWRON_RESET, "power")
            case ["safe"]:
                self._restart(PWRON_RESET, "power", ())
            case ["quit"]:
                self.stop()
            case _:
                raise ValueError("the commands are: " + ", ".join(COMMANDS))


def _is_address(host):
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def stop_on_signals(supervisor):
    """Let Ctrl-C, a polite kill and a closed terminal end it well."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.stop)

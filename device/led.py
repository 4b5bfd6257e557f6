"""A server on the board, with a page of its own: whoever opens it in a browser switches the LED.

    http://ADDRESS/         the page; the board's address is in its log
    ws://ADDRESS/led        {"led": true} switches it; all who are connected are told, and again from time to time

A board that loses its power says no goodbye, and a page cannot see pings: it takes three of these times without a
word for the end of the connection.

Everybody on the Wi-Fi may. With settings["token"], only who knows http://ADDRESS/?token=...
A page from elsewhere may not, even in a browser that could: its origin is not this board's.
"""

import asyncio
import hashlib
import json

import machine
import network

from pocketws.exceptions import ConnectionClosed
from pocketws.server import serve

MOST = 4  # browsers at a time: each connection takes about 3 KiB of memory
MAX_SIZE = 256  # bytes of a message

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>The LED of a Pico</title>
<style>
body { font: 1.2rem system-ui, sans-serif; text-align: center; margin-top: 20vh }
button { font: inherit; padding: 1rem 2rem }
</style>
<h1>The LED is <span id="state">unknown</span></h1>
<button id="switch" disabled>Switch it</button>
<p id="problem" role="status"></p>
<script>
"use strict";
const [state, button, problem] = ["state", "switch", "problem"].map(id => document.getElementById(id));
let led = false;
function connect() {
    const ws = new WebSocket("ws://" + location.host + "/led" + location.search);
    const lost = () => {
        clearTimeout(silence);
        ws.onopen = ws.onmessage = ws.onclose = null; ws.close();
        button.disabled = true; state.textContent = "unknown";
        problem.textContent = "No connection to the board. Trying again.";
        setTimeout(connect, 2000);
    };
    let silence = setTimeout(lost, %d);
    ws.onopen = () => { button.disabled = false; problem.textContent = ""; };
    ws.onmessage = event => {
        clearTimeout(silence); silence = setTimeout(lost, %d);
        led = JSON.parse(event.data).led; state.textContent = led ? "on" : "off";
    };
    ws.onclose = lost;
    button.onclick = () => ws.send(JSON.stringify({led: !led}));
}
connect();
</script>
</html>
"""


class Led:
    """The LED, and those who watch it. seconds: after which they are told again, for as long as tell_again() runs."""

    def __init__(self, token, seconds):
        # Hashes are compared: how long that takes says nothing about the token.
        self._secret = _hash("token=" + token) if token else None
        self._pin = machine.Pin("LED", machine.Pin.OUT)
        self._watchers = []
        self._seconds = seconds
        silence = int(3000 * seconds)
        self._page = PAGE % (silence, silence)

    def look(self, connection, request):
        """Return the page, or a refusal, or None for a WebSocket: process_request of serve()."""
        path, _, query = request.path.partition("?")
        if self._secret and _hash(query) != self._secret:
            return connection.respond(403, "The token is missing or wrong: open /?token=...\n")
        if path == "/":
            response = connection.respond(200, self._page)
            del response.headers["Content-Type"]  # setting one adds it
            response.headers["Content-Type"] = "text/html; charset=utf-8"
            return response
        if path != "/led":
            return connection.respond(404, "There is nothing here.\n")
        host = request.headers.get("Host")
        if request.headers.get("Origin") not in (None, "http://%s" % host):
            return connection.respond(403, "This page is not the board's.\n")
        if len(self._watchers) >= MOST:
            return connection.respond(503, "There are too many others.\n")

    async def handle(self, ws):
        """Take what one browser says, and tell all: the handler of serve()."""
        self._watchers.append(ws)
        try:
            await ws.send(self._state())
            async for message in ws:
                try:
                    on = json.loads(message)["led"] is True
                except (ValueError, KeyError, TypeError):
                    await ws.close(1007, 'expected {"led": true} or {"led": false}')
                    return
                self._pin.value(on)
                print("led:", "on" if on else "off")
                await self._tell_all()
        finally:
            self._watchers.remove(ws)

    def _state(self):
        return json.dumps({"led": bool(self._pin.value())})

    async def tell_again(self):
        """Tell all who watch, from time to time, until this task is cancelled."""
        while True:
            await asyncio.sleep(self._seconds)
            await self._tell_all()

    async def _tell_all(self):
        for ws in list(self._watchers):
            try:
                await ws.send(self._state())
            except ConnectionClosed:
                pass  # its own handler hears it, too


def _hash(text):
    return hashlib.sha256(text.encode()).digest()


async def main(settings):
    """Serve until the task is cancelled. Raises OSError if the port cannot be had."""
    seconds = settings["keepalive"]
    led = Led(settings["token"], seconds)
    options = {"ping_interval": seconds, "ping_timeout": seconds, "close_timeout": seconds, "max_size": MAX_SIZE}
    async with serve(led.handle, "0.0.0.0", settings["port"], process_request=led.look, **options):
        address = network.WLAN(network.STA_IF).ifconfig()[0]
        print("led: open http://%s:%d/%s" % (address, settings["port"], "?token=..." if settings["token"] else ""))
        await led.tell_again()

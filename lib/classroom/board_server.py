"""The server opposite a board's program: `websockets`, in a thread of its own, so that it serves while others wait.

    with BoardServer() as server:       # on 127.0.0.1, for a virtual Pico
        server.url("echo")              # "ws://127.0.0.1:41234/echo"

    BoardServer("192.168.1.10", token="...", tls=True)      # for a real board, on the Wi-Fi

/echo sends back what comes. /stream keeps readings, and acknowledges each once it is kept.
/capstone does that, too, and switches the LED of its boards. /voice listens to sound, and says what it has heard.
"""

import asyncio
import contextlib
import hmac
import json
import ssl
import struct
import threading

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from . import certificates

SECONDS = 20  # for starting and stopping
LARGEST = 64 * 1024  # bytes of a message
RATE = 16000  # samples of sound in a second


class BoardServer:
    """A server for the programs of device/; use it in a `with` statement, or call start() and stop().

    host: str, the address to listen on: 127.0.0.1, or this computer's own on the Wi-Fi.
    port: int, 0 for a free one. After stop(), start() takes the same again.
    token: str, or None to let everybody in. With it, who does not show it gets 401.
    tls: bool, whether to serve wss:// with a certificate for `host`; cafile is the path of
        its CA's (str), as PEM.

    To read, also after stop(): rounds, how many messages /echo has sent back; closed, the
        codes with which connections have ended, a list of int; readings, {boot: {number:
        celsius}}; dropped, how many readings the board of each boot had no room for, {boot:
        int}; led, whether the LED is on, as the board said last, or None; heard, a Speech for each
        one that has ended, a list.
    """

    PROGRAMS = ("capstone", "echo", "stream", "voice")  # those of device/ that need it

    def __init__(self, host="127.0.0.1", port=0, token=None, tls=False):
        self.host, self.port, self.token = host, port, token
        self.cafile = self._ssl = None
        if tls:
            authority = certificates.Authority()
            self.cafile = authority.cafile
            self._ssl = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._ssl.load_cert_chain(*authority.issue(host))
        self.rounds = 0
        self.closed = []
        self.readings, self.dropped = {}, {}
        self.led = None
        self.heard = []
        self._boards = set()  # connections of /capstone
        self._changed = threading.Condition()
        self._thread = None

    def url(self, name):
        """Return the URL of what the program `name` (str) talks to."""
        return f"{'wss' if self._ssl else 'ws'}://{self.host}:{self.port}/{name}"

    def ca(self):
        """Return the CA's certificate as DER, the form that a board reads without more ado: bytes, or None."""
        if self.cafile is None:
            return None
        with open(self.cafile, encoding="ascii") as file:
            return ssl.PEM_cert_to_DER_cert(file.read())

    def start(self):
        """Listen. Returns itself. Raises OSError if the address cannot be had."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="server opposite a board", daemon=True)
        self._thread.start()
        try:
            self._wait_for(self._start())
        except BaseException:
            self._end()
            raise
        return self

    def stop(self):
        """End all connections with 1001, and listen no more."""
        if self._thread is None:
            return
        self._wait_for(self._stop())
        self._end()

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def wait(self, condition, seconds=SECONDS):
        """Return what condition() returns, once that is true. Raises TimeoutError.

        condition: callable(), which looks at this object; it is called when a board has said something.
        """
        with self._changed:
            result = self._changed.wait_for(condition, seconds)
        if not result:
            raise TimeoutError(f"not within {seconds} s; readings: { ({b: max(r) for b, r in self.readings.items()}) }")
        return result

    def switch(self, on):
        """Switch the LED of each board that runs capstone. on: bool. Raises LookupError if there is none."""
        if not self._boards:
            raise LookupError("no board is connected to /capstone")
        self._wait_for(self._tell(json.dumps({"led": on})))

    def _wait_for(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(SECONDS)

    def _end(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()
        self._thread = None

    async def _start(self):
        self._server = await serve(
            self._handle,
            self.host,
            self.port,
            ssl=self._ssl,
            process_request=self._look,
            max_size=LARGEST,
            close_timeout=1,  # a board behind a pulled cable answers no Close frame
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self):
        self._server.close()
        await self._server.wait_closed()

    def _look(self, connection, request):
        """Let in who shows the token, before the WebSocket opens."""
        shown = request.headers.get("Authorization", "")
        if self.token is not None and not hmac.compare_digest(shown.encode(), f"Bearer {self.token}".encode()):
            return connection.respond(401, "The token is missing or wrong.\n")
        if _program(request) not in self.PROGRAMS:
            return connection.respond(404, "There is nothing here.\n")

    async def _handle(self, connection):
        with contextlib.suppress(ConnectionClosed):
            await getattr(self, "_" + _program(connection.request))(connection)
        await connection.close()
        self.closed.append(connection.close_code)

    async def _echo(self, connection):
        async for message in connection:
            await connection.send(message)
            self.rounds += 1

    async def _stream(self, connection):
        async for message in connection:
            await self._take(connection, json.loads(message))

    async def _take(self, connection, reading):
        """Keep a reading (dict), and then, not before, acknowledge it."""
        boot, number = reading["boot"], reading["number"]
        with self._changed:
            self.readings.setdefault(boot, {})[number] = reading["celsius"]
            self.dropped[boot] = reading["dropped"]
            self._changed.notify_all()
        await connection.send(json.dumps({"acknowledged": number}))

    async def _capstone(self, connection):
        self._boards.add(connection)
        try:
            async for text in connection:
                message = json.loads(text)
                if "led" in message:
                    with self._changed:
                        self.led = message["led"]
                        self._changed.notify_all()
                else:
                    await self._take(connection, message)
        finally:
            self._boards.discard(connection)

    async def _voice(self, connection):
        speech = Speech()
        async for message in connection:
            if isinstance(message, bytes):
                speech.take(message)
                continue
            text, before = speech.text(), speech
            speech = Speech()
            with self._changed:
                self.heard.append(before)
                self._changed.notify_all()
            await connection.send(json.dumps({"text": text}))

    async def _tell(self, text):
        for board in list(self._boards):
            with contextlib.suppress(ConnectionClosed):
                await board.send(text)


class Speech:
    """What /voice has heard of one speech: a stand-in for a service that understands words. It keeps no sound.

    frames, size: int, how many messages and bytes. largest: int, bytes of the largest message.
    """

    def __init__(self):
        self.frames = self.size = self.largest = 0
        self._swings = 0  # how often the sound went from below zero to above
        self._last = -1  # it begins from below

    def take(self, frame):
        """Listen to a piece of the sound (bytes): 16-bit samples, little-endian."""
        self.frames += 1
        self.size += len(frame)
        self.largest = max(self.largest, len(frame))
        for (sample,) in struct.iter_unpack("<h", frame[: len(frame) // 2 * 2]):
            self._swings += self._last < 0 <= sample
            self._last = sample

    def text(self):
        """Return what it was (str)."""
        seconds = self.size / 2 / RATE
        return f"a tone of {self._swings / seconds:.0f} Hz, {seconds:.1f} s" if seconds else "nothing"


def _program(request):
    """Return the name of the program that comes with `request`. Behind a ? may be a signature, for others to verify."""
    return request.path.partition("?")[0].strip("/")

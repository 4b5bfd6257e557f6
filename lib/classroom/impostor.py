"""A man in the middle: a relay between a WebSocket client and a server, which reads every message and may change it.

    async with Impostor(url, lambda message: message.replace("four", "five")) as impostor:
        async with connect(url, port=impostor.port, ssl=careless) as connection:   # the network leads it astray
            await connection.send("Meet me at four")
    impostor.heard                       # [("client", "Meet me at four"), ...]

A reverse proxy does the same, for the owner of the server: it ends one WebSocket, and opens another. What it does
not copy from the one to the other is lost. This one copies the path with its query, some headers, and the messages.

It listens on a free port of 127.0.0.1.
"""

import asyncio
import contextlib
import ssl
from urllib.parse import urlsplit

from websockets import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from . import certificates

COPIED = ("Authorization", "Cookie", "Origin")
SECONDS = 5  # that anything may take


class Impostor:
    """A relay between clients and the server at `url`.

    url: str, ws:// or wss://. For wss, the relay shows a certificate in the name of the server, which a CA of its
        own has signed, and which nobody trusts; the certificate of the server it does not look at.
    change: function that is given a message of the client, str or bytes, and returns what goes on to the server.

    url: str, where it listens itself, path and query as in `url`. port: int, the same.
    heard: list of (sender, message), as they came; sender is "client" or "server".
    requests: list of the clients' requests, with path and headers.
    log: list of str as in the access log of a proxy, such as "GET /chat?room=1 101".
    """

    def __init__(self, url, change=None):
        self._target = urlsplit(url)
        self._change = change or (lambda message: message)
        self._careless = self._false = None
        if self._target.scheme == "wss":
            self._careless = ssl.create_default_context()
            self._careless.check_hostname = False
            self._careless.verify_mode = ssl.CERT_NONE
            self._false = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._false.load_cert_chain(*certificates.Authority().issue(self._target.hostname))
        self._onward = {}  # the client's connection: the one to the server
        self.url, self.port = None, 0
        self.heard, self.requests, self.log = [], [], []

    async def __aenter__(self):
        limits = {"close_timeout": SECONDS, "process_request": self._reach, "process_response": self._note}
        self._server = await serve(self._relay, "127.0.0.1", 0, ssl=self._false, **limits)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = self._target._replace(netloc=f"127.0.0.1:{self.port}").geturl()
        return self

    async def __aexit__(self, *exc_info):
        self._server.close()
        await self._server.wait_closed()
        for server in list(self._onward.values()):  # of clients that left in the opening handshake
            await server.close()

    async def _reach(self, client, request):
        """Connect to the server as the client would; pass on what it says if it refuses."""
        self.requests.append(request)
        url = f"{self._target.scheme}://{self._target.netloc}{request.path}"
        headers = [(name, value) for name in COPIED for value in request.headers.get_all(name)]
        limits = {"open_timeout": SECONDS, "close_timeout": SECONDS}
        try:
            self._onward[client] = await connect(url, ssl=self._careless, additional_headers=headers, **limits)
        except InvalidStatus as refused:
            return client.respond(refused.response.status_code, (refused.response.body or b"").decode(errors="replace"))
        except (OSError, EOFError, InvalidHandshake) as error:  # such as a server that demands a certificate
            return client.respond(502, f"{type(error).__name__}\n")
        return None

    def _note(self, client, request, response):
        self.log.append(f"GET {request.path} {int(response.status_code)}")

    async def _relay(self, client):
        server = self._onward[client]
        pipes = [asyncio.create_task(self._pass(client, server)), asyncio.create_task(self._pass(server, client))]
        try:
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._onward[client]
            await asyncio.gather(client.close(), server.close())
            await asyncio.wait(pipes)

    async def _pass(self, source, target):
        """Pass on messages until either side ends. The Close frame and its code stay here."""
        client = source in self._onward
        with contextlib.suppress(ConnectionClosed):
            async for message in source:
                self.heard.append(("client" if client else "server", message))
                await target.send(self._change(message) if client else message)

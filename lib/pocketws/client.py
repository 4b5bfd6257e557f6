"""connect(): a WebSocket client on asyncio. Names and meanings are those of `websockets`.

async with connect("ws://localhost:8765/") as ws:
    await ws.send("hello")
    print(await ws.recv())

async for ws in connect("ws://localhost:8765/"):  # again and again, as the network comes and goes
    try:
        async for message in ws:
            ...
    except ConnectionClosed:
        continue

ws = await connect("ws://localhost:8765/")  # to be closed by `await ws.close()`
"""

import asyncio
import os

from . import __version__
from .compat import MICROPYTHON
from .connection import MAX_QUEUE, MAX_SIZE, WRITE_LIMIT, Connection, Settings, with_compression
from .exceptions import InvalidMessage, InvalidStatus, SecurityError
from .handshake import build_request, check_response, generate_key, parse_uri
from .http import Headers, ResponseParser
from .link import Waiter, log, open_link, wait_for
from .protocol import CLIENT

MAX_REDIRECTS = 10
_REDIRECTS = (300, 301, 302, 303, 307, 308)


def backoff():
    """Yield the seconds to wait between attempts to connect: a random first delay, then longer ones (section 7.2.3)."""
    yield int.from_bytes(os.urandom(2), "big") / 65535 * 5
    delay = 3.1
    while True:
        yield delay
        delay = min(delay * 1.618, 90)


class ClientConnection(Connection):
    """The client's end of a connection, as connect() gives it. See Connection."""

    def __init__(self, settings, request, key, subprotocols, extensions):
        super().__init__(CLIENT, settings)
        self.request = request
        self.answered = Waiter()  # for connect()
        self._parser = ResponseParser()
        self._asked = (key, subprotocols, extensions)

    def made(self, link):
        """Take note that `link` stands, and ask the server for a WebSocket."""
        super().made(link)
        link.write(self.request.serialize())

    def _read_head(self, data, end=False):
        if self.answered.done():
            return  # with an error, and what follows it does not count
        try:
            response = self._parser.feed_eof() if end else self._parser.feed(data)
            if response is None:
                return
            self.response = response
            subprotocol, codecs = check_response(response, *self._asked)
        except Exception as error:
            if end and isinstance(error, InvalidMessage):
                error.__cause__ = EOFError("the server ended the connection")  # see process_exception
            self.answered.fail(error)
            return
        self._opened(subprotocol, codecs, self._parser.rest)
        self.answered.set()

    def lost(self, error):
        """Take note that the TCP connection is gone."""
        if self._parser is not None:
            if error is None:
                self._read_head(b"", True)  # a response may last until here
            else:
                self.answered.fail(error)
        super().lost(error)


_BAD_CERTIFICATE = -0x2700  # mbedTLS's number, on MicroPython


def process_exception(error):
    """Return None if `error` may pass, so that it makes sense to connect again, or else what to raise.

    It may pass where the network fails, where the server ends the connection without an
    answer, or answers 500, 502, 503 or 504. A certificate that does not verify stays so.
    """
    if isinstance(error, ValueError) or getattr(error, "errno", None) == _BAD_CERTIFICATE:
        return error  # CPython's SSLCertVerificationError is a ValueError and an OSError
    if isinstance(error, (OSError, asyncio.TimeoutError)):
        return None
    if isinstance(error, InvalidMessage) and isinstance(getattr(error, "__cause__", None), EOFError):
        return None
    if isinstance(error, InvalidStatus) and error.response.status_code in (500, 502, 503, 504):
        return None
    return error


class connect:
    """Opens a connection: to be awaited, or used with `async with` or `async for`.

    uri: str, ws:// or wss:// (section 3), perhaps with user:password@ for basic authentication.
    origin: str or None. subprotocols: list of str, the preferred ones first.
    compression: "deflate" to offer permessage-deflate (RFC 7692), or None.
    extensions: list of objects as in handshake.py, to offer other parameters of it.
    additional_headers: pairs, dict or Headers for the request. user_agent_header: str or None.
    ssl: SSLContext for wss://; without it, the system's certificate authorities decide. A
        board has none: see tls.client_context. server_hostname: str, the name that the
        certificate must have, instead of the URI's.
    process_exception: for `async for`: is given an exception, returns None to connect again
        or an exception to raise. reconnect_delays: function that returns an iterator over the
        seconds to wait before each attempt.
    proxy: None; connections are always direct.
    open_timeout, ping_interval, ping_timeout, close_timeout, max_size, max_queue, write_limit:
        see Settings.
    options: on CPython those of loop.create_connection, such as host, port and sock.

    Redirects are followed, up to ten; a password, cookie or the like is not taken to another
    origin, and never from wss to ws. Raises InvalidURI, OSError, TimeoutError, InvalidHandshake
    (such as InvalidStatus, with the server's response), and ValueError for arguments that
    cannot be. A certificate that does not verify raises OSError, on CPython
    ssl.SSLCertVerificationError, with words that say what is wrong with it.
    """

    def __init__(
        self,
        uri,
        *,
        origin=None,
        extensions=None,
        subprotocols=None,
        compression=None if MICROPYTHON else "deflate",
        additional_headers=None,
        user_agent_header="pocketws/" + __version__,
        proxy=None,
        process_exception=process_exception,
        reconnect_delays=backoff,
        ssl=None,
        server_hostname=None,
        open_timeout=10,
        ping_interval=20,
        ping_timeout=20,
        close_timeout=10,
        max_size=MAX_SIZE,
        max_queue=MAX_QUEUE,
        write_limit=WRITE_LIMIT,
        **options,
    ):
        if proxy is not None:
            raise ValueError("proxy is %r; expected None: this library connects directly" % (proxy,))
        self._settings = Settings(
            open_timeout, ping_interval, ping_timeout, close_timeout, max_size, max_queue, write_limit
        )
        self._uri = parse_uri(uri)
        self._origin = origin
        self._subprotocols = subprotocols or ()
        self._extensions = with_compression(extensions, compression)
        self._headers = Headers(additional_headers or ())
        if user_agent_header is not None and "User-Agent" not in self._headers:
            self._headers["User-Agent"] = user_agent_header
        self._process_exception = process_exception
        self._reconnect_delays = reconnect_delays
        self._ssl = ssl
        self._server_hostname = server_hostname
        self._options = options
        self._connection = None
        if ssl is not None and not self._uri.secure:
            raise ValueError("ssl is for wss://, and this is a ws:// URI")

    async def _open(self):
        """Return an open ClientConnection."""
        try:
            return await wait_for(self._follow(), self._settings.open_timeout)
        except asyncio.TimeoutError as error:
            if error.args:  # not ours, but the network's own
                raise
            message = "no WebSocket connection within %s s (open_timeout)" % self._settings.open_timeout
            raise asyncio.TimeoutError(message) from None

    async def _follow(self):
        """Connect, and where a server redirects, connect to where it says."""
        uri, headers = self._uri, self._headers
        for _ in range(MAX_REDIRECTS + 1):
            try:
                return await self._connect(uri, headers)
            except InvalidStatus as error:
                places = error.response.headers.get_all("Location")
                if error.response.status_code not in _REDIRECTS or len(places) != 1:
                    raise
                uri, headers = self._redirected(uri, headers, places[0])
        raise SecurityError("the server redirects more than %d times" % MAX_REDIRECTS)

    async def _connect(self, uri, headers):
        """Open one connection to `uri` (WebSocketURI)."""
        key = generate_key()
        request = build_request(uri, key, self._subprotocols, self._extensions, self._origin, headers)
        connection = ClientConnection(self._settings, request, key, self._subprotocols, self._extensions)
        context = None
        if uri.secure:
            from . import tls  # a module that a board without TLS does not load

            context = tls.verifying(self._ssl)
        options = dict(self._options)
        host, port = options.pop("host", uri.host), options.pop("port", uri.port)
        try:
            await open_link(connection, host, port, context, self._server_hostname or uri.host, **options)
            await connection.answered
        except BaseException as error:  # a task that is cancelled among them
            if connection.link is not None:
                connection.link.abort()
            if context is None or not isinstance(error, Exception):
                raise
            if isinstance(getattr(error, "__cause__", None), EOFError):  # with TLS 1.3, a refusal comes this late
                late = InvalidMessage("%s; %s" % (error, tls.explain(error.__cause__)))
                late.__cause__ = error.__cause__  # `from` alone does nothing on MicroPython
                raise late from error.__cause__
            raise tls.explained(error) from None
        return connection

    def _redirected(self, old, headers, location):
        """Return (WebSocketURI, Headers) for where `location` leads. Raises what redirect.redirected() raises."""
        from .redirect import redirected, same_origin  # a module that a board without redirects does not load

        new, headers = redirected(old, headers, location)
        if "sock" in self._options:
            raise ValueError("the server redirects to %s, but sock= is used up: connect to that" % new)
        if (self._options or self._server_hostname) and not same_origin(old, new):
            raise ValueError("the server redirects to %s, but the arguments name the server: connect to that" % new)
        return new, headers

    def __await__(self):
        steps = self._open()
        return steps if MICROPYTHON else steps.__await__()

    __iter__ = __await__  # what MicroPython calls for `await`

    async def __aenter__(self):
        if self._connection is not None:
            raise RuntimeError("this connect() is in use; call it anew")
        self._connection = await self._open()
        return self._connection

    async def __aexit__(self, kind, error, traceback):
        connection, self._connection = self._connection, None
        await connection.__aexit__(kind, error, traceback)

    def __aiter__(self):
        return _Reconnecting(self._open, self._process_exception, self._reconnect_delays)


class _Reconnecting:
    """Iterates over connections: each time the last one is closed, and a new one opened."""

    def __init__(self, open_connection, process_exception, reconnect_delays):
        self._open = open_connection
        self._process_exception = process_exception
        self._reconnect_delays = reconnect_delays
        self._connection = None

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()
        delays = None
        while True:
            try:
                self._connection = await self._open()
                return self._connection
            except Exception as error:
                other = self._process_exception(error)
                if other is error:
                    raise
                if other is not None:
                    raise other from error
                delays = delays or self._reconnect_delays()
                seconds = next(delays)
                log.info("cannot connect; trying again in %.1f s: %r", seconds, error)
                await asyncio.sleep(seconds)

    def __del__(self):  # on CPython: the loop was left
        if self._connection is not None:
            self._connection.start_closing()

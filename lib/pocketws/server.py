"""serve() and broadcast(): a WebSocket server on asyncio. Names and meanings are those of `websockets`.

    async def echo(ws):
        async for message in ws:
            await ws.send(message)

    async with serve(echo, "localhost", 8765) as server:
        await server.serve_forever()

A client costs no task before its request is complete and in order, so slow and broken ones
cost little, and open_timeout ends them.
"""

import asyncio

from . import __version__
from .compat import MICROPYTHON, encode_utf8
from .connection import MAX_QUEUE, MAX_SIZE, WRITE_LIMIT, Connection, Settings, as_asked, with_compression
from .exceptions import ConnectionClosed, InvalidHandshake, InvalidState
from .frames import OP_BINARY, OP_TEXT, Frame
from .handshake_server import accept, answer, reject
from .http import RequestParser
from .link import log, start_server, wait_for
from .protocol import CLOSED, OPEN, SERVER

if not MICROPYTHON:
    from .fastlane import nothing_waits, share

MAX_EARLY = 2048 if MICROPYTHON else 65536  # bytes that a client may send before it is answered


class ServerConnection(Connection):
    """The server's end of a connection, as a handler gets it. See Connection.

    server: Server.
    """

    def __init__(self, server, settings):
        super().__init__(SERVER, settings)
        self.server = server
        self._parser = RequestParser()
        self._early = b""  # what came before the server had made up its mind
        self._refused = False

    def made(self, link):
        """Take note that `link` stands, and give the client open_timeout to say what it wants."""
        super().made(link)
        self._set_timer(self._settings.open_timeout, self._open_overdue)
        self.server._made(self)

    def _open_overdue(self):
        self.link.abort()

    def _read_head(self, data):
        if self._refused:
            return
        if self.request is not None:
            self._early += data
            if len(self._early) > MAX_EARLY:
                self.link.pause()
            return
        try:
            self.request = self._parser.feed(data)
        except InvalidHandshake as error:
            response = answer(error)
            self.refuse(response, response.serialize())
            return
        if self.request is not None:
            self._early = self._parser.rest
            self.server._requested(self)

    def lost(self, error):
        """Take note that the TCP connection is gone."""
        super().lost(error)
        self.server._lost(self)

    def respond(self, status, text):
        """Return a Response with `status` (int) and `text` (str), for process_request to return.

        Change its headers and body as you like before.
        """
        return reject(int(status), text)

    def refuse(self, response, data):
        """Answer the client's request with `response`, whose bytes are `data`, and end."""
        self.response = response
        self._refused = True
        self.link.resume()  # the client's end must get through
        self.link.write(data)
        self.link.finish()
        self._set_timer(self._settings.close_timeout, self._close_overdue)

    def open(self, response, data, subprotocol, codecs):
        """Answer the client's request with `response`, whose bytes are `data`, and begin to exchange messages."""
        if not MICROPYTHON:
            share(self.request, response)
        self.response = response
        self.link.write(data)
        self.link.resume()
        self._opened(subprotocol, codecs, self._early)


class Server:
    """A running server, as serve() gives it."""

    def __init__(self, handler, settings, negotiation, process_request, process_response, server_header):
        self._handler = handler
        self._settings = settings
        self._negotiation = negotiation
        self._process_request = process_request
        self._process_response = process_response
        self._server_header = server_header
        self._listener = None
        self._all = set()  # ServerConnections, in whatever state
        self._tasks = set()  # of those whose request came
        self._closing = False
        self._finished = asyncio.Event()

    # ---------------------------------------------------------------- called by the connections

    def _made(self, connection):
        self._all.add(connection)
        if self._closing:
            connection.link.abort()

    def _requested(self, connection):
        self._tasks.add(asyncio.create_task(self._serve(connection)))

    def _lost(self, connection):
        self._all.discard(connection)
        self._check_finished()

    def _check_finished(self):
        if self._closing and not self._all and not self._tasks:
            self._finished.set()

    async def _serve(self, connection):
        """Open `connection`, run the handler, and close it: one task for each."""
        try:
            if self._process_request is None and self._process_response is None:  # there is nothing to wait for
                accepted = await self._open(connection)
            else:
                accepted = await wait_for(self._open(connection), self._settings.open_timeout)
            if accepted:
                code = 1000
                try:
                    await self._handler(connection)
                except Exception as error:
                    if not (isinstance(error, ConnectionClosed) and connection.protocol.state != OPEN):
                        log.error("the connection handler failed", exc_info=error)
                        code = 1011
                await connection.close(code)
        except asyncio.TimeoutError:  # process_request took too long
            connection.link.abort()
        except asyncio.CancelledError:  # the program ends
            connection.start_closing(1001)
            connection.link.abort()
            raise
        finally:
            self._tasks.discard(asyncio.current_task())
            self._check_finished()

    async def _open(self, connection):
        """Accept or refuse the request of `connection`; return whether it was accepted."""
        try:
            response, agreed = await self._respond(connection)
            data = response.serialize()
            accepted = agreed is not None and response.status_code == 101
        except Exception as error:
            if not isinstance(error, InvalidHandshake):
                log.error("the opening handshake failed", exc_info=error)
            response, accepted = answer(error), False
            data = response.serialize()
        if connection.protocol.state == CLOSED:
            return False
        if accepted and self._closing:
            response, accepted = reject(503, "The server is shutting down.\n"), False
            data = response.serialize()
        if accepted:
            connection.open(response, data, *agreed)
        else:
            connection.refuse(response, data)
        return accepted

    async def _respond(self, connection):
        """Return the Response to the request of `connection`, and (subprotocol, codecs), or None if it refuses.

        Raises InvalidHandshake, and whatever the program's functions raise.
        """
        request = connection.request
        response = agreed = None
        if self._process_request is not None:
            response = await _result(self._process_request(connection, request))
        if response is None:
            response, *agreed = self._accept(connection)
        if self._server_header is not None and "Server" not in response.headers:
            response.headers["Server"] = self._server_header
        if self._process_response is not None:
            response = await _result(self._process_response(connection, request, response)) or response
        return response, agreed

    def _accept(self, connection):
        """Return (response, subprotocol, codecs). Raises InvalidHandshake."""
        subprotocols, select, extensions, origins = self._negotiation
        chooser = None if select is None else lambda offered: select(connection, offered)
        return accept(connection.request, subprotocols, chooser, extensions, origins)

    # ---------------------------------------------------------------- for the program

    @property
    def connections(self):
        """The set of connections that are open; broadcast() takes it."""
        return {connection for connection in self._all if connection.protocol.state == OPEN}

    @property
    def sockets(self):
        """The sockets that listen: `server.sockets[0].getsockname()` tells the port. Empty on MicroPython."""
        return tuple(getattr(self._listener, "sockets", ()))

    def is_serving(self):
        """Tell whether new clients are let in."""
        return not self._closing

    def close(self, close_connections=True, code=1001, reason=""):
        """Let no one in any more, and close each connection with `code` and `reason`; wait_closed() waits for it.

        close_connections: bool, False lets those that are open go on until they end.
        """
        if not self._closing:
            self._closing = True
            self._listener.close()
        for connection in list(self._all):
            if connection.request is None:
                connection.link.abort()
            elif close_connections:
                connection.start_closing(code, reason)
        self._check_finished()

    async def wait_closed(self):
        """Wait until the server is closed: no connection is left, and each handler has returned."""
        await self._finished.wait()
        await self._listener.wait_closed()

    async def serve_forever(self):
        """Serve until the server is closed; if this is cancelled, close it."""
        try:
            await self.wait_closed()
        except asyncio.CancelledError:
            self.close()
            await self.wait_closed()
            raise

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, traceback):
        self.close()
        await self.wait_closed()


class serve:
    """Starts a server: to be awaited, or used with `async with`, which closes it in the end.

    handler: coroutine function that is given a ServerConnection. When it returns, the
        connection is closed with 1000; when it raises, the error is logged, and 1011 sent.
    host: str or None for all interfaces. port: int, 0 for any free one.
    origins: list of the origins (str, on CPython also patterns) that may connect, with None
        in it for clients that send no Origin; None lets all in (section 10.2).
    subprotocols: list of str, the preferred ones first, of which a client must offer one.
    select_subprotocol: instead, is given the connection and the list of those offered, and
        returns one of them or None, or raises NegotiationError.
    compression: "deflate" to accept permessage-deflate (RFC 7692), or None.
    extensions: list of objects as in handshake.py, to accept other parameters of it.
    process_request: function or coroutine function that is given the connection and its
        Request, and returns None to go on, or a Response: any page, on the same port.
    process_response: the same with the Response as a third argument.
    server_header: str or None. ssl: SSLContext, see tls.server_context.
    open_timeout, ping_interval, ping_timeout, close_timeout, max_size, max_queue, write_limit:
        see Settings.
    options: those of the runtime's asyncio server, such as backlog, and on CPython sock.

    Raises OSError where it cannot listen, and ValueError for arguments that cannot be.
    """

    def __init__(
        self,
        handler,
        host=None,
        port=None,
        *,
        origins=None,
        extensions=None,
        subprotocols=None,
        select_subprotocol=None,
        compression=None if MICROPYTHON else "deflate",
        process_request=None,
        process_response=None,
        server_header="pocketws/" + __version__,
        ssl=None,
        open_timeout=10,
        ping_interval=20,
        ping_timeout=20,
        close_timeout=10,
        max_size=MAX_SIZE,
        max_queue=MAX_QUEUE,
        write_limit=WRITE_LIMIT,
        **options,
    ):
        settings = Settings(open_timeout, ping_interval, ping_timeout, close_timeout, max_size, max_queue, write_limit)
        if isinstance(subprotocols, str):
            raise ValueError("subprotocols is %r; expected a list" % subprotocols)
        negotiation = (subprotocols, select_subprotocol, with_compression(extensions, compression), origins)
        self._server = Server(handler, settings, negotiation, process_request, process_response, server_header)
        self._address = (host, port)
        self._ssl = ssl
        self._options = options

    async def _start(self):
        server = self._server
        limit = server._settings.open_timeout
        server._listener = await start_server(self._connection, *self._address, self._ssl, limit, **self._options)
        return server

    def _connection(self):
        return ServerConnection(self._server, self._server._settings)

    def __await__(self):
        steps = self._start()
        return steps if MICROPYTHON else steps.__await__()

    __iter__ = __await__  # what MicroPython calls for `await`

    async def __aenter__(self):
        return await self._start()

    async def __aexit__(self, kind, error, traceback):
        await self._server.__aexit__(kind, error, traceback)


async def _result(value):
    """Return `value`, or what it gives when it is awaited, if it is a coroutine."""
    return await value if hasattr(value, "send") or hasattr(value, "__await__") else value


def broadcast(connections, message, raise_exceptions=False, text=None):
    """Send `message` to each of the `connections` that is open, and wait for none of them.

    message, text: as for send(), but no fragments. It goes out uncompressed, so that the
    work is done once for all (RFC 7692 section 6 allows it).
    raise_exceptions: bool. A connection that is in the middle of a fragmented message is left
        out: this raises InvalidState in the end for one or more of them; otherwise it is logged.

    What a slow client does not take is kept for it, until keepalive ends it: keep
    ping_interval and ping_timeout low where that may become much.
    Raises TypeError or UnicodeError for what cannot be sent.
    """
    message = as_asked(message, text)
    is_text = isinstance(message, str)
    frame = Frame(OP_TEXT if is_text else OP_BINARY, encode_utf8(message) if is_text else message).serialize()
    skipped = []
    for connection in connections:
        protocol = connection.protocol
        if protocol.state != OPEN:
            continue
        try:
            if protocol.role != SERVER:  # each client masks with a key of its own
                connection.sender(message)(message)
            elif not MICROPYTHON and nothing_waits(protocol):
                connection.link.write(frame)
                continue
            else:
                protocol.send_frame(frame)
        except InvalidState as error:
            skipped.append(error)
        else:
            connection.link.send(True)
    if skipped and raise_exceptions:
        raise skipped[0]
    if skipped:
        log.warning("%d connections left out of a broadcast: %s", len(skipped), skipped[0])

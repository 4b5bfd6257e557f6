"""AsyncWebsocketClient: the class that programs on boards know from async_websocket_client, on top of pocketws.

    ws = AsyncWebsocketClient()
    await ws.handshake("ws://192.168.1.10:8765/")
    await ws.send("hello")
    print(await ws.recv())
    await ws.close()

Programs written for that library run on this one, on a board and on CPython. Names, arguments,
defaults and results are the same; the wire is not: RFC 6455 is obeyed here.

WARNING: by default, wss:// VERIFIES NOTHING here. Who is between the board and the server can
answer as the server, read everything, passwords included, and change it. That default is part
of the API. Pass cafile= and cert_reqs=2; in a new program, use pocketws.connect, which is safe
from the start.
"""

import asyncio
from binascii import b2a_base64

from pocketws.client import connect
from pocketws.compat import MICROPYTHON
from pocketws.connection import State
from pocketws.exceptions import ConnectionClosed
from pocketws.handshake import parse_tokens, parse_uri
from pocketws.http import Headers

MAX_SIZE = 1 << 20  # bytes of a message; on a board, memory ends before
OPEN_TIMEOUT = 60  # seconds: TLS with a long RSA key takes a board half a minute

_OWN = ("Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions")
_CERT_NONE, _CERT_OPTIONAL, _CERT_REQUIRED = 0, 1, 2  # as ssl counts them
_PEM = b"-----BEGIN "
_KEY_LABELS = (b"PRIVATE KEY", b"EC PRIVATE KEY", b"RSA PRIVATE KEY")  # PKCS #8, SEC 1, PKCS #1


class AsyncWebsocketClient:
    """A WebSocket client that connects as often as its program wants, to one server at a time.

    ms_delay_for_read: int, milliseconds; also readable as delay_read. It used to be the pause
        between two looks for data. Nobody looks any more: data wakes who waits for it.

    To read only:
    connection: pocketws.ClientConnection of the last handshake(), or None. Once closed, it knows
        why: see its close_code and close_reason.

    Any number of tasks may use one object. Its connection answers pings, sends some of its own
    to learn whether the server is still there, and obeys the limits of pocketws.connect, but for
    MAX_SIZE and OPEN_TIMEOUT.
    """

    def __init__(self, ms_delay_for_read=5):
        self.ms_delay_for_read = self.delay_read = ms_delay_for_read
        self.connection = None
        self._open = False  # there is a connection that this side has not closed
        self._loop = None  # the event loop that it belongs to
        self._attempt = None  # what tells one handshake() from a later one
        self._turn = None  # a Lock for those in recv()
        self._in_vain = 0  # how many messages could not be sent since the last recv()

    async def handshake(self, uri, headers=[], keyfile=None, certfile=None, cafile=None, cert_reqs=0):  # noqa: B006
        """Connect to a server. Return True, or False if close() or another handshake() came in between.

        A connection from before is closed first.

        uri: str, ws:// or wss:// (RFC 6455 section 3).
        headers: pairs, or a dict, for the request: str, bytes or numbers. Sec-WebSocket-Protocol
            offers subprotocols. Origin replaces "http://HOST:PORT", which is sent without it.
        cert_reqs: int, for wss://. 0 VERIFIES NOTHING, see above. 2 verifies the server's CA, name
            and dates: set a board's clock first. 1 is 2 where there is a cafile, and 0 without.
        cafile: str or bytes, the CAs to trust. Without it, CPython trusts the system's CAs; a
            board has none, and 2 raises ValueError.
        certfile, keyfile: str or bytes, the client's own certificate and its key, for a server
            that demands one. Without keyfile, the key is in certfile.
        Files are given by their path (str) or their content (bytes), as PEM or DER.

        Raises what pocketws.connect raises: InvalidURI, OSError, asyncio.TimeoutError,
        InvalidHandshake (such as InvalidStatus), ValueError. The object can be used again after that.
        """
        await self.close()
        attempt = self._attempt = object()
        self.connection = None  # a board may need its memory
        place = parse_uri(uri)
        headers, subprotocols, origin = _split_headers(headers, place)
        connection = await connect(
            uri,
            origin=origin,
            subprotocols=subprotocols,
            compression=None,
            additional_headers=headers,
            ssl=_context(keyfile, certfile, cafile, cert_reqs) if place.secure else None,
            open_timeout=OPEN_TIMEOUT,
            max_size=MAX_SIZE,
        )
        if self._attempt is not attempt:
            await connection.close()
            return False
        self.connection = connection
        self._loop = asyncio.get_event_loop()
        self._turn = asyncio.Lock()
        self._in_vain = 0
        self._open = True
        return True

    async def send(self, buf):
        """Send a message: str as text, bytes-like as binary. Return None.

        Does nothing when the connection is closed, as programs expect that send without a look
        at open(): recv() and open() tell them. Raises TypeError for anything else, and
        UnicodeError for a text with surrogates.
        """
        if not self._has_connection():
            return
        if not isinstance(buf, (str, bytes, bytearray, memoryview)):
            raise TypeError("a message is str or bytes, not %s" % type(buf).__name__)
        connection = self.connection
        try:
            if connection.state is State.OPEN:
                await connection.send(buf)
                return
        except ConnectionClosed:
            pass
        self._in_vain += 1

    async def recv(self):
        """Return the next message: str for text, bytes for binary (on a board, a bytearray from 4 KiB on).

        Returns None once the connection is closed, in whatever way, and there is no connection.
        Of several tasks that wait here, each gets another message. Cancelling it is safe.
        """
        if not self._has_connection():
            return None
        connection = self.connection
        self._in_vain = 0
        async with self._turn:
            try:
                return await connection.recv()
            except ConnectionClosed:
                return None

    async def close(self):
        """Close the connection with code 1000, if there is one, and wait for the server's answer. Return False."""
        return await self.open(False)

    async def open(self, new_val=None):
        """Tell whether the connection is open: bool. open(False) closes it; open(True) changes nothing.

        It counts as open while a message waits for recv(), so that a program that asks here
        before each recv() gets them all; unless two send() in a row found it closed: then
        nobody receives.
        """
        if new_val is not None and not new_val:
            self._attempt = None
            if self._has_connection():
                self._open = False
                await self.connection.close()
        if not self._has_connection():
            return False
        return self.connection.state is State.OPEN or (bool(self.connection._queue) and self._in_vain < 2)

    def _has_connection(self):
        """Tell whether there is a connection that this side has not closed.

        On CPython, one that an earlier asyncio.run() left open has ended with it.
        """
        return self._open and self._loop is asyncio.get_event_loop()


def _split_headers(headers, place):
    """Return (headers, subprotocols, origin) for connect(), from the argument of handshake(). Raises ValueError.

    place: WebSocketURI.
    """
    pairs = headers.items() if hasattr(headers, "items") else headers
    headers = Headers([(_text(name), _text(value)) for name, value in pairs])
    for name in _OWN:
        if name in headers:
            raise ValueError("headers has %s, which handshake() sends itself" % name)
    subprotocols = parse_tokens(headers, "Sec-WebSocket-Protocol")
    host = "[%s]" % place.host if ":" in place.host else place.host
    origin = headers.get("Origin", "http://%s:%d" % (host, place.port))
    for name in ("Sec-WebSocket-Protocol", "Origin"):
        if name in headers:
            del headers[name]
    return headers, subprotocols, origin


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


# TLS


def _context(keyfile, certfile, cafile, cert_reqs):
    """Return the SSLContext that the arguments of handshake() ask for. Raises ValueError and OSError."""
    from pocketws import tls  # a module that most boards never need

    if cert_reqs not in (_CERT_NONE, _CERT_OPTIONAL, _CERT_REQUIRED):
        raise ValueError("cert_reqs is %r; expected 0, 1 or 2" % (cert_reqs,))
    # mbedTLS takes "optional" for: verify, and go on whatever comes out.
    if cert_reqs == _CERT_NONE or (cert_reqs == _CERT_OPTIONAL and cafile is None):
        context = tls.insecure_client_context()
    elif cafile is None:
        context = tls.client_context()
    else:
        context = tls.client_context(cadata=_content(cafile))
    if certfile is not None:
        _load_own(context, certfile, keyfile)
    elif keyfile is not None:
        raise ValueError("keyfile without certfile: a key proves nothing without its certificate")
    return context


def _content(file):
    """Return what is in `file`: bytes, or the str of its path. Raises OSError."""
    if isinstance(file, str):
        with open(file, "rb") as opened:
            return opened.read()
    return file


def _load_own(context, certfile, keyfile):
    """Let `context` show the client's own certificate. Arguments as for handshake()."""
    certificates = _content(certfile)
    key = certificates if keyfile is None else _content(keyfile)
    if MICROPYTHON:
        from pocketws import tls

        key = tls._ders(key, tls._KEYS, "keyfile")[0]
        for certificate in tls._ders(certificates, tls._CERTIFICATES, "certfile"):
            context.load_cert_chain(certificate, key)
    elif isinstance(certfile, str) and not isinstance(keyfile, bytes) and _PEM in certificates and _PEM in key:
        context.load_cert_chain(certfile, keyfile)
    else:
        _load_copies(context, certificates, key)


def _load_copies(context, certificates, key):
    """Do it on CPython, which takes neither bytes nor DER: with files of PEM that last no longer than this call."""
    import ssl
    import tempfile

    if _PEM not in certificates:
        certificates = ssl.DER_cert_to_PEM_cert(certificates).encode()
    keys = [key] if _PEM in key else [_key_as_pem(key, label) for label in _KEY_LABELS]
    with tempfile.TemporaryDirectory() as folder:  # that only this user may read
        paths = folder + "/certificates", folder + "/key"
        _write(paths[0], certificates)
        for key in keys:
            _write(paths[1], key)
            try:
                context.load_cert_chain(*paths)
                return
            except ssl.SSLError as error:
                refused = error
    raise refused


def _key_as_pem(key, label):
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label, b2a_base64(key), label)


def _write(path, content):
    with open(path, "wb") as file:
        file.write(content)

"""A TCP connection, with TLS or without, that hides nothing: bytes go out as they are, and none received is lost.

Why not asyncio's streams: after a failed write they drop what the peer sent before it cut the
connection, and that is often the very Close frame that a case asks for.
"""

import asyncio
import socket
import ssl

CHUNK = 1 << 16  # bytes read at a time
BACKLOG = 64  # connections that may wait until they are accepted
STALLED = 30.0  # seconds after which a peer that takes no bytes will take none


class Wire:
    """One connection.

    broken: bool, the peer takes no more bytes. That alone is no fault: it may have said why before.
    """

    def __init__(self, sock):
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or the kernel would glue pieces together
        self.broken = False
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self._sending = asyncio.Lock()
        self._tls = None

    async def start_tls(self, context, host=None):
        """Shake hands for TLS: as a server, or as the client of `host` (str). Raises OSError (ssl.SSLError is one)."""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=host is None, server_hostname=host or None
        )
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._loop.sock_recv(self._socket, CHUNK)
                if not data:
                    raise ConnectionError("the connection was closed during the TLS handshake") from None
                self._incoming.write(data)
            except ssl.SSLError:
                await self._flush()  # the alert, which tells the other side why
                raise
        await self._flush()

    async def send(self, data):
        """Send `data` (bytes). A connection that is gone already swallows it, and one that is stuck breaks."""
        if self.broken:
            return
        try:
            async with asyncio.timeout(STALLED):
                if self._tls is None:
                    async with self._sending:
                        await self._loop.sock_sendall(self._socket, data)
                else:
                    self._tls.write(data)
                    await self._flush()
        except (OSError, TimeoutError):
            self.broken = True

    async def receive(self):
        """Return the next bytes, or b"" when there will be no more. One task at a time may wait here."""
        try:
            if self._tls is None:
                return await self._loop.sock_recv(self._socket, CHUNK)
            while True:
                try:
                    return self._tls.read(CHUNK)
                except ssl.SSLWantReadError:
                    await self._flush()
                    data = await self._loop.sock_recv(self._socket, CHUNK)
                    self._incoming.write(data) if data else self._incoming.write_eof()
        except OSError:
            return b""

    async def _flush(self):
        async with self._sending:
            while data := self._outgoing.read():
                await self._loop.sock_sendall(self._socket, data)

    async def finish(self):
        """Say that nothing more will be sent; the other direction stays open."""
        try:
            if self._tls is not None:
                self._tls.unwrap()
        except OSError:  # it also wants the peer's part of that, for which nobody waits
            pass
        try:
            if self._tls is not None:
                await self._flush()
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.broken = True

    def close(self):
        """End the connection in both directions."""
        self._socket.close()


async def dial(host, port, tls=None):
    """Return a Wire to a server. tls: an ssl.SSLContext or None. Raises OSError."""
    loop = asyncio.get_running_loop()
    error = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
            wire = Wire(sock)
            if tls is not None:
                await wire.start_tls(tls, host)
            return wire
        except OSError as this:
            error = this
            sock.close()
        except BaseException:
            sock.close()
            raise
    raise error


def listen(host, port):
    """Return a socket that listens there; port 0 takes any free one. Raises OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


async def accept(sock):
    """Return a Wire for the next connection to a socket from `listen`."""
    connection, _ = await asyncio.get_running_loop().sock_accept(sock)
    return Wire(connection)

"""Opening handshakes as text: lines that a case may change at will, and what the other side made of them."""

import asyncio
import ssl

from pocketws.exceptions import InvalidHandshake
from pocketws.handshake import accept_key, check_response, generate_key, parse_extensions, parse_uri
from pocketws.http import RequestParser, ResponseParser

from . import deflate
from .wire import dial

# {...} stands for what differs from one connection to the next.
REQUEST = (
    "GET {target} HTTP/1.1",
    "Host: {host}",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: {key}",
    "Sec-WebSocket-Version: 13",
)
RESPONSE = (
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: {accept}",
)


class CannotOpen(Exception):
    """No WebSocket connection came about; the text says why."""


class Cut(Exception):
    """The other side ended the connection without a byte."""


def changed(lines, *changes):
    """Return a handshake with some of its header lines replaced, removed or added.

    changes: str. "Name: value" takes the place of the header Name, or is added; "-Name"
    removes it; "+line" is added in any case; "=line" takes the place of the first line.
    """
    lines = list(lines)
    for change in changes:
        name = change.lstrip("-").partition(":")[0].lower()
        at = [number for number, line in enumerate(lines) if line.lower().startswith(name + ":")]
        if change.startswith("="):
            lines[0] = change[1:]
        elif change.startswith("+"):
            lines.append(change[1:])
        elif change.startswith("-"):
            del lines[at[0]]
        elif at:
            lines[at[0]] = change
        else:
            lines.append(change)
    return tuple(lines)


def as_bytes(lines, **places):
    """Return the lines of a handshake as bytes, with what stands in {...} filled in."""
    data = "\r\n".join(lines) + "\r\n\r\n"
    for name, value in places.items():
        data = data.replace("{" + name + "}", value)
    return data.encode("latin-1")


class Target:
    """A server's URL. tls: ssl.SSLContext or None to make the usual one for wss. Raises InvalidURI."""

    def __init__(self, url, tls=None):
        self.url = url
        self.uri = parse_uri(url)
        self.tls = (tls or ssl.create_default_context()) if self.uri.secure else None

    async def connect(self, seconds):
        """Return a Wire. Raises CannotOpen."""
        try:
            async with asyncio.timeout(seconds):
                return await dial(self.uri.host, self.uri.port, self.tls)
        except TimeoutError:
            raise CannotOpen(f"no TCP connection to {self.uri.host_header} within {seconds:g} s") from None
        except ssl.SSLError as error:
            raise CannotOpen(f"no TLS connection to {self.uri.host_header}: {error}") from None
        except OSError as error:
            raise CannotOpen(f"no TCP connection to {self.uri.host_header}: {error.strerror or error}") from None

    def request(self, lines, key):
        """Return a request as bytes."""
        return as_bytes(lines, target=self.uri.resource_name, host=self.uri.host_header, key=key)


async def read_message(wire, parser, seconds):
    """Return what a parser of pocketws.http finds. Raises InvalidHandshake, Cut or TimeoutError."""
    begun = False
    async with asyncio.timeout(seconds):
        while True:
            data = await wire.receive()
            if not data and not begun:
                raise Cut
            begun = True
            message = parser.feed(data) if data else parser.feed_eof()
            if message is not None:
                return message


async def ask(wire, data, seconds):
    """Send a request (bytes) to a server; return (Response, bytes that came behind it). Raises CannotOpen."""
    await wire.send(data)
    parser = ResponseParser()
    try:
        return await read_message(wire, parser, seconds), parser.rest
    except TimeoutError:
        raise CannotOpen(f"the server does not answer within {seconds:g} s") from None
    except Cut:
        raise CannotOpen("the server cuts the connection instead of an answer") from None
    except InvalidHandshake as error:
        raise CannotOpen(f"the server does not speak HTTP: {error}") from None


async def open_connection(target, seconds, record, wanted=None):
    """Open a WebSocket connection to a server, the usual way.

    wanted: model.Deflate to offer, or None. Returns (Wire, deflate.Codec or None, bytes that
    came behind the response). Raises CannotOpen.
    """
    wire = await target.connect(seconds)
    try:
        key = generate_key()
        lines = REQUEST if wanted is None else REQUEST + ("Sec-WebSocket-Extensions: " + deflate.offer(wanted),)
        data = target.request(lines, key)
        record.add("->", "request", data)
        response, rest = await ask(wire, data, seconds)
        record.add("<-", f"response {response.status_code}")
        return wire, judge_response(response, key, wanted=wanted), rest
    except BaseException as error:
        wire.close()
        if isinstance(error, InvalidHandshake | ValueError):
            raise CannotOpen(str(error)) from None
        raise


class _Offered:
    """What check_response needs to know of the extension that we offered; the judging is done in deflate.py."""

    name = deflate.NAME

    def finalize(self, parameters):
        return parameters


def judge_response(response, key, subprotocols=(), wanted=None):
    """Return the Codec that a response agrees to, or None. Raises InvalidHandshake or ValueError for a wrong one."""
    offered = [] if wanted is None else [_Offered()]
    check_response(response, key, subprotocols, offered)
    return None if wanted is None else deflate.agreed(wanted, parse_extensions(response.headers))


def response_for(request, lines=RESPONSE, wanted=None):
    """Return (response as bytes, Codec or None) for a client's request.

    request: pocketws.http.Request that has a key. lines: {accept} in them is the right answer to
    it, {swapped} that in other case. wanted: model.Deflate to agree on if the client offers it, or None.
    """
    parameters = None
    if wanted is not None:
        value, parameters = deflate.answer(wanted, parse_extensions(request.headers))
        if value is not None:
            lines = lines + ("Sec-WebSocket-Extensions: " + value,)
    key = request.headers["Sec-WebSocket-Key"]
    accept = accept_key(key)
    data = as_bytes(lines, accept=accept, swapped=accept.swapcase(), key=key)
    return data, None if parameters is None else deflate.Codec("client", parameters)


async def read_request(wire, seconds):
    """Return (Request, bytes behind it). Raises InvalidHandshake or TimeoutError."""
    parser = RequestParser()
    return await read_message(wire, parser, seconds), parser.rest

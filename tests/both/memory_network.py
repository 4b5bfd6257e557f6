"""A network in memory for connect() and serve(), and peers on it that say what a test tells them to. See memory.py."""

import asyncio

from pocketws.handshake import accept_key
from pocketws.protocol import SERVER
from tests.both.memory import joined, replaced
from tests.both.wire import CLOSE, code, frame, sent

REFUSED = OSError(111, "nobody listens there")


class Network:
    """Takes the place of client.open_link and server.start_server, in `with network.of(client), network.of(server):`.

    step: int, the bytes that arrive at once. servers: dict of (host, port) and what makes a connection.
    dials: list of (host, port, ssl, server_hostname, options), one for each open_link().
    """

    def __init__(self, step=1 << 30):
        self.step = step
        self.servers = {}
        self.dials = []

    def of(self, module):
        """Return a `with` block in which `module`, client or server, is on this network."""
        if hasattr(module, "open_link"):
            return replaced(module, open_link=self.open_link)
        return replaced(module, start_server=self.start_server)

    async def open_link(self, connection, host, port, ssl, server_hostname, **options):
        self.dials.append((host, port, ssl, server_hostname, options))
        await asyncio.sleep(0)
        if (host, port) not in self.servers:
            raise REFUSED
        joined(connection, self.servers[host, port](), self.step)

    async def start_server(self, make_connection, host, port, ssl, open_timeout, **options):
        await asyncio.sleep(0)
        self.servers[host, port] = make_connection
        return Listener(self, host, port, (ssl, open_timeout, options))

    def dial(self, data=b"", host="localhost", port=80):
        """Return a Peer that connects to a server, and sends `data`."""
        peer = Peer(data)
        joined(peer, self.servers[host, port](), self.step)
        return peer

    def answers(self, answer, host="localhost", port=80):
        """Let a server there answer each request, as Answering does; return the list of those that connected."""
        peers = []

        def make_connection():
            peers.append(Answering(answer))
            return peers[-1]

        self.servers[host, port] = make_connection
        return peers


class Listener:
    """What start_server() returns: as much of asyncio's server as pocketws uses."""

    def __init__(self, network, host, port, arguments):
        self.network = network
        self.address = host, port
        self.arguments = arguments
        self.closed = self.waited = 0

    def close(self):
        self.closed += 1
        del self.network.servers[self.address]

    async def wait_closed(self):
        self.waited += 1
        await asyncio.sleep(0)


class Peer:
    """The other end of a connection under test: sends what it is told, and keeps what comes.

    data: bytes that came in. gone: Event, set once the link is.
    """

    def __init__(self, first=b""):
        self.data = b""
        self.gone = asyncio.Event()
        self.link = None
        self._first = first
        self._news = asyncio.Event()

    def made(self, link):
        self.link = link
        self.send(self._first)

    def send(self, data):
        self.link.write(data)

    def feed(self, data):
        self.data += data
        self._news.set()

    def data_to_send(self, size=None):
        return b""

    def ended(self):
        pass

    def lost(self, error):
        self.link = None  # and with it the connection under test: a board has no room for many
        self.gone.set()
        self._news.set()

    async def until(self, part):
        """Wait until what came in holds `part`."""
        while part not in self.data:
            assert not self.gone.is_set(), "the end came before %r: %r" % (part, self.data)
            self._news.clear()
            await self._news.wait()

    async def bye(self, number):
        """Wait for the server's Close frame, answer it, and wait for the end; return the payload of the frame."""
        await self.until(b"\x88")
        self.send(frame(SERVER, CLOSE, code(number)))
        await self.gone.wait()
        return self.close_payload

    @property
    def close_payload(self):
        """What the server sent in a Close frame: its last frame."""
        *_, (opcode, payload, _, _) = sent(SERVER, self.data.partition(b"\r\n\r\n")[2])
        assert opcode == CLOSE
        return payload

    async def response(self):
        """Wait for a response and the end of the link; return its (status line, header lines, body)."""
        await self.gone.wait()
        head, _, body = self.data.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        return status, lines, body


class Answering(Peer):
    """A server that answers a request with what `answer(peer)` returns: bytes, or None to stay silent.

    ends: bool, an attribute that the answer may set: end the link behind it.
    """

    def __init__(self, answer):
        super().__init__()
        self.answer = answer
        self.ends = False
        self.answered = False

    def feed(self, data):
        super().feed(data)
        if not self.answered and self.data.endswith(b"\r\n\r\n"):
            self.answered = True
            answer = self.answer(self)
            if answer is not None:
                self.link.write(answer)
            if self.ends:
                self.link.close()

    @property
    def lines(self):
        """The lines of the request."""
        return self.data.decode().strip().split("\r\n")

    def header(self, name):
        """Return the value of one of the request's headers, or None."""
        for line in self.lines[1:]:
            key, _, value = line.partition(": ")
            if key == name:
                return value
        return None


def http(status, *headers, body=""):
    """Return a response: bytes."""
    return ("\r\n".join(["HTTP/1.1 " + status] + list(headers)) + "\r\n\r\n" + body).encode()


def upgrade(*headers, accept=None):
    """Return an answer() that accepts the request. headers: str, to add. accept: str, instead of the right one."""

    def answer(peer):
        key = accept_key(peer.header("Sec-WebSocket-Key")) if accept is None else accept
        first = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + key)
        return http("101 Switching Protocols", *(first + headers))

    return answer


def ending(answer):
    """Return an answer() that gives the bytes `answer` and then ends the link."""

    def answer_and_end(peer):
        peer.ends = True
        return answer

    return answer_and_end


REQUEST = (
    "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n"
)


def request(*headers, path="/"):
    """Return the request of section 1.3, with `headers` (str) added: bytes."""
    return (REQUEST % (path, "".join([header + "\r\n" for header in headers]))).encode()


async def never(ws):
    """The handler of a server that lets nobody in."""
    raise AssertionError("a client was let in")

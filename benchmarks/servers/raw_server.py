"""On nothing but asyncio: what a server can reach at most; see benchmarks/servers.

Each message is its length in 4 bytes, and its payload: no masking, no header to judge, no queue,
no task. Each is answered by a write of its own, and a large one piece by piece as it comes.
"""

import asyncio

from benchmarks.servers import KIB, NOTE

SHARED = memoryview(bytearray(1 << 18))


def packed(payload):
    return len(payload).to_bytes(4, "big") + payload


class Raw(asyncio.BufferedProtocol):
    clients = set()  # of /broadcast

    def connection_made(self, transport):
        self.transport = transport
        self.path = None
        self.rest = b""  # the beginning of a message, or of the request
        self.due = 0  # bytes of a large message that are still to come
        self.room = None  # an Event, while there is none
        self.task = None

    def connection_lost(self, error):
        self.clients.discard(self)

    def pause_writing(self):
        self.room = asyncio.Event()

    def resume_writing(self):
        self.room.set()
        self.room = None

    def get_buffer(self, sizehint):
        return SHARED

    def buffer_updated(self, size):
        data = bytes(SHARED[:size])
        if self.path is None:
            self.opened(data)
            return
        if self.due:
            piece = data[: self.due]
            self.transport.write(piece)
            self.due -= len(piece)
            data = data[len(piece) :]
        if data:
            self.split(self.rest + data if self.rest else data)

    def opened(self, data):
        self.rest += data
        if self.rest.endswith(b"\r\n\r\n"):
            self.path = self.rest.split(b" ", 2)[1]
            self.rest = b""
            self.transport.write(b"HTTP/1.1 101 \r\n\r\n")
            if self.path == b"/broadcast":
                self.clients.add(self)

    def split(self, data):
        at, size = 0, len(data)
        while size - at >= 4:
            start = at + 4
            end = start + int.from_bytes(data[at:start], "big")
            if end > size:
                if self.path == b"/echo" and size - at > 4096:
                    self.transport.write(data[at:])
                    self.due = end - size
                    at = size
                break
            self.received(data[start:end])
            at = end
        self.rest = data[at:]

    def received(self, message):
        if self.path == b"/echo":
            self.transport.write(packed(message))
        elif self.path == b"/stream":
            self.task = asyncio.ensure_future(self.stream(int(message)))
        else:
            note = packed(NOTE)
            for client in self.clients:
                client.transport.write(note)

    async def stream(self, count):
        for _ in range(count):
            self.transport.write(packed(KIB))
            if self.room is not None:
                await self.room.wait()


async def main(ready):
    server = await asyncio.get_running_loop().create_server(Raw, "127.0.0.1", 0)
    ready(server.sockets[0].getsockname()[1])
    await server.serve_forever()

"""On wsproto, which does no I/O itself, and a plain asyncio.Protocol; see benchmarks/servers."""

import asyncio

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Message, Ping, Request, TextMessage

from benchmarks.servers import KIB, NOTE


class Connection(asyncio.Protocol):
    clients = set()  # of /broadcast

    def connection_made(self, transport):
        self.transport = transport
        self.connection = WSConnection(ConnectionType.SERVER)
        self.parts = []
        self.room = None  # an Event, while there is none
        self.task = None

    def connection_lost(self, error):
        self.clients.discard(self)

    def pause_writing(self):
        self.room = asyncio.Event()

    def resume_writing(self):
        self.room.set()
        self.room = None

    def data_received(self, data):
        self.connection.receive_data(data)
        for event in self.connection.events():
            self.handle(event)

    def handle(self, event):
        if isinstance(event, Request):
            self.path = event.target
            if self.path == "/broadcast":
                self.clients.add(self)
            self.send(AcceptConnection())
        elif isinstance(event, Message):
            self.parts.append(event.data)
            if event.message_finished:
                parts, self.parts = self.parts, []
                self.received("".join(parts) if isinstance(event, TextMessage) else b"".join(parts))
        elif isinstance(event, Ping):
            self.send(event.response())
        elif isinstance(event, CloseConnection):
            self.send(event.response())
            self.transport.close()

    def received(self, message):
        if self.path == "/echo":
            self.send(TextMessage(message) if isinstance(message, str) else BytesMessage(message))
        elif self.path == "/stream":
            self.task = asyncio.ensure_future(self.stream(int(message)))
        else:
            for client in self.clients:
                client.send(BytesMessage(NOTE))

    async def stream(self, count):
        for _ in range(count):
            self.send(BytesMessage(KIB))
            if self.room is not None:
                await self.room.wait()

    def send(self, event):
        self.transport.write(self.connection.send(event))


async def main(ready):
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    ready(server.sockets[0].getsockname()[1])
    await server.serve_forever()

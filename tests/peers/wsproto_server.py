"""Echo server on `wsproto`, which does no I/O itself, and asyncio; see tests/peers."""

import asyncio
import sys

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Message, Ping, Request
from wsproto.extensions import PerMessageDeflate
from wsproto.utilities import RemoteProtocolError


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.connection = WSConnection(ConnectionType.SERVER)
        self.parts = []

    def data_received(self, data):
        try:
            self.connection.receive_data(data)
            for event in self.connection.events():
                self.handle(event)
        except RemoteProtocolError as error:
            if error.event_hint is not None:
                self.send(error.event_hint)
            self.transport.close()

    def handle(self, event):
        if isinstance(event, Request):
            self.send(AcceptConnection(extensions=[PerMessageDeflate()]))
        elif isinstance(event, Message):
            self.parts.append(event.data)
            if event.message_finished:
                parts, self.parts = self.parts, []
                self.send(Message("".join(parts) if isinstance(event.data, str) else b"".join(parts)))
        elif isinstance(event, Ping):
            self.send(event.response())
        elif isinstance(event, CloseConnection):
            self.send(event.response())
            self.transport.close()

    def send(self, event):
        self.transport.write(self.connection.send(event))


async def main(port):
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", port)
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1])))

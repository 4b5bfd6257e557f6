"""On picows, through the callbacks that are its own API; see benchmarks/servers."""

import asyncio

from picows import WSListener, WSMsgType, ws_create_server

from benchmarks.servers import KIB, NOTE

clients = set()  # of /broadcast


class Listener(WSListener):
    def __init__(self, path):
        super().__init__()
        self.path = path
        self.room = None  # an Event, while there is none
        self.task = None

    def on_ws_connected(self, transport):
        if self.path == b"/broadcast":
            clients.add(transport)

    def on_ws_disconnected(self, transport):
        clients.discard(transport)

    def pause_writing(self):
        self.room = asyncio.Event()

    def resume_writing(self):
        self.room.set()
        self.room = None

    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        elif self.path == b"/echo":
            transport.send(frame.msg_type, frame.get_payload_as_memoryview())
        elif self.path == b"/stream":
            self.task = asyncio.ensure_future(self.stream(transport, int(frame.get_payload_as_bytes())))
        else:
            for client in clients:
                client.send(WSMsgType.BINARY, NOTE)

    async def stream(self, transport, count):
        for _ in range(count):
            transport.send(WSMsgType.BINARY, KIB)
            if self.room is not None:
                await self.room.wait()


async def main(ready):
    server = await ws_create_server(lambda request: Listener(request.path), "127.0.0.1", 0)
    ready(server.sockets[0].getsockname()[1])
    await server.serve_forever()

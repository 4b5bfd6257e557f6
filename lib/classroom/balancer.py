"""A load balancer for lesson 16: leads each new TCP connection to the server that has the fewest, and copies bytes.

    async with balancer.running(a.url, b.url) as url:
        ...                            # the first connection to url comes to a, the second to b, if the first is open

In a terminal: python -m classroom.balancer --port 8000 http://127.0.0.1:8001/ http://127.0.0.1:8002/

To give each server the next in turn would do for short requests. But a page makes two connections, one for
itself and one for its WebSocket: in turn, with two servers, all WebSockets would come to the same one. A
server that is not there is passed over.

The balancer knows nothing of HTTP or WebSockets: once a connection is open, all of its bytes go the same
way. The balancers of real services do more, such as TLS.
"""

import argparse
import asyncio
import contextlib
from urllib.parse import urlsplit

PIECE = 65536  # bytes that are copied at once


@contextlib.asynccontextmanager
async def running(*urls, host="127.0.0.1", port=0):
    """Lead connections to the servers at `urls` (str each); give the common URL: str, such as ws://127.0.0.1:49152/.

    At the end of the block, all connections are cut.
    """
    balancer = _Balancer([(urlsplit(url).hostname, urlsplit(url).port) for url in urls])
    server = await asyncio.start_server(balancer.serve, host, port)
    try:
        yield "ws://%s:%d/" % server.sockets[0].getsockname()[:2]
    finally:
        server.close()
        await balancer.end()
        await server.wait_closed()


class _Balancer:
    def __init__(self, servers):
        self.open = dict.fromkeys(servers, 0)  # (host, port): how many connections it has through us
        self.tasks = set()

    async def serve(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        try:
            with contextlib.suppress(OSError):
                await self._lead(reader, writer)
        except asyncio.CancelledError:
            pass  # by end(): for asyncio's streams, a handler that was cancelled is an error to be logged
        finally:
            self.tasks.discard(task)
            writer.transport.abort()

    async def _lead(self, reader, writer):
        """Copy both ways between the client and a server, until both have ended. Raises OSError if either fails."""
        for server in sorted(self.open, key=self.open.get):
            with contextlib.suppress(OSError):
                there, back = await asyncio.open_connection(*server)
                break
        else:
            return  # nobody is there
        self.open[server] += 1
        try:
            async with asyncio.TaskGroup() as copies:
                copies.create_task(_copy(reader, back))
                copies.create_task(_copy(there, writer))
            for each in (writer, back):
                each.close()
                await each.wait_closed()
        except* OSError:
            pass
        finally:
            self.open[server] -= 1
            back.transport.abort()

    async def end(self):
        for task in list(self.tasks):
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks)


async def _copy(reader, writer):
    """Copy bytes until their end, and pass that on, too."""
    while data := await reader.read(PIECE):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("url", nargs="+", help="of a server, such as http://127.0.0.1:8001/")
    options = parser.parse_args()
    async with running(*options.url, host=options.host, port=options.port) as url:
        print(url.replace("ws:", "http:"), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())

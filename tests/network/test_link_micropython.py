"""The link for MicroPython, run on CPython (see board_stand_in.py): its own faults, and whole conversations."""

import asyncio
import socket

import pytest
from websockets.asyncio.client import connect as peer_connect
from websockets.asyncio.server import serve as peer_serve

import pocketws
from tests.network.board_stand_in import OldTlsSocket, Socket, Stream, TlsContext, board_link  # noqa: F401
from tests.network.helpers import run

pytestmark = pytest.mark.usefixtures("board_link")


async def echo(ws):
    async for message in ws:
        await ws.send(message)


TLS = pytest.mark.parametrize("tls", [None, TlsContext(), TlsContext(OldTlsSocket)], ids=["ws", "wss", "wss of 1.23"])


@TLS
def test_a_client_talks_with_websockets(tls):
    async def main():
        async with peer_serve(echo, "127.0.0.1", 0, compression=None) as server:
            port = server.sockets[0].getsockname()[1]
            scheme = "wss" if tls else "ws"
            async with pocketws.connect(f"{scheme}://127.0.0.1:{port}/", compression=None, ssl=tls) as ws:
                assert ws.remote_address == ("127.0.0.1", port)
                assert ws.local_address is None
                for message in ("hello", b"", bytes(100_000), "\u20ac" * 50_000):
                    await ws.send(message)
                    assert await ws.recv() == message
                assert await (await ws.ping()) == ws.latency
            assert ws.close_code == 1000

    run(main())
    if tls:
        assert tls.asked[-1] == {"server_hostname": "127.0.0.1", "do_handshake_on_connect": False}


@TLS
def test_a_server_talks_with_websockets(tls):
    async def main():
        async with pocketws.serve(echo, "127.0.0.1", 0, compression=None, ssl=tls) as server:
            assert server.sockets == ()
            port = server._listener.address[1]
            async with peer_connect(f"ws://127.0.0.1:{port}/", compression=None) as ws:
                for message in ("hello", bytes(100_000)):
                    await ws.send(message)
                    assert await ws.recv() == message
                [connection] = server.connections
                assert connection.remote_address == ws.local_address
            assert ws.close_code == 1000

    run(main())
    if tls:
        assert tls.asked[-1] == {"server_side": True, "do_handshake_on_connect": False}


def pair():
    """Return two sockets that are connected by TCP, do not block, and take little at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        ours = socket.create_connection(listener.getsockname())
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        peer, _ = listener.accept()
    ours.setblocking(False)
    peer.setblocking(False)
    return ours, peer


class Receiver:
    """A connection, as far as a link knows one."""

    write_limit = 1

    def __init__(self, link_module, output=()):
        self.received = []
        self.arrived = asyncio.Event()
        self.output = list(output)
        self.protocol = self  # as far as a link looks into it
        self._parser = None
        self.ended = asyncio.Event()
        self.error = None
        ours, self.peer = pair()
        self.stream = Stream(ours)
        self.link = link_module.Link(self, self.stream, ("peer", 1))
        self.task = asyncio.create_task(self.link.run())

    def feed(self, data):
        self.received.append(data)
        self.arrived.set()

    async def has(self, count):
        """Wait until `count` pieces have arrived."""
        while len(self.received) < count:
            self.arrived.clear()
            await self.arrived.wait()

    def data_to_send(self, size=None):
        return self.output.pop(0) if self.output else b""

    def lost(self, error):
        self.error = error
        self.ended.set()

    async def end(self):
        await self.ended.wait()
        await self.task
        self.peer.close()


def test_pause_holds_data_back_and_resume_lets_it_through(board_link):  # noqa: F811
    async def main():
        one = Receiver(board_link)
        one.peer.send(b"first")
        await one.has(1)
        one.link.pause()
        one.peer.send(b"second")
        for _ in range(20):
            await asyncio.sleep(0)
        assert one.received == [b"first"]
        one.link.resume()
        one.link.pause()  # before the link's task had its turn
        for _ in range(20):
            await asyncio.sleep(0)
        assert one.received == [b"first"]
        one.link.resume()
        await one.has(2)
        one.link.pause()
        one.link.resume()  # before anything came
        one.peer.send(b"third")
        await one.has(3)
        one.peer.close()
        await one.end()
        assert (one.received, one.error) == ([b"first", b"second", b"third"], None)

    run(main())


def test_close_sends_what_waits_and_abort_does_not_wait(board_link):  # noqa: F811
    async def main():
        loop = asyncio.get_running_loop()
        for abort in (False, True):
            one = Receiver(board_link, [bytes(1024)] * 4096)
            await asyncio.sleep(0)
            one.link.send()
            assert one.link.pending() == 1
            draining = asyncio.create_task(one.link.drain())
            if abort:
                one.link.abort()
                one.link.abort()  # once more does no harm
            else:
                one.link.close()
            one.link.send()
            total = 0
            while data := await loop.sock_recv(one.peer, 1 << 16):
                total += len(data)
            await draining
            await one.end()
            assert (total == 4096 * 1024) is not abort
            assert one.error is None

    run(main())


def test_who_only_sends_lets_others_run_and_who_answers_need_not(board_link):  # noqa: F811
    async def main():
        one = Receiver(board_link)
        turns = []

        async def other():
            turns.append("other")

        for _ in range(2):
            one.received.clear()
            one.peer.send(b"ask")
            await one.has(1)
            one.output = [b"answer"]
            assert one.link.send() is False
            one.output = [b"and more"]
            assert one.link.send() is True
        task = asyncio.create_task(other())
        await one.link.drain()
        assert turns == ["other"]
        await task
        one.peer.close()
        await one.end()
        assert one.link.send() is True, "the end is to be learnt of"

    run(main())


def test_where_memory_is_short_smaller_pieces_are_sent(board_link):  # noqa: F811
    sizes = []

    def data_to_send(size):
        sizes.append(size)
        if size > 1024:
            raise MemoryError("no room")
        return one.output.pop(0)

    async def main():
        nonlocal one
        one = Receiver(board_link, [b"small", b"pieces"])
        one.data_to_send = data_to_send
        one.link.send()
        data = b""
        while len(data) < 11:
            data += await asyncio.get_running_loop().sock_recv(one.peer, 100)
        assert data == b"smallpieces"
        one.peer.close()
        await one.end()
        assert one.error is None

    one = None
    run(main())
    assert sizes == [4096, 1024] * 2


def test_finish_reads_on_for_a_while(board_link, monkeypatch):  # noqa: F811
    async def main():
        one = Receiver(board_link)
        await asyncio.sleep(0)
        one.link.finish()
        one.link.finish()
        one.peer.send(b"too late")
        await one.has(1)
        one.peer.close()
        await one.end()
        monkeypatch.setattr(board_link, "LINGER", 0.01)
        other = Receiver(board_link)
        await asyncio.sleep(0)
        other.link.finish()
        await other.end()  # although the peer did not end
        assert (one.error, other.error) == (None, None)

    run(main())


@pytest.mark.parametrize("fails", ["write", "drain", "read", "feed"])
def test_an_error_of_the_network_or_of_memory_ends_the_link_with_it(board_link, fails, monkeypatch):  # noqa: F811
    error = MemoryError("no room") if fails == "feed" else OSError(104, "reset")

    def broken(*args):
        raise error

    async def main():
        one = Receiver(board_link, [b"x"])
        if fails == "feed":
            one.feed = broken
        elif fails == "drain":
            one.stream.write = lambda data: setattr(one.stream, "out_buf", data)
        if fails == "read":
            monkeypatch.setattr(Socket, "recv", broken)
        elif fails != "feed":
            setattr(one.stream, fails, broken)
        one.peer.send(b"y")
        await asyncio.sleep(0)
        one.link.send()
        await one.end()
        assert one.error is error

    run(main())


@pytest.mark.parametrize("way", ["recv", "recv_into"])
def test_a_socket_may_be_ready_for_nothing(board_link, monkeypatch, way):  # noqa: F811
    """The first read by this way finds nothing, after the socket was said to have something."""
    real = getattr(Socket, way)
    calls = []

    def late(sock, argument):
        calls.append(argument)
        if len(calls) == 1:
            raise BlockingIOError
        return real(sock, argument)

    monkeypatch.setattr(Socket, way, late, raising=False)

    async def main():
        async with peer_serve(echo, "127.0.0.1", 0, compression=None) as server:
            port = server.sockets[0].getsockname()[1]
            async with pocketws.connect(f"ws://127.0.0.1:{port}/", compression=None) as ws:
                message = bytes(range(256)) * 400
                await ws.send(message)
                assert await ws.recv() == message

    run(main())
    assert len(calls) > 1


def test_abort_before_the_task_has_begun(board_link):  # noqa: F811
    async def main():
        one = Receiver(board_link)
        one.link.abort()
        await one.end()
        assert one.error is None

    run(main())


def test_the_end_of_tls_closes_the_socket_below(board_link):  # noqa: F811
    """Closing that of TLS leaves it open, where the handshake has failed."""
    tls = TlsContext()

    async def main():
        ours, peer = pair()
        one = Receiver.__new__(Receiver)
        ended = asyncio.Event()
        one.feed, one.lost = lambda data: None, lambda error: ended.set()
        one.protocol = None
        one.link = board_link.Link(one, Stream(ours), ("peer", 1), tls)
        task = asyncio.create_task(one.link.run())
        await asyncio.sleep(0)
        one.link.abort()
        await ended.wait()
        await task
        assert one.link._stream.s.closed and ours.fileno() == -1
        assert await asyncio.get_running_loop().sock_recv(peer, 1) == b""
        peer.close()

    run(main(), 5)


@pytest.mark.parametrize("role", ["client", "server"])
def test_no_memory_for_tls_leaves_no_socket(role, capsys):
    """It takes 20 KiB at once on a board."""
    tls = TlsContext(error=MemoryError("no room"))

    async def main():
        if role == "client":
            with socket.create_server(("127.0.0.1", 0)) as listener:
                with pytest.raises(MemoryError):
                    await pocketws.connect("wss://127.0.0.1:%d/" % listener.getsockname()[1], ssl=tls)
                peer, _ = listener.accept()
        else:
            server = await pocketws.serve(echo, "127.0.0.1", 0, ssl=tls)
            peer = socket.create_connection(server._listener.address)
        with peer:
            peer.setblocking(False)
            assert await asyncio.get_running_loop().sock_recv(peer, 1) == b""
        if role == "server":
            server.close()
            await server.wait_closed()

    run(main())
    expected = "no TLS with 127.0.0.1\nMemoryError('no room')\n" if role == "server" else ""
    assert capsys.readouterr().out == expected


def test_the_log_goes_to_the_console(board_link, capsys):  # noqa: F811
    board_link.log.error("the handler of %s failed", "one", exc_info=ValueError("boom"))
    board_link.log.info("connected")
    assert capsys.readouterr().out == "the handler of one failed\nValueError('boom')\nconnected\n"


def test_addresses_as_a_board_and_as_the_unix_port_give_them(board_link, monkeypatch):  # noqa: F811
    monkeypatch.setattr(board_link.socket, "sockaddr", lambda name: (socket.AF_INET, name[:4], 80), raising=False)
    assert board_link._address(("10.0.0.1", 80)) == ("10.0.0.1", 80)
    assert board_link._address(b"\x0a\x00\x00\x01rest") == ("10.0.0.1", 80)


def test_a_waiter_tells_its_result_or_error_once(board_link):  # noqa: F811
    async def main():
        waiter = board_link.Waiter()
        waiter.set(1)
        waiter.set(2)
        waiter.fail(ValueError())
        assert waiter.done() and await waiter == 1
        waiter = board_link.Waiter()
        waiter.fail(ValueError("no"))
        waiter.set(1)
        with pytest.raises(ValueError, match="no"):
            await waiter

    run(main())


def test_a_timer_calls_once_or_is_cancelled(board_link):  # noqa: F811
    async def main():
        called = asyncio.Event()
        timer = board_link.call_later(0.001, called.set)
        other = board_link.call_later(0.001, lambda: pytest.fail("cancelled"))
        other.cancel()
        await called.wait()
        timer.cancel()
        with pytest.raises(asyncio.TimeoutError):
            await board_link.wait_for(asyncio.Event().wait(), 0.001)

    run(main())


@TLS
def test_a_server_turns_nagles_algorithm_off(board_link, tls):  # noqa: F811
    """A TLS socket of MicroPython has no setsockopt(), but the one below it has."""

    async def main():
        made = asyncio.Event()
        links = []

        class Accepted:
            def made(self, link):
                links.append(link)
                made.set()

            def lost(self, error):
                pass

        server = await board_link.start_server(Accepted, "127.0.0.1", 0, tls, 10)
        with socket.create_connection(server.address):
            await made.wait()
            on = links[0]._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert on
        links[0].abort()
        server.close()
        await server.wait_closed()
        await asyncio.gather(*server._tasks)

    run(main())


def test_a_time_out_cancels_and_nothing_else_does(board_link):  # noqa: F811
    async def value():
        return 1

    async def main():
        assert await board_link.wait_for(value(), None) == await board_link.wait_for(value(), 5) == 1
        waiting = asyncio.create_task(board_link.wait_for(asyncio.Event().wait(), 60))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        with pytest.raises(TimeoutError):
            await board_link.wait_for(asyncio.Event().wait(), 0.001)

    run(main())


def test_a_waiter_looks_like_a_coroutine(board_link):  # noqa: F811
    """asyncio.wait_for() of MicroPython makes a task of it, with these two."""

    async def main():
        waiter = board_link.Waiter()
        waiter.set("pong")
        with pytest.raises(StopIteration) as end:
            waiter.send(None)
        assert end.value.value == "pong"
        waiter = board_link.Waiter()
        waiter.send(None)
        waiter.set("late")
        with pytest.raises(StopIteration):
            waiter.send(None)
        waiter = board_link.Waiter()
        waiter.send(None)
        with pytest.raises(asyncio.CancelledError):
            waiter.throw(asyncio.CancelledError())

    run(main())

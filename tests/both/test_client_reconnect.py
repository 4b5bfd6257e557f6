"""`async for ws in connect(...)`: a new connection each time, with a wait where it makes sense to try again."""

import asyncio

from pocketws import client as module
from pocketws.compat import MICROPYTHON
from pocketws.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus, InvalidURI, NegotiationError
from pocketws.protocol import CLIENT
from tests.both.memory import Log, asynchronous, cancelled, fails, replaced, settle
from tests.both.memory_network import Network, ending, http, upgrade
from tests.both.wire import CLOSE, TEXT, code, frame

URI = "ws://localhost/"


def no_delays():
    while True:
        yield 0


def connect(uri=URI, reconnect_delays=no_delays, **options):
    return module.connect(uri, compression=None, reconnect_delays=reconnect_delays, **options)


def status(number):
    return ending(http("%d No" % number, "Content-Length: 0"))


def hello(peer):
    """Accept, send a message, close, and end."""
    return ending(upgrade()(peer) + frame(CLIENT, TEXT, b"hello") + frame(CLIENT, CLOSE, code(1001)))(peer)


def in_turn(network, *answers):
    """Let a server give these answers, one to each client; and to all further ones the last."""
    answers = list(answers)
    return network.answers(lambda peer: (answers.pop(0) if len(answers) > 1 else answers[0])(peer))


class Sleepless:
    """Takes the place of `asyncio` in the client: sleep() writes down for how long."""

    TimeoutError = asyncio.TimeoutError

    def __init__(self):
        self.slept = []

    async def sleep(self, seconds):
        self.slept.append(seconds)
        await asyncio.sleep(0)


async def first_of(opening):
    """Return the first connection that iterating gives, closed."""
    async for ws in opening:
        await ws.wait_closed()
        return ws


@asynchronous
async def test_connects_again_and_again():
    network = Network()
    in_turn(network, hello)
    found = []
    with network.of(module):
        async for ws in connect():
            found.append(ws)
            assert await ws.recv() == "hello"
            try:
                await ws.recv()
            except ConnectionClosed:
                if len(found) < 4:
                    continue
            break
    assert len(set(found)) == 4


@asynchronous
async def test_connection_is_closed_before_the_next_is_opened():
    network = Network()
    peers = network.answers(upgrade())
    with network.of(module):
        iterator = connect(close_timeout=0.01).__aiter__()
        first = await iterator.__anext__()
        second = await iterator.__anext__()
        assert first.close_code == 1006, "it waited for the peer's Close frame"
        assert peers[0].gone.is_set()
        assert not peers[1].gone.is_set()
        peers[1].send(frame(CLIENT, CLOSE, code(1000)))
        peers[1].link.close()
        await second.wait_closed()


@asynchronous
async def test_failure_that_may_pass(case):
    """It is logged, and after a wait tried again."""
    name, answer = case
    network = Network()
    in_turn(network, answer, answer, hello)
    log = Log()
    with network.of(module), replaced(module, log=log):
        ws = await first_of(connect(open_timeout=0.1 if name == "silence" else 10))
        assert ws.close_code == 1001
    assert len(network.dials) == 3
    assert [level for level, _, _ in log.entries] == ["info", "info"]
    assert log.entries[0][1].startswith("cannot connect; trying again in 0.0 s: ")


@asynchronous
async def test_nobody_listens_yet():
    network = Network()
    log = Log()

    def delays():
        yield 0
        in_turn(network, hello)
        yield 0

    with network.of(module), replaced(module, log=log):
        await first_of(connect(reconnect_delays=delays))
    assert len(network.dials) == 3
    assert "nobody listens there" in log.entries[0][1]


@asynchronous
async def test_failure_that_stays(case):
    name, answer, kind = case
    network = Network()
    in_turn(network, answer, hello)
    with network.of(module):
        await fails(kind, first_of(connect()))
    assert len(network.dials) == 1, "it was tried again"


@asynchronous
async def test_delays_begin_anew_after_a_connection():
    network = Network()
    asked = []

    def delays():
        asked.append("begun")
        for number in (1, 2, 3):
            asked.append(number)
            yield number

    in_turn(network, status(503), status(503), hello, hello, status(500), hello)
    sleepless = Sleepless()
    with network.of(module), replaced(module, log=Log(), asyncio=sleepless):
        count = 0
        async for ws in connect(reconnect_delays=delays):
            await ws.wait_closed()
            count += 1
            if count == 3:
                break
    assert sleepless.slept == [1, 2, 1]
    assert asked == ["begun", 1, 2, "begun", 1]


@asynchronous
async def test_delays_by_default_are_those_of_backoff():
    network = Network()
    in_turn(network, status(503), status(503), status(503), hello)
    sleepless = Sleepless()
    with network.of(module), replaced(module, log=Log(), asyncio=sleepless):
        await first_of(module.connect(URI, compression=None))
    first, *rest = sleepless.slept
    assert 0 <= first <= 5
    assert rest == [3.1, 3.1 * 1.618]


def test_backoff_is_random_first_and_then_grows():
    """Section 7.2.3 asks for both: or all clients would come back at once."""
    firsts = [next(module.backoff()) for _ in range(20)]
    assert len(set(firsts)) > 1
    assert 0 <= min(firsts)
    assert max(firsts) <= 5
    delays = module.backoff()
    next(delays)
    found = [next(delays) for _ in range(12)]
    assert found[0] == 3.1
    assert found == sorted(found)
    assert found[-1] == found[-2] == 90


@asynchronous
async def test_own_process_exception():
    """None: try again. Another exception: raise that. The same: raise it as it is."""
    network = Network()
    in_turn(network, status(403), status(404), hello)
    seen = []
    with network.of(module), replaced(module, log=Log()):
        await first_of(connect(process_exception=seen.append))
        assert [error.response.status_code for error in seen] == [403, 404]
        in_turn(network, status(403))
        other = KeyError("its own")
        error = await fails(KeyError, first_of(connect(process_exception=lambda error: other)))
        assert error is other
        if not MICROPYTHON:  # where `raise ... from` drops it
            assert isinstance(error.__cause__, InvalidStatus)
        await fails(InvalidStatus, first_of(connect(process_exception=lambda error: error)))
        assert len(network.dials) == 5


@asynchronous
async def test_cancelled_while_it_waits_to_try_again():
    network = Network()

    def delays():
        yield 3600

    with network.of(module), replaced(module, log=Log()):
        await cancelled(asyncio.create_task(first_of(connect(reconnect_delays=delays))))
    assert len(network.dials) == 1


@asynchronous
async def test_error_of_the_program_is_its_own():
    network = Network()
    in_turn(network, hello)

    async def program():
        async for ws in connect():
            await ws.wait_closed()
            raise OSError("not the network's")

    with network.of(module):
        error = await fails(OSError, program())
        assert str(error) == "not the network's"
    assert len(network.dials) == 1


if not MICROPYTHON:  # where nobody learns that a loop was left

    @asynchronous
    async def test_break_closes_the_connection():
        network = Network()
        peers = network.answers(upgrade())
        with network.of(module):
            async for each in connect():
                ws = each
                break
            await settle()
            assert ws.close_code is None
            assert ws.protocol.close_sent == (1000, "")
            peers[0].send(frame(CLIENT, CLOSE, code(1000)))
            peers[0].link.close()
            await ws.wait_closed()
            assert ws.close_code == 1000


@asynchronous
async def test_iterator_that_never_connected():
    iterator = connect().__aiter__()
    assert iterator.__aiter__() is iterator
    del iterator


def test_certificate_that_does_not_verify_stays_so():
    """An OSError with mbedTLS's number on MicroPython, a ValueError at the same time on CPython."""
    for error in (ValueError("no URI"), OSError(-0x2700, "refused")):
        assert module.process_exception(error) is error
    assert module.process_exception(OSError(111, "refused")) is None
    if not MICROPYTHON:
        import ssl

        error = ssl.SSLCertVerificationError("refused")
        assert module.process_exception(error) is error


CASES = {
    "test_failure_that_may_pass": (
        ("500", status(500)),
        ("502", status(502)),
        ("503", status(503)),
        ("504", status(504)),
        ("end without an answer", ending(b"")),
        ("end in the middle", ending(b"HTTP/1.1 101")),
        ("cut", lambda peer: peer.link.peer.abort(OSError(104, "cut"))),
        ("silence", lambda peer: None),
    ),
    "test_failure_that_stays": (
        ("400", status(400), InvalidStatus),
        ("401", status(401), InvalidStatus),
        ("501", status(501), InvalidStatus),
        ("no HTTP", lambda peer: b"SSH-2.0-server\r\n", InvalidMessage),
        ("subprotocol", upgrade("Sec-WebSocket-Protocol: other"), NegotiationError),
        ("redirect to another scheme", ending(http("302 No", "Location: ftp://localhost/")), InvalidURI),
    ),
}

"""A conversation that is cut at each of its bytes, by FIN and by RST: only a whole one looks like one that was closed.

It holds the opening handshake, a message in one frame and one in two, a Ping between them, and a Close frame.
"""

import pytest

from pocketws.frames import OP_BINARY, OP_CONT, OP_PING, Frame
from tests.network.faulty_servers import PATIENT, broken, clean, close, text
from tests.network.helpers import run
from tests.network.raw import RawServer, agreed, raw_client, request
from tests.network.subjects import RUNTIMES, client_outcomes, servers

FRAMES = [text(b"one"), Frame(OP_BINARY, b"23", False), Frame(OP_PING, b"?"), Frame(OP_CONT, b"45"), close(1000, "bye")]
MESSAGES = [("one", 1), (4, 4)]  # what the program gets, and the number of frames that it takes
PONG = 3
CLOSE = len(close(1000, "bye").serialize())  # bytes
HOWS = pytest.mark.parametrize("how", ["finish", "reset"])
BOTH = pytest.mark.parametrize("runtime", RUNTIMES)


def ends_of(pieces):
    """Return how many bytes there are up to the end of each piece."""
    return [len(b"".join(pieces[: i + 1])) for i in range(len(pieces))]


def expected(how, ends, at):
    """Return the outcome, and what the peer saw until then, where the frames that end at `ends` are cut at `at`."""
    whole = sum(end <= at for end in ends)
    messages = [message for message, count in MESSAGES if whole >= count]
    if at == ends[-1]:
        return clean(1000, 1000, messages, reason="bye"), ["pong 1", "close 1000"]
    return broken(None, None, "OSError" if how == "reset" else "", messages), ["pong 1"] if whole >= PONG else []


def agree(how, seen, should):
    """Tell whether the outcome `seen` is what it should be; an RST may destroy what was sent before it."""
    if how == "finish" or seen == should:
        return seen == should
    if seen == ["OSError", ""]:  # from connect(): the answer was lost
        return True
    messages, all_messages = seen[-1], should[-1]
    if messages != all_messages[: len(messages)]:
        return False
    # Killed right behind its Close frame: our answer has no one to go to, which we may or may not notice.
    closed = should[0] == "ConnectionClosedOK" and [seen[0], *seen[2:]] == [should[0], *should[2:]]
    return closed or seen[:-1] == broken(None, None, "OSError")[:-1]


@HOWS
@BOTH
def test_a_server_is_cut(runtime, how):
    handshake = agreed(request()).serialize()
    ends = ends_of([handshake] + [frame.serialize() for frame in FRAMES])
    positions = list(range(ends[-1] + 1))
    todo = iter(positions)

    async def script(peer):
        at = next(todo)
        data = peer.wire(agreed(await peer.request()).serialize(), *FRAMES)
        await peer.send(data[:at])
        getattr(peer, how)()
        return await peer.ending(False) if how == "finish" else []

    async def main():
        async with RawServer(script) as server:
            outcomes = await client_outcomes(runtime, [(server.url, PATIENT)] * len(positions))
        return outcomes, server.results

    outcomes, wires = run(main())
    for at, seen, wire in zip(positions, outcomes, wires, strict=True):
        if at < len(handshake):
            should, names = ["OSError", ""] if how == "reset" else ["InvalidMessage", "EOFError"], []
        else:
            should, names = expected(how, ends[1:], at)
        assert agree(how, seen, should), (at, seen, should)
        assert wire == (names if how == "finish" else []), at


@HOWS
@BOTH
def test_a_client_is_cut(runtime, how):
    handshake = request().serialize()

    async def main():
        options = {**PATIENT, "backlog": 256}  # clients come and go faster than a board lets them in
        async with servers(runtime, [options]) as subject, raw_client(subject.ports[0]) as bystander:
            await bystander.open()
            for at in range(len(handshake)):
                async with raw_client(subject.ports[0]) as peer:
                    await peer.send(handshake[:at])
                    getattr(peer, how)()
                    assert await peer.ended() == [], at
            ends = None
            at = 0
            while ends is None or at <= ends[-1]:
                async with raw_client(subject.ports[0]) as peer:
                    ends = ends_of([peer.wire(frame) for frame in FRAMES])
                    await peer.open(peer.wire(*FRAMES)[:at])
                    getattr(peer, how)()
                    wire = await peer.ending(False) if how == "finish" else []
                should, names = expected(how, ends, at)
                seen = await subject.next_outcome()
                assert agree(how, seen, should), (at, seen, should)
                assert wire == (names if how == "finish" else []), at
                at += 1
            await bystander.send(text(b"still here"), close(1000))  # and no handler was called for half a request
            assert await bystander.ending() == ["close 1000"]
            assert await subject.next_outcome() == clean(1000, 1000, ["still here"])

    run(main())


@HOWS
@BOTH
def test_an_answer_to_our_close_frame_is_cut(runtime, how):
    """We close first, and the peer ends within its own Close frame."""
    todo = iter(range(CLOSE))

    async def server(peer):
        await peer.accept(text(b"close"))
        await peer.frame()
        await peer.send(peer.wire(close(1000, "bye"))[: next(todo)])
        getattr(peer, how)()
        return await peer.ending(False) if how == "finish" else []

    async def main():
        async with RawServer(server) as raw:
            outcomes = await client_outcomes(runtime, [(raw.url, PATIENT)] * CLOSE)
        assert raw.results == [[]] * CLOSE
        async with servers(runtime, [PATIENT]) as subject:
            for at in range(CLOSE + 4):  # a client's frame has a masking key
                async with raw_client(subject.ports[0]) as peer:
                    await peer.open(text(b"close"))
                    await peer.frame()
                    await peer.send(peer.wire(close(1000, "bye"))[:at])
                    getattr(peer, how)()
                    outcomes.append(await subject.next_outcome())
        return outcomes

    cause = "OSError" if how == "reset" else ""
    assert run(main()) == [broken(None, 1000, cause)] * (CLOSE + CLOSE + 4)

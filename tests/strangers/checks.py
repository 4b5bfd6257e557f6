"""What is tried with each stranger: a coroutine function for each row of the matrix, by its name.

Each is given the Stranger, and the Cell of the matrix, whose `seen` says what differs from the
usual. Where a function's name ends in _to, we begin; where it ends in _from, the stranger does.
"""

import asyncio
import ssl

import pytest

import pocketws
from pocketws.frames import RSV1, encode_close
from tests.strangers import orders

TEXT = "Gr\u00fc\u00dfe, \u4e16\u754c! \U0001f40d"
MEBIBYTE = 1 << 20  # what connect() and serve() take, and no byte more
LARGE = "\u20ac" * (MEBIBYTE // 3) + "a"  # one mebibyte of UTF-8
REPETITIVE = TEXT * 500
PAYLOADS = ("tick", b"\x00\xff", bytes(range(125)), b"")
OWN_CODES = (3000, 4999)  # the first and the last that programs may use as they like (RFC 6455 section 7.4.2)
REASON = "T\u00fcr zu"
OWN = ["chat.v9", "chat.v1"]  # what a client offers, of which the server knows the second
EXTENSIONS = "Sec-WebSocket-Extensions"


async def echoes(ws, *messages):
    """Send each message, and check that it comes back."""
    for message in messages:
        await ws.send(message)
        answer = await ws.recv()
        assert type(answer) is type(message) and answer == message, (len(answer), len(message))


async def meet_and_echo(stranger, *messages, **options):
    """Do that on a connection of its own, and close it. options: as for Stranger.meeting()."""
    async with stranger.meeting(**options) as met:
        await echoes(met.ws, *messages)
    assert met.ws.close_code == 1000


# Messages


async def text(stranger, cell):
    await meet_and_echo(stranger, TEXT, "\x00", "a" * 125, "b" * 126)


async def binary(stranger, cell):
    await meet_and_echo(stranger, bytes(range(256)), b"\x00", b"\xff" * 65535, b"\xff" * 65536)


async def empty(stranger, cell):
    await meet_and_echo(stranger, "", b"", "", "not empty")


async def mebibyte(stranger, cell):
    await meet_and_echo(stranger, LARGE, bytes(range(256)) * (MEBIBYTE // 256))


async def fragments_to(stranger, cell):
    """A message in fragments, one of them empty, with Pings between them; also compressed, if it can (compressed)."""

    async def parts(ws, whole):
        for part in (whole[:5], whole[:0], whole[5:]):
            yield part
            await (await ws.ping())

    for compression in (None, "deflate"):
        async with stranger.meeting(tapped=True, compression=compression) as met:
            if compression and not cell.seen.get("compressed", True):
                with pytest.raises(pocketws.ConnectionClosedError):
                    await met.ws.send(parts(met.ws, TEXT))
                    await met.ws.recv()
                return
            for message in (TEXT, bytes(range(100))):
                await met.ws.send(parts(met.ws, message))
                assert await met.ws.recv() == message
            sent = met.frames(met.ours, "text", "binary", "continuation")
            assert [frame.fin for frame in sent] == [False, False, False, True] * 2
            assert [frame.rsv != 0 for frame in sent] == [bool(compression), False, False, False] * 2


async def fragments_from(stranger, cell):
    """Those of a program, with Pings between them; or (echo) whether its library makes some of a large message."""
    if "echo" in cell.seen:
        async with stranger.meeting(tapped=True, compression=None) as met:
            await echoes(met.ws, LARGE, LARGE.encode())
            parts = met.frames(met.theirs, "text", "binary", "continuation")
        assert (len(parts) > 2) == cell.seen["echo"]
    else:
        async with stranger.meeting("fragments", tapped=True, compression=None) as met:
            await echoes(met.ws, REPETITIVE, REPETITIVE.encode())
            parts = met.frames(met.theirs, "text", "binary", "continuation")
            pings = met.frames(met.theirs, "ping")
        assert len(parts) > 2 and parts[0].time <= pings[0].time <= parts[-1].time
    kinds = [frame.name for frame in parts if frame.name != "continuation"]
    assert kinds == ["text", "binary"] and [frame.fin for frame in parts].count(True) == 2


# Pings


async def ping_to(stranger, cell):
    async with stranger.meeting(tapped=True) as met:
        for payload in PAYLOADS:
            assert await (await met.ws.ping(payload)) >= 0
        await met.ws.pong("not asked for")
        await echoes(met.ws, "still there")
        pongs = [frame.data for frame in met.frames(met.theirs, "pong")]
        assert pongs == [b"tick", *PAYLOADS[1:]]


async def ping_from(stranger, cell):
    """Its program pings, and learns of our Pong; or (keepalive) its library pings, and goes on."""
    async with stranger.meeting("ping", tapped=True) as met:
        if cell.seen.get("keepalive"):
            while len(pongs := met.frames(met.ours, "pong")) < 3:
                await echoes(met.ws, "still there")
            pings = met.frames(met.theirs, "ping")
            assert [frame.data for frame in pongs] == [frame.data for frame in pings[: len(pongs)]]
        else:
            assert await met.ws.recv() == "pong"
            assert [frame.data for frame in met.frames(met.theirs, "ping")] == [b"tick"]


# Closing


async def close_to(stranger, cell, code, reason=""):
    """Its program is told what we said (code and reason), and it answers with the same code (answer)."""
    usual = 1005 if code is None else code
    expected = {"answer": usual, "code": usual, "reason": reason} | cell.seen
    async with stranger.meeting() as met:
        await echoes(met.ws, "hello")
        await met.ws.close(code, reason)
        seen = await met.report()
    assert met.ws.close_code == expected["answer"]
    assert (seen["code"], seen["reason"] or "") == (expected["code"], expected["reason"])


async def close_to_1000(stranger, cell):
    await close_to(stranger, cell, 1000, REASON)


async def close_to_1001(stranger, cell):
    await close_to(stranger, cell, 1001, REASON)


async def close_to_own(stranger, cell):
    for code in OWN_CODES:
        await close_to(stranger, cell, code, REASON)


async def close_to_none(stranger, cell):
    await close_to(stranger, cell, None)


async def abort_to(stranger, cell):
    """The connection is cut, with a TCP reset on either side; its program is told so (code)."""
    async with stranger.meeting(tapped=True) as met:
        await echoes(met.ws, "hello")
        met.tap.cut()
        with pytest.raises(pocketws.ConnectionClosedError):
            await met.ws.recv()
        seen = await met.report()
    assert met.ws.close_code == 1006
    assert seen["code"] == cell.seen.get("code", 1006)


async def close_from(stranger, cell, code, reason=""):
    """It sends one Close frame with its program's code (code) and reason, by a special order or not (order)."""
    query = {} if code is None else {"code": code, "reason": reason}
    code, reason = cell.seen.get("code", code), cell.seen.get("reason", reason)
    async with stranger.meeting(cell.seen.get("order", "close"), query, tapped=True) as met:
        with pytest.raises(pocketws.ConnectionClosedError if code in OWN_CODES else pocketws.ConnectionClosedOK):
            await met.ws.recv()
        await met.report()
        await met.tap.wait_ended()  # it has seen all
        assert (met.ws.close_code, met.ws.close_reason) == (1005 if code is None else code, reason)
        assert [frame.data for frame in met.frames(met.theirs, "close")] == [encode_close(code, reason)]
        assert [frame.data[:2] for frame in met.frames(met.ours, "close")] == [encode_close(code)]


async def close_from_1000(stranger, cell):
    await close_from(stranger, cell, 1000, REASON)


async def close_from_1001(stranger, cell):
    await close_from(stranger, cell, 1001, REASON)


async def close_from_own(stranger, cell):
    for code in OWN_CODES:
        await close_from(stranger, cell, code, REASON)


async def close_from_none(stranger, cell):
    await close_from(stranger, cell, None)


async def abort_from(stranger, cell):
    """The TCP connection ends without a Close frame; perhaps with its process (dies)."""
    async with stranger.meeting("abort") as met:
        with pytest.raises(pocketws.ConnectionClosedError):
            await met.ws.recv()
    assert (met.ws.close_code, met.ws.close_reason) == (1006, "")
    if cell.seen.get("dies"):
        await asyncio.to_thread(stranger.wait)  # the next test needs a new one


# Subprotocols


async def subprotocol(stranger, cell):
    if stranger.peer.role == "server":
        query, options = {}, {"subprotocols": OWN}
    else:
        query, options = {"subprotocols": ",".join(OWN)}, {"subprotocols": list(orders.SUBPROTOCOLS)}
    async with stranger.meeting(query=query, **options) as met:
        assert met.ws.subprotocol == "chat.v1"
    assert (await met.report())["subprotocol"] == "chat.v1"


async def no_subprotocol(stranger, cell):
    """Nothing in common: a server refuses, or goes on without one; then a client may go on, or not (goes on)."""
    goes_on = cell.seen.get("goes on", True)
    if stranger.peer.role == "server" and goes_on:
        async with stranger.meeting(subprotocols=["soap"]) as met:
            assert met.ws.subprotocol is None
            await echoes(met.ws, "hello")
        return
    if stranger.peer.role == "server":
        with pytest.raises(pocketws.InvalidStatus) as caught:
            async with stranger.meeting(subprotocols=["soap"]):
                pass
        assert caught.value.response.status_code == 400
        return
    query = {"subprotocols": "soap"}
    seen, ours = await stranger.refused(query, subprotocols=list(orders.SUBPROTOCOLS))
    assert "400" in seen["error"] and ours is None
    options = {"select_subprotocol": lambda connection, offered: None}
    if goes_on:
        async with stranger.meeting(query=query, **options) as met:
            await echoes(met.ws, "hello")
        assert (await met.report())["subprotocol"] is None
    else:
        seen, ours = await stranger.refused(query, **options)
        assert "subprotocol" in seen["error"].lower() and ours.close_code == 1006


# Compression


async def compressed(stranger, cell):
    """Each message goes over the wire compressed, in both directions."""
    async with stranger.meeting(tapped=True) as met:
        await echoes(met.ws, REPETITIVE, REPETITIVE, REPETITIVE.encode())
        assert "permessage-deflate" in met.ws.response.headers[EXTENSIONS]
        for sender in (met.ours, met.theirs):
            frames = met.frames(sender, "text", "binary", "continuation")
            first = [frame for frame in frames if frame.name != "continuation"]
            assert [frame.rsv for frame in first] == [RSV1] * 3
            assert sum(len(frame.data) for frame in frames) < len(REPETITIVE.encode()) / 5


async def uncompressed(met):
    await echoes(met.ws, REPETITIVE, REPETITIVE.encode())
    assert EXTENSIONS not in met.ws.response.headers
    frames = met.frames(met.theirs, "text", "binary", "continuation")
    assert {frame.rsv for frame in frames + met.frames(met.ours, "text", "binary", "continuation")} == {0}
    assert sum(len(frame.data) for frame in frames) == 2 * len(REPETITIVE.encode())


async def uncompressed_to(stranger, cell):
    """We do not want it."""
    async with stranger.meeting(tapped=True, compression=None) as met:
        if stranger.peer.role == "client":
            assert "permessage-deflate" in met.ws.request.headers[EXTENSIONS]
        await uncompressed(met)


async def uncompressed_from(stranger, cell):
    """The stranger does not want it."""
    async with stranger.meeting(tapped=True, kind="raw") as met:
        assert stranger.peer.role == "client" or "permessage-deflate" in met.ws.request.headers[EXTENSIONS]
        await uncompressed(met)


# TLS


def server_context(stranger, name):
    return pocketws.server_context(*(stranger.certificates / f"{name}.{kind}" for kind in ("pem", "key")))


async def secure(stranger, cell):
    if stranger.peer.role == "server":
        context = pocketws.client_context(stranger.certificates / "ca.pem")
    else:
        context = server_context(stranger, "server")
    await meet_and_echo(stranger, TEXT, bytes(MEBIBYTE), kind="secure", ssl=context)


async def unknown_ca(stranger, cell):
    """Whoever does not know the CA does not connect."""
    if stranger.peer.role == "server":
        context = pocketws.client_context(stranger.certificates / "other.pem")
        with pytest.raises(ssl.SSLCertVerificationError):
            async with stranger.meeting(kind="secure", ssl=context):
                pass
    else:
        seen, ours = await stranger.refused(kind="secure", ssl=server_context(stranger, "stranger"))
        assert any(word in seen["error"].lower() for word in ("certificate", "err_cert_authority")), seen
        assert ours is None
    await secure(stranger, cell)  # whoever knows it is still welcome

"""Clients that do wrong, each with what a server must make of it: for test_faults_server.py and docs/faults.md."""

import asyncio
import contextlib
from collections import namedtuple

from pocketws.frames import OP_CLOSE, OP_PING, OP_TEXT, Frame
from tests.network.faulty_servers import (
    ABOVE,
    ABOVE_IN_PARTS,
    AGAINST_RULE,
    AT_LIMIT,
    BAD_UTF8,
    CUT,
    CUT_RST,
    GOOD_THEN_NOT,
    HALF_MESSAGE,
    HALF_UTF8,
    LARGE,
    LIMIT,
    NO_ANSWER,
    NO_END,
    NO_PONG,
    NOT_UTF8,
    PINGED,
    PONG,
    TOO_BIG,
    broken,
    clean,
    close,
    close_sent,
    text,
)
from tests.network.raw import KEY, name_of_frame, request

SHORT = 0.25  # seconds: a time-out that a case waits for, and within which a good client does all it has to
PATIENT = {"compression": None, "max_size": LIMIT, "ping_interval": None}
KEEPALIVE = {"ping_interval": SHORT, "ping_timeout": SHORT, "close_timeout": SHORT}

#   name: str. words: str, the fault. script: coroutine function, given a Peer.
#   outcome: list, as converse() in board/fault_client.py returns it in the server's handler, or None where
#   that is not called. wire: list, what the script returned. options: dict, for serve().
Fault = namedtuple("Fault", ("name", "words", "script", "outcome", "wire", "options"))


def fault(name, words, script, outcome, wire=None, **options):
    """wire: None for nothing but the Close frame that the outcome tells of."""
    if wire is None:
        wire = close_sent(outcome or [])
    return Fault(name, words, script, outcome, wire, {**PATIENT, **options})


# ---------------------------------------------------------------- instead of the handshake


def saying(*data):
    """A client that sends this instead of a request, and returns the status it gets."""

    async def script(peer):
        await peer.send(*data)
        return await peer.refusal()

    return script


def asking(method="GET", subprotocols=(), **changes):
    """A client whose request is right but for its method and some headers; None leaves one out."""

    async def script(peer):
        asked = request(subprotocols)
        asked.method = method
        for name, value in changes.items():
            name = name.replace("_", "-")
            if name in asked.headers:
                del asked.headers[name]
            if value is not None:
                asked.headers[name] = value
        await peer.send(asked.serialize())
        return await peer.refusal()

    return script


def waiting(data):
    """A client that sends no more than `data`, and waits."""

    async def script(peer):
        await peer.send(data)
        return await peer.ending()

    return script


async def never_ending(peer):
    """Ask for what is refused, and never end the connection."""
    await peer.send(b"GET / HTTP/2.0\r\n")
    return [(await peer.response()).status_code, *await peer.stay()]


def leaving(data, how):
    """A client that sends `data`, and ends the connection by "finish" or "reset"."""

    async def script(peer):
        await peer.send(data)
        getattr(peer, how)()
        return await peer.ended()

    return script


async def dripping(peer):
    """Send a request, byte by byte, so that the whole of it takes far too long."""
    data = request().serialize()
    end = asyncio.create_task(peer.ended())
    for at in range(len(data)):
        await asyncio.wait((end,), timeout=SHORT / 20)
        if end.done():
            break
        with contextlib.suppress(ConnectionError):  # ended a moment ago
            await peer.send(data[at : at + 1])
    return await end


GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
LF_ONLY = request().serialize().replace(b"\r\n", b"\n")
TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
SHORT_KEY = "AQIDBAUGBwgJCgsMDQ4P"  # 15 bytes
EVIL, OWN = "http://evil.example", ["http://localhost"]

OPENING = [
    fault("not_http", "another protocol than HTTP", saying(b"\x00\xff\x80garbage\r\n\r\n"), None, [400]),
    fault("lines", "lines that end in LF", saying(LF_ONLY), None, [400]),
    fault("http_2", "HTTP/2", saying(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), None, [505]),
    fault("long_target", "a request line that is too long", saying(b"GET /" + b"x" * (1 << 20)), None, [414]),
    fault("long_line", "a header line that is too long", saying(GET + b"X: " + b"y" * (1 << 20)), None, [431]),
    fault("many_headers", "headers without end", saying(GET + b"X: y\r\n" * 100_000), None, [431]),
    fault("method", "POST", asking("POST"), None, [405]),
    fault("body", "a request with a body", asking(Content_Length="10"), None, [400]),
    fault("no_upgrade", "no Upgrade", asking(Upgrade=None), None, [426]),
    fault("no_key", "no Sec-WebSocket-Key", asking(Sec_WebSocket_Key=None), None, [400]),
    fault("key", "a key of 15 bytes", asking(Sec_WebSocket_Key=SHORT_KEY), None, [400]),
    fault("version", "version 8", asking(Sec_WebSocket_Version="8"), None, [426]),
    fault("origin", "a foreign Origin", asking(Origin=EVIL), None, [403], origins=OWN),
    fault("offer", "none of our subprotocols", asking(subprotocols=["mail"]), None, [400], subprotocols=["chat"]),
    fault("no_end_after_refusal", "refused, and never ends", never_ending, None, [505], close_timeout=SHORT),
    fault("silent", "no request", waiting(b""), None, open_timeout=SHORT),
    fault("half_request", "half a request", waiting(GET), None, open_timeout=SHORT),
    fault("tls", "TLS, where there is none", waiting(TLS), None, open_timeout=SHORT),
    fault("dripping", "slow loris: a request, a byte now and then", dripping, None, open_timeout=SHORT),
    fault("finish", "ends before its request (FIN)", leaving(b"", "finish"), None),
    fault("finish_within", "ends within its request (FIN)", leaving(GET, "finish"), None),
    fault("reset", "killed before its request (RST)", leaving(b"", "reset"), None),
    fault("reset_within", "killed within its request (RST)", leaving(GET, "reset"), None),
]


# ---------------------------------------------------------------- once the connection is open


def sending(*items):
    """A client that sends `items`, and waits for the end of the connection."""

    async def script(peer):
        await peer.open(*items)
        return await peer.ending()

    return script


def early(*items):
    """A client that does not wait for the server's answer before it sends `items`, as it should (section 4.1)."""

    async def script(peer):
        await peer.open(early=items)
        return await peer.ending()

    return script


def staying(*items):
    """The same, but it never ends the connection."""

    async def script(peer):
        await peer.open(*items)
        return await peer.stay()

    return script


def cut(how, *items):
    """A client that sends a message and `items`, and ends by "finish" or "reset"."""

    async def script(peer):
        await peer.open(text(b"whole"), Frame(OP_PING))
        names = [name_of_frame(await peer.frame())]  # all that was sent before has been read
        await peer.send(*items)
        getattr(peer, how)()
        return names + (await peer.ending() if how == "finish" else [])

    return script


def deaf(how=None):
    """A client that has the server send until nothing more goes out, and then ends by `how`, if at all."""

    async def script(peer):
        await peer.open(text(b"flood"))
        await peer.frame()
        peer.deafen()
        if how is not None:
            getattr(peer, how)()
        await peer.over.wait()
        return []

    return script


def answering_close(*items):
    """A client that has the server close the connection, and answers its Close frame with `items`."""

    async def script(peer):
        await peer.open(text(b"close"))
        names = [name_of_frame(await peer.frame())]
        await peer.send(*items)
        return names + await peer.ending()

    return script


RESERVED = b"\x83\x80" + bytes(4)  # a frame with an opcode that means nothing
HALF_FRAME = text(b"hallo").serialize(KEY)[:8]
ANNOUNCED = b"\x82\xff\x40" + bytes(11)
EARLY = clean(1000, 1000, ["early"])

# What is not said here is as in faulty_servers.py.
OPEN = [
    fault("cut_finish", "killed within a frame (FIN)", cut("finish", HALF_FRAME), CUT, PONG),
    fault("cut_reset", "killed within a frame (RST)", cut("reset", HALF_FRAME), CUT_RST, PONG),
    fault("cut_message", "killed within a fragmented message (FIN)", cut("finish", HALF_MESSAGE), CUT, PONG),
    fault("cut_between_finish", "killed between two messages (FIN)", cut("finish"), CUT, PONG),
    fault("cut_between_reset", "killed between two messages (RST)", cut("reset"), CUT_RST, PONG),
    fault("half_open", "half-open link: no Pong, and no end", staying(), NO_PONG, PINGED, **KEEPALIVE),
    fault("deaf", "reads nothing while we send", deaf(), NO_PONG, [], **KEEPALIVE),
    fault(
        "deaf_finish",
        "reads nothing while we send, and ends (FIN)",
        deaf("finish"),
        broken(None, None),
        close_timeout=SHORT,
    ),
    fault(
        "deaf_reset", "reads nothing while we send, and is killed (RST)", deaf("reset"), broken(None, None, "OSError")
    ),
    fault("no_close", "no answer to our Close frame", staying(text(b"close")), NO_ANSWER, close_timeout=SHORT),
    fault(
        "no_end", "Close frames, but no end of the TCP connection", staying(close(1000)), NO_END, close_timeout=SHORT
    ),
    fault(
        "no_end_after_failure", "breaks a rule, and never ends", staying(RESERVED), AGAINST_RULE, close_timeout=SHORT
    ),
    fault(
        "other_code", "another code in its answer to our Close frame", answering_close(close(3000)), broken(3000, 1000)
    ),
    fault("at_limit", "a message of max_size: no fault", sending(AT_LIMIT, close(1000)), clean(1000, 1000, [LIMIT])),
    fault("above_limit", "a message of max_size and 1 byte", sending(ABOVE), TOO_BIG),
    fault("above_limit_in_parts", "the same in fragments", sending(*ABOVE_IN_PARTS), TOO_BIG),
    fault("large", "a message of 1 MiB, all of it sent", sending(LARGE), TOO_BIG),
    fault("announced", "a message of 2^62 bytes is announced", sending(ANNOUNCED), TOO_BIG),
    fault("utf8", "bad UTF-8, split over fragments", sending(*BAD_UTF8), NOT_UTF8),
    fault("utf8_half", "UTF-8 that ends within a character", sending(*HALF_UTF8), NOT_UTF8),
    fault("utf8_early", "bad UTF-8 in a message without end", sending(text(b"\xff", False)), NOT_UTF8),
    fault("utf8_reason", "bad UTF-8 in a Close frame", sending(Frame(OP_CLOSE, b"\x03\xe8\xff")), NOT_UTF8),
    fault("early", "a message and a Close frame, before our answer", early(text(b"early"), close(1000)), EARLY),
    fault("garbage", "garbage behind the handshake", early(b"GET / HTTP/1.1\r\n\r\n"), AGAINST_RULE),
    fault("garbage_later", "garbage behind a message", sending(text(b"good"), b"\xff" * 100), GOOD_THEN_NOT),
    fault("compressed", "a compressed frame, but no extension", sending(Frame(OP_TEXT, rsv1=True)), AGAINST_RULE),
    fault("not_masked", "a frame from a client that is not masked", sending(text(b"hi").serialize()), AGAINST_RULE),
    fault("close_1006", "a Close frame with 1006", sending(Frame(OP_CLOSE, b"\x03\xee")), AGAINST_RULE),
    fault("close_half", "a Close frame with half a code", sending(Frame(OP_CLOSE, b"\x03")), AGAINST_RULE),
    fault("close_none", "a Close frame without a code: no fault", sending(close(None)), clean(1005, 1005)),
    fault("close_1011", "a Close frame with 1011", sending(close(1011, "oh")), broken(1011, 1011, reason="oh")),
    fault("after_close", "more behind a Close frame", sending(close(1000), text(b"late"), b"\xff"), clean(1000, 1000)),
    fault("flood_after_close", "1 MiB behind a Close frame", sending(close(1000), LARGE), clean(1000, 1000)),
    fault("flood_after_fault", "1 MiB behind a frame that breaks a rule", sending(RESERVED, LARGE), AGAINST_RULE),
    fault(
        "fault_after_our_close",
        "breaks a rule in answer to our Close frame",
        answering_close(RESERVED),
        broken(None, 1000, "ProtocolError"),
    ),
]

FAULTS = OPENING + OPEN

# MicroPython cannot end one direction and read on in the other, so after the Close frames its server ends both.
# Then no client has to, and one that sends on gets an RST, which may destroy our Close frame.
ON_BOARD = [
    fault._replace(outcome=clean(1000, 1000)) if fault.name == "no_end" else fault
    for fault in FAULTS
    if fault.name != "flood_after_close"
]

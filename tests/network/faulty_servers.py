"""Servers that do wrong, each with what a client must make of it: for test_faults_client.py and docs/faults.md."""

import asyncio
import contextlib
from collections import namedtuple

from pocketws.frames import OP_BINARY, OP_CLOSE, OP_CONT, OP_PING, OP_TEXT, Frame, encode_close
from pocketws.handshake import reject
from tests.network.raw import KEY, agreed, name_of_frame

LIMIT = 1000  # bytes: max_size of the client
SHORT = 0.1  # seconds: a time-out that a case waits for. All others are long.
PATIENT = {"compression": None, "max_size": LIMIT, "ping_interval": None}
KEEPALIVE = {"ping_interval": SHORT, "ping_timeout": SHORT, "close_timeout": SHORT}

#   name: str. words: str, the fault. script: coroutine function, given a Peer, as RawServer wants it.
#   outcome: list, as outcome() in board/fault_client.py returns it. wire: list, what the script returns
#   for each connection. options: dict, for connect().
Case = namedtuple("Case", ("name", "words", "script", "outcome", "wire", "options"))


def case(name, words, script, outcome, wire=None, **options):
    """wire: None for nothing but the Close frame that the outcome tells of."""
    return Case(name, words, script, outcome, [close_sent(outcome) if wire is None else wire], {**PATIENT, **options})


def close_sent(outcome):
    """Return what a peer sees of the Close frame, if any, of which `outcome` tells."""
    sent = outcome[3] if len(outcome) > 3 else None
    return [] if sent is None else [f"close {sent}"]


def refused(error, cause="", *status):
    """connect() raises `error`, with `cause`."""
    return [error, cause, *status]


def clean(rcvd, sent, messages=(), cause="", reason=""):
    return ["ConnectionClosedOK", cause, rcvd, sent, rcvd, reason, list(messages)]


def broken(rcvd, sent, cause="", messages=(), reason=""):
    return ["ConnectionClosedError", cause, rcvd, sent, 1006 if rcvd is None else rcvd, reason, list(messages)]


def text(data, fin=True):
    return Frame(OP_TEXT, data, fin)


def close(code, reason=""):
    return Frame(OP_CLOSE, encode_close(code, reason))


# ---------------------------------------------------------------- instead of the handshake


def answering(**changes):
    """A server whose answer is right but for some headers."""

    async def script(peer):
        await peer.send(agreed(await peer.request(), **changes).serialize())
        return await peer.ended()

    return script


def saying(data):
    """A server that answers with `data`, or a Response, whatever the request was."""
    data = data if isinstance(data, bytes) else data.serialize()

    async def script(peer):
        await peer.request()
        await peer.send(data)
        return await peer.ended()

    return script


def to(location):
    """Return a Response that redirects."""
    return reject(302, "", {"Location": location})


def leaving(data, how):
    """A server that sends `data` instead of an answer, and ends the connection by "finish" or "reset"."""

    async def script(peer):
        await peer.request()
        await peer.send(data)
        getattr(peer, how)()
        return await peer.ended()

    return script


async def endless_body(peer):
    await peer.request()
    await peer.send(b"HTTP/1.1 401 Unauthorized\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        while True:
            await peer.send(bytes(65536))
    return []


async def dripping(peer):
    """Send the answer, byte by byte, so that the whole of it takes far too long."""
    data = agreed(await peer.request()).serialize()
    end = asyncio.create_task(peer.ended())
    for at in range(len(data)):
        await asyncio.wait((end,), timeout=SHORT / 20)
        if end.done():
            break
        with contextlib.suppress(ConnectionError):  # ended a moment ago
            await peer.send(data[at : at + 1])
    return await end


async def redirecting_once(peer):
    request = await peer.request()
    if request.path == "/there":
        await peer.send(agreed(request).serialize(), text(b"here"), close(1000))
        return await peer.ending()
    await peer.send(to("/there").serialize())
    return await peer.ended()


WRONG_KEY = "dGhlIHdyb25nIG9uZSBpcyBoZXJl"
DEFLATE = "permessage-deflate"
STATUS = b"HTTP/1.1 101 Yes\r\n"
HALF = b"HTTP/1.1 101 Swi"
CUT_OFF, RESET = refused("InvalidMessage", "EOFError"), refused("OSError")
TOO_LARGE, TOO_LATE = refused("SecurityError"), refused("TimeoutError (open_timeout)")
HERE = clean(1000, 1000, ["here"])
BAD_VALUE = refused("InvalidHeaderValue")
NOT_ASKED, NOT_AGREED = refused("NegotiationError"), refused("InvalidUpgrade")

OPENING = [
    case("accept_key", "wrong Sec-WebSocket-Accept", answering(Sec_WebSocket_Accept=WRONG_KEY), BAD_VALUE),
    case("no_accept_key", "no Sec-WebSocket-Accept", answering(Sec_WebSocket_Accept=None), BAD_VALUE),
    case("no_upgrade", "101 without Upgrade", answering(Upgrade=None), NOT_AGREED),
    case("extension", "an extension not asked for", answering(Sec_WebSocket_Extensions=DEFLATE), NOT_ASKED),
    case("subprotocol", "a subprotocol not asked for", answering(Sec_WebSocket_Protocol="chat"), NOT_ASKED),
    case("200", "HTTP 200", saying(reject(200, "a page")), refused("InvalidStatus", "", 200)),
    case("401", "HTTP 401", saying(reject(401, "who are you?")), refused("InvalidStatus", "", 401)),
    case("500", "HTTP 500", saying(reject(500, "oops")), refused("InvalidStatus", "", 500)),
    case("302_nowhere", "HTTP 302 without Location", saying(reject(302, "")), refused("InvalidStatus", "", 302)),
    case("302_elsewhere", "HTTP 302 to ftp://", saying(to("ftp://localhost/")), refused("InvalidURI")),
    case("302_again", "HTTP 302 without end", saying(to("/")), TOO_LARGE)._replace(wire=[[]] * 11),
    case("302", "HTTP 302 to a good server: no fault", redirecting_once, HERE)._replace(wire=[[], ["close 1000"]]),
    case("endless_body", "HTTP 401, a body that never ends", endless_body, refused("InvalidStatus", "", 401)),
    case("not_http", "another protocol than HTTP", saying(b"SSH-2.0-OpenSSH_9.9\r\n"), refused("InvalidMessage")),
    case("http_2", "HTTP/2", saying(b"HTTP/2.0 101 Switching Protocols\r\n\r\n"), refused("InvalidProtocol")),
    case("long_line", "a header line that is too long", saying(STATUS + b"X: " + bytes(9000)), TOO_LARGE),
    case("many_headers", "headers without end", saying(STATUS + b"X: y\r\n" * 200), TOO_LARGE),
    case("silent", "no answer", saying(b""), TOO_LATE, open_timeout=SHORT),
    case("half_answer", "half an answer", saying(HALF), TOO_LATE, open_timeout=SHORT),
    case("dripping", "an answer, a byte now and then", dripping, TOO_LATE, open_timeout=SHORT),
    case("finish", "killed before its answer (FIN)", leaving(b"", "finish"), CUT_OFF),
    case("finish_within", "killed within its answer (FIN)", leaving(HALF, "finish"), CUT_OFF),
    case("reset", "killed before its answer (RST)", leaving(b"", "reset"), RESET),
    case("reset_within", "killed within its answer (RST)", leaving(HALF, "reset"), RESET),
]


# ---------------------------------------------------------------- once the connection is open


def sending(*items):
    """A server that sends `items` right behind its answer, and ends its direction on a Close frame."""

    async def script(peer):
        await peer.accept(*items)
        return await peer.ending()

    return script


def staying(*items):
    """A server that sends `items` right behind its answer, and never ends the connection."""

    async def script(peer):
        await peer.accept(*items)
        return await peer.stay()

    return script


def cut(how, *items):
    """A server that sends a message and `items`, and ends by "finish" or "reset"."""

    async def script(peer):
        await peer.accept(text(b"whole"), Frame(OP_PING))
        names = [name_of_frame(await peer.frame())]  # all that was sent before has been read
        await peer.send(*items)
        getattr(peer, how)()
        return names + (await peer.ending() if how == "finish" else [])

    return script


def answering_close(*items):
    """A server that has the client close the connection, and answers its Close frame with `items`."""

    async def script(peer):
        await peer.accept(text(b"close"))
        names = [name_of_frame(await peer.frame())]
        await peer.send(*items)
        peer.finish()
        return names + await peer.ending()

    return script


def deaf(how=None):
    """A server that has the client send until nothing more goes out, and then ends by `how`, if at all."""

    async def script(peer):
        await peer.accept(text(b"flood"))
        await peer.frame()
        peer.deafen()
        if how is not None:
            getattr(peer, how)()
        await peer.over.wait()
        return []

    return script


RESERVED = b"\x83\x00"  # a frame with an opcode that means nothing
HALF_FRAME = b"\x81\x05hal"
HALF_MESSAGE = text(b"half", False)
BAD_UTF8 = [text(b"caf\xc3", False), Frame(OP_CONT, b"\x28")]
HALF_UTF8 = [text(b"caf\xc3", False), Frame(OP_CONT, b"")]
AT_LIMIT = Frame(OP_BINARY, bytes(LIMIT))
ABOVE = Frame(OP_BINARY, bytes(LIMIT + 1))
ABOVE_IN_PARTS = [Frame(OP_BINARY, bytes(LIMIT), False), Frame(OP_CONT, b"x")]
LARGE = Frame(OP_BINARY, bytes(1 << 20))
ANNOUNCED = b"\x82\x7f\x40" + bytes(7)

CUT, CUT_RST, PONG = broken(None, None, "", ["whole"]), broken(None, None, "OSError", ["whole"]), ["pong 0"]
NO_PONG, PINGED = broken(None, 1011, "TimeoutError (ping_timeout)"), ["ping 4", "close 1011"]
TOO_BIG, NOT_UTF8 = broken(None, 1009, "PayloadTooBig"), broken(None, 1007, "ProtocolError")
AGAINST_RULE, GOOD_THEN_NOT = broken(None, 1002, "ProtocolError"), broken(None, 1002, "ProtocolError", ["good"])
LATE = "TimeoutError (close_timeout)"
NO_ANSWER, NO_END = broken(None, 1000, LATE), clean(1000, 1000, cause=LATE)

OPEN = [
    case("cut_finish", "killed within a frame (FIN)", cut("finish", HALF_FRAME), CUT, PONG),
    case("cut_reset", "killed within a frame (RST)", cut("reset", HALF_FRAME), CUT_RST, PONG),
    case("cut_message", "killed within a fragmented message (FIN)", cut("finish", HALF_MESSAGE), CUT, PONG),
    case("cut_between_finish", "killed between two messages (FIN)", cut("finish"), CUT, PONG),
    case("cut_between_reset", "killed between two messages (RST)", cut("reset"), CUT_RST, PONG),
    case("half_open", "half-open link: no Pong, and no end", staying(), NO_PONG, PINGED, **KEEPALIVE),
    case("deaf", "reads nothing while we send", deaf(), NO_PONG, [], **KEEPALIVE),
    case(
        "deaf_finish",
        "reads nothing while we send, and ends (FIN)",
        deaf("finish"),
        broken(None, None),
        close_timeout=SHORT,
    ),
    case(
        "deaf_reset", "reads nothing while we send, and is killed (RST)", deaf("reset"), broken(None, None, "OSError")
    ),
    case("no_close", "no answer to our Close frame", staying(text(b"close")), NO_ANSWER, close_timeout=SHORT),
    case("no_end", "Close frames, but no end of the TCP connection", staying(close(1000)), NO_END, close_timeout=SHORT),
    case("no_end_after_failure", "breaks a rule, and never ends", staying(RESERVED), AGAINST_RULE, close_timeout=SHORT),
    case(
        "other_code", "another code in its answer to our Close frame", answering_close(close(3000)), broken(3000, 1000)
    ),
    case("at_limit", "a message of max_size: no fault", sending(AT_LIMIT, close(1000)), clean(1000, 1000, [LIMIT])),
    case("above_limit", "a message of max_size and 1 byte", sending(ABOVE), TOO_BIG),
    case("above_limit_in_parts", "the same in fragments", sending(*ABOVE_IN_PARTS), TOO_BIG),
    case("large", "a message of 1 MiB, all of it sent", sending(LARGE), TOO_BIG),
    case("announced", "a message of 2^62 bytes is announced", sending(ANNOUNCED), TOO_BIG),
    case("utf8", "bad UTF-8, split over fragments", sending(*BAD_UTF8), NOT_UTF8),
    case("utf8_half", "UTF-8 that ends within a character", sending(*HALF_UTF8), NOT_UTF8),
    case("utf8_early", "bad UTF-8 in a message without end", sending(text(b"\xff", False)), NOT_UTF8),
    case("utf8_reason", "bad UTF-8 in a Close frame", sending(b"\x88\x03\x03\xe8\xff"), NOT_UTF8),
    case("garbage", "garbage behind the handshake", sending(b"HTTP/1.1 500 Oops\r\n\r\n"), AGAINST_RULE),
    case("garbage_later", "garbage behind a message", sending(text(b"good"), b"\xff" * 100), GOOD_THEN_NOT),
    case("compressed", "a compressed frame, but no extension", sending(b"\xc1\x00"), AGAINST_RULE),
    case("masked", "a masked frame from a server", sending(text(b"hi").serialize(KEY)), AGAINST_RULE),
    case("close_1006", "a Close frame with 1006", sending(b"\x88\x02\x03\xee"), AGAINST_RULE),
    case("close_half", "a Close frame with half a code", sending(b"\x88\x01\x03"), AGAINST_RULE),
    case("close_none", "a Close frame without a code: no fault", sending(close(None)), clean(1005, 1005)),
    case("close_1011", "a Close frame with 1011", sending(close(1011, "oh")), broken(1011, 1011, reason="oh")),
    case("after_close", "more behind a Close frame", sending(close(1000), text(b"late"), b"\xff"), clean(1000, 1000)),
    case("flood_after_close", "1 MiB behind a Close frame", sending(close(1000), LARGE), clean(1000, 1000)),
    case("flood_after_fault", "1 MiB behind a frame that breaks a rule", sending(RESERVED, LARGE), AGAINST_RULE),
    case(
        "fault_after_our_close",
        "breaks a rule in answer to our Close frame",
        answering_close(RESERVED),
        broken(None, 1000, "ProtocolError"),
    ),
]

FAULTS = OPENING + OPEN

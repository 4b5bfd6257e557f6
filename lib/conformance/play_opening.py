"""Plays the cases about opening handshakes, and those about what a client does over several connections."""

import asyncio

from pocketws.exceptions import InvalidHandshake
from pocketws.frames import decode_header
from pocketws.handshake import generate_key
from pocketws.http import ResponseParser

from .model import CLEAN, CLIENT, FAILED, NON_STRICT, OK, OPENS, REFUSED, SERVER, TEXT, Result, Visit, text
from .opening import Cut, judge_response, read_message, response_for
from .peer import Peer, encode
from .play import got_words, judge_end

HELLO = "are you there?"
MESSAGES = 5  # that each Visit asks for


async def request(case, target, times, record):
    """Play a Request with the server at a Target; return its Result. Raises CannotOpen if it takes no connection."""
    wire = await target.connect(times.reply)
    key = case.key or generate_key()
    data = target.request(case.request, key)
    record.add("->", "request", data)
    sending = asyncio.create_task(_send(wire, data, case.chop))  # a server may answer, and stop reading, before the end
    parser, fault, closing = ResponseParser(), None, OK
    try:
        response = await read_message(wire, parser, times.reply)
        record.add("<-", f"response {response.status_code} {response.reason_phrase}")
        opened = response.status_code == 101
        outcome, got = (None if opened else REFUSED), f"status {response.status_code}"
        if not opened or OPENS in case.ok + case.lenient:
            fault, codec = _examine(case, response, key)
        if opened and fault is None and OPENS in case.ok + case.lenient:
            outcome, got, closing = await _talk(Peer(wire, SERVER, record, codec, parser.rest), times)
    except Cut:
        outcome, got = REFUSED, "a cut connection"
    except TimeoutError:
        outcome, got = None, "no answer"
    except InvalidHandshake as error:
        outcome, got = None, str(error)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        wire.close()
    verdict = _verdict(case, outcome) if fault is None else FAILED
    got += "" if fault is None else ": " + fault
    return Result(case, verdict, closing, _expected_of_request(case), got, wire=record.lines)


async def response(case, wire, asked, rest, times, record):
    """Play a Response with a client that sent the Request `asked` on a Wire; return its Result.

    rest: bytes that came behind the request.
    """
    data, _ = response_for(asked, case.response)
    record.add("->", "response", data)
    peer = Peer(wire, CLIENT, record, first=rest)
    if case.together:
        data += encode(text(HELLO), mask=False)
    for piece in _pieces(data, case.chop):
        await peer.write(piece)
        await asyncio.sleep(0)
    outcome, got, closing = await _talk(peer, times, asked=case.together)
    if peer.over and not peer.replies:
        outcome = REFUSED
    expected = {OPENS: "the client sends our message back", REFUSED: "the client fails the connection"}
    return Result(
        case, _verdict(case, outcome), closing, " or ".join(map(expected.get, case.ok)), got, wire=record.lines
    )


async def visit(wire, asked, rest, times, record):
    """Have a client that sent the Request `asked` send back some messages; return the Visit.

    rest: bytes that came behind the request.
    """
    data, _ = response_for(asked)
    record.add("->", "response", data)
    peer = Peer(wire, CLIENT, record, first=rest, keep=True)
    await wire.send(data)
    for number in range(MESSAGES):
        await peer.send(text(f"message {number}"))
    await peer.until(lambda: len(peer.replies) >= MESSAGES or peer.over, times.reply)
    await peer.close()
    await peer.until(lambda: peer.over, times.reply)
    await peer.finish(times.end)
    await peer.leave()
    return Visit(asked, _masking_keys(peer.kept), peer.fault)


def judge_visits(case, visits, record):
    """Return the Result of a Habit."""
    faults = [visit.fault for visit in visits if visit.fault is not None]
    fault = faults[0] if faults else case.check(visits)
    return Result(case, OK if fault is None else FAILED, OK, case.expected, fault or "the same", wire=record.lines)


def _masking_keys(data):
    """Return the masking keys of the frames in `data` (bytes)."""
    keys, at = [], 0
    while (header := decode_header(data, at)) is not None:
        keys.append(header.mask_key)
        at += header.size + header.length
    return keys


def _pieces(data, chop):
    """Return `data` (bytes) in pieces of `chop` bytes; 0 is one piece."""
    return [data[at : at + chop] for at in range(0, len(data), chop)] if chop else [data]


async def _send(wire, data, chop):
    for piece in _pieces(data, chop):
        await wire.send(piece)
        await asyncio.sleep(0)


async def _talk(peer, times, asked=False):
    """See whether the peer sends a message back; return (OPENS or None, what it did, the closing verdict).

    asked: bool, the message is on its way already.
    """
    if not asked:
        await peer.send(text(HELLO))
    await peer.until(lambda: peer.replies or peer.over, times.reply)
    if peer.replies == [(TEXT, HELLO.encode())]:
        await peer.close()
        await peer.until(lambda: peer.over, times.reply)
        outcome = OPENS
    else:
        outcome = None
    got = ("an open connection, " if outcome else "") + got_words(peer, True)
    if peer.role == SERVER:
        ended = await peer.until(lambda: peer.ended, times.end)
    else:
        await peer.finish(times.end)
        ended = True
    await peer.leave()
    return outcome, got, judge_end(CLEAN, peer, ended) if outcome else OK


def _verdict(case, outcome):
    return OK if outcome in case.ok else NON_STRICT if outcome in case.lenient else FAILED


def _examine(case, response, key):
    """Return what is wrong with a server's response (str or None), and the deflate.Codec that it agrees to, or None."""
    codec = None
    if response.status_code == 101:
        try:
            codec = judge_response(response, key, case.offers, case.deflate)
        except (InvalidHandshake, ValueError) as error:
            return str(error), None
    elif case.status and response.status_code not in case.status:
        return "expected " + " or ".join(map(str, case.status)), None
    elif response.status_code < 300:
        return "neither 101 nor an error", None
    name, _, value = case.having.partition(": ")
    if REFUSED in case.ok and name and value not in response.headers.get_all(name):
        return f"the response has no {case.having}", None
    return None, codec


def _expected_of_request(case):
    words = {OPENS: "status 101 and an open connection", REFUSED: "an error status, or a cut connection"}
    if case.status:
        words[REFUSED] = "status " + " or ".join(map(str, case.status))
    parts = [" or ".join(words[outcome] for outcome in case.ok)]
    if case.having:
        parts.append(f"with {case.having}")
    return ", ".join(parts)

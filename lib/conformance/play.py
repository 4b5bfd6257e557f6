"""Plays one case with a peer, and judges what came out of it.

A wait is only ever cut short by an answer. Where nothing is to happen, a Ping asks the peer
whether it is past the point; only in the middle of a frame, where no one can ask, does a
time decide, and then late peers are judged too well rather than too badly.
"""

from dataclasses import dataclass

from pocketws.frames import OP_BINARY, OP_TEXT

from . import model, payloads
from .model import (
    BINARY,
    CLEAN,
    FAILED,
    INFORMATIONAL,
    LEFT_OPEN,
    NON_STRICT,
    OK,
    SERVER,
    TEXT,
    UNCLEAN,
    UNIMPLEMENTED,
    WRONG_CODE,
    Await,
    Result,
    Still,
    describe,
)


@dataclass(frozen=True)
class Times:
    """How long to wait for what, in seconds.

    reply: for what must come. silence: before we ask a peer whether it goes on after a fault.
    moment: in the middle of a frame, for a peer that must not do anything yet.
    fast: there, for a peer that should fail at once. end: for the end of TCP.
    """

    reply: float = 5.0
    silence: float = 0.3
    moment: float = 0.1
    fast: float = 2.0
    end: float = 2.0


# ---------------------------------------------------------------- exchanges


async def exchange(case, peer, times):
    """Play an Exchange with a Peer; return its Result."""
    if _has_not(case.deflate, peer):
        await peer.close()
        await peer.until(lambda: peer.over, times.reply)
        ended = await _end_tcp(peer, times)
        expected, got = expected_words(case, peer.role), "the peer does without"
        return Result(case, UNIMPLEMENTED, judge_end(CLEAN, peer, ended), expected, got, wire=peer.record.lines)
    seconds = times.reply * case.patience
    for step in case.steps:
        if isinstance(step, Await):
            await peer.until(lambda count=step.count: len(peer.replies) >= count or peer.over, seconds)
        elif isinstance(step, Still):
            if not await _is_still_there(step, peer, times):
                break
            peer.replies.append(model.OPEN)
        else:
            await peer.send(step)
    await _end(case, peer, times)
    ended = await _end_tcp(peer, times)
    return judge(case, peer, ended)


def _has_not(wanted, peer):
    """Tell whether a peer does without what a case needs: the model.Deflate `wanted`, or None."""
    return wanted is not None and (peer.codec is None or (wanted.context and peer.codec.forgets))


async def _is_still_there(step, peer, times):
    if step.between:
        return await peer.is_alive(times.reply)
    await peer.until(lambda: peer.over, times.moment if step.soon else times.fast)
    return not peer.over


async def _end(case, peer, times):
    """Close the connection as the case wants it, or wait for the peer to do it."""
    if case.ending.ours:
        if peer.ours_first is None:
            await peer.until(lambda: len(peer.replies) >= len(case.ok) or peer.over, times.reply * case.patience)
            if not peer.over:
                await peer.close()
    else:
        await peer.until(lambda: peer.over or _strays(peer, case), times.silence)
        if not peer.over and not await peer.is_alive(times.reply):
            return  # it failed just now, or waits for the rest of a frame that does not come
        if not _strays(peer, case):
            await peer.until(lambda: peer.over, times.silence)
        if not peer.over:
            await peer.close()  # it goes on as if nothing had happened
    await peer.until(lambda: peer.over, times.reply)


def _strays(peer, case):
    """Tell whether a peer has sent something that none does which still fails the connection."""
    allowed = [case.ok]
    if case.lenient is not None and case.lenient_ending is None:
        allowed.append(case.lenient)
    return not any(_same(peer.replies, replies[: len(peer.replies)]) for replies in allowed)


async def _end_tcp(peer, times):
    """End TCP, which is on the server; return whether the server did it."""
    if peer.over and not peer.ended:
        await peer.close(1000 if peer.fault is None else 1002)  # the answer, if their Close frame was the first
    if peer.role == SERVER:
        ended = await peer.until(lambda: peer.ended, times.end if peer.closed else 0)
    else:
        await peer.finish(times.end)
        ended = True
    await peer.leave()
    return ended


def judge(case, peer, ended):
    """Return the Result of an Exchange that is over. ended: bool, a server ended TCP itself."""
    closing = judge_end(case.ending, peer, ended)
    verdict = FAILED
    if _same(peer.replies, case.ok):
        verdict = OK
    elif case.lenient is not None and _same(peer.replies, case.lenient):
        verdict = NON_STRICT
        if case.lenient_ending is not None:
            closing = judge_end(case.lenient_ending, peer, ended)
    if peer.fault is not None or closing in case.ending.fatal:
        verdict = FAILED
    if case.informational:
        verdict = closing = INFORMATIONAL
    return Result(
        case, verdict, closing, expected_words(case, peer.role), got_words(peer, ended), wire=peer.record.lines
    )


def _same(replies, expected):
    return [(kind, bytes(payload)) for kind, payload in expected] == replies


def judge_end(ending, peer, ended):
    """Return the verdict on how the connection ended."""
    if bool(peer.ours_first) != ending.ours or not (ending.ours or peer.over):
        return FAILED
    if ending.clean and not (peer.closed and ended):
        return UNCLEAN
    if peer.close_code is not None and peer.close_code not in ending.codes:
        return WRONG_CODE
    return OK if ended else LEFT_OPEN


def expected_words(case, role):
    """Return what an Exchange asks for, as words."""
    if case.informational:
        return "anything: the RFC leaves it open"
    parts = [describe(case.ok)] if case.ok else []
    codes = " or ".join(map(str, case.ending.codes))
    if not case.ending.ours:
        parts.append(f"the {role} fails the connection, with {codes}")
    elif case.ending.clean:
        parts.append(f"Close {codes} in answer to ours")
    else:
        parts.append(f"Close {codes}, or a cut connection")
    return ", then ".join(parts)


def got_words(peer, ended):
    """Return what a peer did, as words."""
    parts = [describe(peer.replies)] if peer.replies else []
    if peer.fault is not None:
        parts.append("a frame that breaks a rule: " + peer.fault)
    if peer.closed:
        code = "Close without a code" if peer.close_code is None else f"Close {peer.close_code}"
        parts.append(code + (" in answer to ours" if peer.ours_first else ""))
        if not ended:
            parts.append("a TCP connection that stays open")
    elif peer.ended:
        parts.append("a cut connection")
    elif peer.fault is None:
        parts.append("nothing more, and no Close frame")
    return ", then ".join(parts)


# ---------------------------------------------------------------- series


async def series(case, peer, times):
    """Play a Series with a Peer; return its Result."""
    expected = f"{case.count} times the message that we sent, then Close 1000 in answer to ours"
    if _has_not(case.deflate, peer):
        verdict, got = UNIMPLEMENTED, "the peer does without"
    else:
        verdict, got = await _messages(case, peer, times)
    if not peer.over:
        await peer.close()
        await peer.until(lambda: peer.over, times.reply)
    if peer.replies and verdict == OK:
        verdict, got = FAILED, got + ", and then " + describe(peer.replies)
    ended = await _end_tcp(peer, times)
    return Result(case, verdict, judge_end(CLEAN, peer, ended), expected, got, wire=peer.record.lines)


async def _messages(case, peer, times):
    """Send the messages one after the other; return (verdict, what came, in words)."""
    kind, opcode = (BINARY, OP_BINARY) if case.binary else (TEXT, OP_TEXT)
    for number, payload in enumerate(payloads.messages(case.data, case.binary, case.size, case.count)):
        await peer.send_message(opcode, payload, case.cut)
        await peer.until(lambda: peer.replies or peer.over, times.reply * case.patience)
        if peer.replies != [(kind, payload)]:
            before = f"{number} right messages, then " if number else ""
            peer.replies[:], wrong = [], peer.replies[:]
            what = describe(wrong) if wrong else got_words(peer, True)
            changed = " with other content" if describe(wrong) == describe([(kind, payload)]) else ""
            return FAILED, before + what + changed
        peer.replies.clear()
    return OK, f"{case.count} times the message"

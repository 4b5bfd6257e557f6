"""The checks of the exercise of lesson 08: wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer, as in test_tasks_08.py. What the checks play in memory is played
at the end with a real server, too.
"""

import asyncio
import contextlib
import os
import random
from types import SimpleNamespace

import pytest
import websockets

from classroom import small_client
from classroom.small_client import open_connection
from classroom.tasks import lesson_08_exercise
from classroom.wiretap import Wiretap
from classroom.workspace import ROOT
from pocketws.exceptions import PayloadTooBig, ProtocolError
from pocketws.frames import OP_CLOSE, OP_CONT, OP_PING, OP_PONG, OP_TEXT, encode_close
from pocketws.handshake import parse_uri
from tests.answers import right, spin, wrong
from tests.notebook_rules import code_cells

SECONDS = 1  # for each call of an answer: task 5 makes hundreds of them, and none may be hit by a busy moment

# ---------------------------------------------------------------- 08.1

HEARD = bytes.fromhex("8a 82 00 00 00 00 48 69")


def writers(no_lock="ADBEC", lock="ABCDE", heard=HEARD):
    return {"no lock": no_lock, "lock": lock, "heard": heard}


WRITERS = [
    ("untouched", writers(..., ..., ...), "[ ]", "Replace the dots"),
    ("only one", writers(lock=..., heard=...), "[x]", "Still to do: lock, heard"),
    ("no dict", "ADBEC", "[x]", "another shape"),
    ("other letters", writers("FGHIJ"), "[x]", "not made of the letters A to E"),
    ("a piece too few", writers("ADBE"), "[x]", "a piece lost, or sent twice"),
    ("TCP sorts it out", writers("ABCDE"), "[x]", "messages that TCP keeps apart"),
    ("the pong first", writers("DEABC"), "[x]", "a pong that overtakes"),
    ("a frame is a turn", writers("ADEBC"), "[x]", "a turn for a whole frame"),
    ("the pong begins", writers("DAEBC"), "[x]", "a pong that is begun first"),
    ("two pieces a turn", writers("ABDCE"), "[x]", "a drain that keeps the turn"),
    ("backwards", writers("BADEC"), "[x]", "writes its own pieces in their order"),
    ("a lock without effect", writers(lock="ADBEC"), "[x]", "a lock that does not hold"),
    ("the pong overtakes", writers(lock="DEABC"), "[x]", "lets the pong go first"),
    ("as between fragments", writers(lock="ADEBC"), "[x]", "pieces taken for fragments"),
    ("the message", writers(heard=b"Hi there"), "[x]", "puts the pieces in order"),
    ("the whole pong", writers(heard=bytes.fromhex("8a82 0000 0000 6f6b")), "[x]", "the pong as a whole"),
    ("six bytes", writers(heard=bytes.fromhex("8a82 0000 0000")), "[x]", "fewer bytes than were promised"),
    ("the pong's payload", writers(heard=b"ok"), "[x]", "a pong that is understood"),
    ("the header, too", writers(heard=bytes.fromhex("8288 0000 0000 8a82")), "[x]", "does not belong to it"),
    ("hex digits", writers(heard="8a 82"), "[x]", "a str instead of bytes"),
]


class Recorder:
    """A writer that keeps the pieces, and whose drain gives the turn away."""

    def __init__(self):
        self.pieces = []

    def write(self, data):
        self.pieces.append(bytes(data).hex(" "))

    async def drain(self):
        await asyncio.sleep(0)


async def pieces_of(kind):
    recorder = Recorder()
    client = kind(None, recorder)
    client.chunk, client.new_key = 6, lambda: bytes(4)
    await asyncio.gather(client.send(b"Hi there"), client.send_frame(OP_PONG, b"ok"))
    return recorder.pieces


@pytest.mark.parametrize("kind, key", [(small_client.FrameStream, "no lock"), (small_client.OneWriter, "lock")])
def test_the_pieces_go_out_as_08_1_says(kind, key):
    names = dict(
        zip(
            ("82 88 00 00 00 00", "48 69 20 74 68 65", "72 65", "8a 82 00 00 00 00", "6f 6b"),
            "ABCDE",
            strict=True,
        )
    )
    pieces = asyncio.run(pieces_of(kind))
    assert "".join(names[piece] for piece in pieces) == writers()[key]
    if key == "no lock":
        assert bytes.fromhex("".join(pieces[1:]))[:8] == HEARD


# ---------------------------------------------------------------- 08.2

ORDER = [
    ("untouched", ..., "[ ]", "Replace the dots"),
    ("other letters", "XYZ", "[x]", "not made of the letters A to F"),
    ("the body first", "DEBFA", "[x]", "code before the function begins"),
    ("a line twice", "EDBBFA", "[x]", "a line used twice"),
    ("no body", "E", "[x]", "a method without a body"),
    ("reads itself", "EDBCA", "[x]", "a second reader"),
    ("all lines", "EDBFCA", "[x]", "a second reader"),
    ("no goodbye", "EDFA", "[x]", "a line cut without a goodbye"),
    ("cut first", "EADBF", "[x]", "a line cut without a goodbye"),
    ("waits first", "EDFBA", "[x]", "a wait before the goodbye"),
    ("cut at once", "EDBAF", "[x]", "a line cut before the answer came"),
    ("no wait", "EDBA", "[x]", "a line cut before the answer came"),
    ("the inbox stays full", "EBFA", "[x]", "a reader that is stuck"),
    ("room too late", "EBFDA", "[x]", "a reader that is stuck"),
    ("never cut", "EDBF", "[x]", "a line that is never cut"),
]

# ---------------------------------------------------------------- 08.3


class Joiner:
    """A right one, in methods that a wrong one replaces."""

    def __init__(self, max_size):
        self.max_size = max_size
        self.first, self.data = None, b""

    def add(self, frame):
        self.allow(frame)
        self.begin(frame)
        self.limit(frame)
        return self.end(frame)

    def allow(self, frame):
        if (frame.opcode == OP_CONT) != (self.first is not None):
            raise ProtocolError("it does not fit", "5.4")

    def begin(self, frame):
        if frame.opcode != OP_CONT:
            self.first, self.data = frame.opcode, b""
        self.data += frame.data

    def limit(self, frame):
        if len(self.data) > self.max_size:
            raise PayloadTooBig(len(self.data), self.max_size)

    def end(self, frame):
        if not frame.fin:
            return None
        first, self.first = self.first, None
        return self.decoded(first, self.data)

    def decoded(self, first, data):
        return data.decode() if first == OP_TEXT else data


def joiner(**methods):
    return type("Joiner", (Joiner,), methods)


class StubJoiner(Joiner):
    def add(self, frame):
        """Return the message that `frame` completes, or None. Raise ProtocolError or PayloadTooBig."""
        pass  # your code here


class Lists:
    """A right one in another style."""

    def __init__(self, max_size):
        self.max_size = max_size
        self.first, self.parts, self.size = None, [], 0

    def add(self, frame):
        if frame.opcode == OP_CONT:
            if self.first is None:
                raise ProtocolError("no beginning", "5.4")
        elif self.first is not None:
            raise ProtocolError("no end", "5.4")
        else:
            self.first = frame.opcode
        self.size += len(frame.data)
        if self.size > self.max_size:
            raise PayloadTooBig(self.size, self.max_size)
        self.parts.append(frame.data)
        if frame.fin:
            data, kind = b"".join(self.parts), self.first
            self.first, self.parts, self.size = None, [], 0
            return data if kind != OP_TEXT else str(data, "utf-8")


class Grows(Joiner):
    """Another right one: a bytearray, which stays None between messages."""

    def add(self, frame):
        if self.first is None and frame.opcode == OP_CONT or self.first is not None and frame.opcode != OP_CONT:
            raise ProtocolError("this frame does not fit", "5.4")
        if self.first is None:
            self.first, self.data = frame.opcode, bytearray()
        if len(self.data) + len(frame.data) > self.max_size:
            raise PayloadTooBig(len(self.data) + len(frame.data), self.max_size)
        self.data.extend(frame.data)
        if frame.fin:
            is_text = self.first == OP_TEXT
            self.first = None
            return self.data.decode("utf-8") if is_text else bytes(self.data)
        return None


def only_whole(self, frame):
    return frame.data.decode() if frame.opcode == OP_TEXT else bytes(frame.data)


def no_begin(self, frame):
    if frame.opcode != OP_CONT:
        self.first = frame.opcode
    self.data += frame.data


def last_only(self, frame):
    if frame.opcode != OP_CONT:
        self.first = frame.opcode
    self.data = frame.data


def raising(error):
    def limit(self, frame):
        if len(self.data) > self.max_size:
            raise error

    return limit


def no_limit(self, frame):
    pass


def limit_each(self, frame):
    if len(frame.data) > self.max_size:
        raise PayloadTooBig(len(frame.data), self.max_size)


def limit_at_the_end(self, frame):
    if frame.fin:
        Joiner.limit(self, frame)


def limit_one_too_low(self, frame):
    if len(self.data) >= self.max_size:
        raise PayloadTooBig(len(self.data), self.max_size)


def limit_for_ever(self, frame):
    self.total = getattr(self, "total", 0) + len(frame.data)
    if self.total > self.max_size:
        raise PayloadTooBig(self.total, self.max_size)


def in_characters(self, frame):
    if frame.fin:
        message = Joiner.end(self, frame)
        if len(message) > self.max_size:
            raise PayloadTooBig(len(message), self.max_size)
        return message
    Joiner.limit(self, frame)


def only_rests(self, frame):
    if frame.opcode == OP_CONT and self.first is None:
        raise ProtocolError("no beginning", "5.4")


def only_insides(self, frame):
    if frame.opcode != OP_CONT and self.first is not None:
        raise ProtocolError("no end", "5.4")


def by_the_data(self, frame):
    if (frame.opcode == OP_CONT) != bool(self.data):
        raise ProtocolError("it does not fit", "5.4")


def keeps_state(self, frame):
    return self.decoded(self.first, self.data) if frame.fin else None


def end_if_there(self, frame):
    return Joiner.end(self, frame) or None


def each_decoded(self, frame):
    self.texts = self.texts if frame.opcode == OP_CONT else ""
    if self.first == OP_TEXT:
        self.texts += frame.data.decode()
    message = Joiner.end(self, frame)
    return self.texts if isinstance(message, str) else message


def ignores(self, first, data):
    return data.decode(errors="ignore") if first == OP_TEXT else data


def returned(self, frame):
    if (frame.opcode == OP_CONT) != (self.first is not None):
        return ProtocolError("it does not fit", "5.4")
    self.begin(frame)
    self.limit(frame)
    return self.end(frame)


def decoded_by_the_last(self, frame):
    message = Joiner.end(self, frame)
    if frame.fin:
        return self.data.decode() if frame.opcode == OP_TEXT else self.data
    return message


def joins_in_vain(self, frame):
    Joiner.add(self, frame)


async def awaited(self, frame):
    return str(frame)


JOINERS = [
    ("untouched", StubJoiner, "[ ]", "add is still empty"),
    ("an object", Joiner(5), "[x]", "something other than a class"),
    ("no add", type("Joiner", (), {"__init__": Joiner.__init__}), "[x]", "a class without add"),
    ("async", joiner(add=awaited), "[x]", "a method with async"),
    ("no return", joiner(add=joins_in_vain), "[x]", "a message that is never given"),
    ("each is whole", joiner(end=only_whole), "[x]", "each fragment taken for a message"),
    ("never empties", joiner(begin=no_begin), "[x]", "a rest of the message before"),
    ("the last only", joiner(begin=last_only), "[x]", "fragments that are lost"),
    ("bytes", joiner(decoded=lambda self, first, data: data), "[x]", "a text as bytes"),
    ("all text", joiner(decoded=lambda self, first, data: data.decode()), "[x]", "a binary message as text"),
    ("the last opcode", joiner(end=decoded_by_the_last), "[x]", "a text as bytes. The opcode of the first"),
    ("each decoded", joiner(end=each_decoded), "[x]", "each fragment decoded alone"),
    ("errors ignored", joiner(decoded=ignores), "[x]", "a text that is no text, let through"),
    ("empty is None", joiner(end=end_if_there), "[x]", "a message that is never given"),
    ("no rule", joiner(allow=lambda self, frame: None), "[x]", "a rest without a beginning, let through"),
    ("half a rule", joiner(allow=only_rests), "[x]", "a message inside a message, let through"),
    ("the other half", joiner(allow=only_insides), "[x]", "a rest without a beginning, let through"),
    ("by the data", joiner(allow=by_the_data), "[x]", "a state that is not set back"),
    ("never set back", joiner(end=keeps_state), "[x]", "a state that is not set back"),
    ("returned", joiner(add=returned), "[x]", "an error that is returned"),
    ("no limit", joiner(limit=no_limit), "[x]", "a message without a limit"),
    ("a limit for frames", joiner(limit=limit_each), "[x]", "a limit for each fragment"),
    ("at the end", joiner(limit=limit_at_the_end), "[x]", "a limit that is looked at too late"),
    ("one too low", joiner(limit=limit_one_too_low), "[x]", "a limit that is one too low"),
    ("for all", joiner(limit=limit_for_ever), "[x]", "a limit for all messages together"),
    ("characters", joiner(limit=no_limit, end=in_characters), "[x]", "a limit in characters"),
    ("1002 for too much", joiner(limit=raising(ProtocolError("too much", "10.4"))), "[x]", "the wrong code"),
    ("a ValueError", joiner(limit=raising(ValueError("too much"))), "[!]", "the client knows their close codes"),
    ("endless", joiner(add=lambda self, frame: spin()), "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 08.4


def reading(read_all, base=small_client.Answering):
    return type("Mended", (base,), {"error": None, "read_all": read_all})


def initialised(init):
    return type("Mended", (small_client.Answering,), {"__init__": init, "read_all": mended})


async def never_awaits(self):
    while not self.over:
        self.step().close()  # as if it were only forgotten, but without Python's warning


async def stub_read_all(self):
    """Read until `over` is set, or something goes wrong. Then end the inbox."""
    pass  # your code here


async def mended(self):
    try:
        while not self.over:
            await self.step()
    except Exception as error:
        self.error = error
    finally:
        await self.inbox.end()


async def as_it_was(self):
    while not self.over:
        await self.step()
    await self.inbox.end()


async def only_the_network(self):
    try:
        while not self.over:
            await self.step()
    except (OSError, EOFError) as error:
        self.error = error
    await self.inbox.end()


async def no_protocol_error(self):
    try:
        while not self.over:
            await self.step()
    except (OSError, EOFError, UnicodeError) as error:
        self.error = error
    await self.inbox.end()


async def without_finally(self):
    try:
        while not self.over:
            await self.step()
    except Exception as error:
        self.error = error
    await self.inbox.end()


async def only_finally(self):
    try:
        while not self.over:
            await self.step()
    finally:
        await self.inbox.end()


async def says_nothing(self):
    try:
        while not self.over:
            await self.step()
    except Exception:
        pass
    finally:
        await self.inbox.end()


async def keeps_the_text(self):
    try:
        while not self.over:
            await self.step()
    except Exception as error:
        self.error = str(error)
    finally:
        await self.inbox.end()


async def ends_in_the_except(self):
    try:
        while not self.over:
            await self.step()
    except BaseException as error:
        self.error = error
        await self.inbox.end()


async def goes_on_reading(self):
    while not self.over:
        try:
            await self.step()
        except UnicodeError as error:
            self.error = error
        except Exception as error:
            self.error = error
            break
    await self.inbox.end()


async def goes_on_for_ever(self):
    while not self.over:
        try:
            await self.step()
        except Exception as error:
            self.error = error
    await self.inbox.end()


async def never_over(self):
    try:
        while True:
            await self.step()
    except Exception as error:
        self.error = error
    finally:
        await self.inbox.end()


async def drops(self):
    try:
        while not self.over:
            await self.step()
    except Exception as error:
        self.error = error
    finally:
        await self.inbox.end(drop=True)


async def one_step(self):
    try:
        await self.step()
    except Exception as error:
        self.error = error
    finally:
        await self.inbox.end()


async def not_awaited(self):
    try:
        while not self.over:
            await self.step()
    except Exception as error:
        self.error = error
    finally:
        self.inbox.end().close()


async def always_an_error(self):
    self.error = ConnectionError("closed")
    try:
        while not self.over:
            await self.step()
    except Exception as error:
        self.error = error
    finally:
        await self.inbox.end()


async def misspelt(self):
    try:
        while not self.over:
            await self.step()
    except Exception:
        self.error = error  # noqa: F821
    finally:
        await self.inbox.end()


async def stops_the_inbox(self):
    self.inbox.stop()


async def no_pongs(self):
    try:
        while not self.over:
            frame = await self.recv_frame()
            if frame.opcode != OP_PING:
                await self.take(frame)
    except Exception as error:
        self.error = error
    finally:
        await self.inbox.end()


def plain_read_all(self):
    return None


READERS = [
    ("untouched", reading(stub_read_all), "[ ]", "read_all is still empty"),
    ("an object", 3, "[x]", "something other than a class"),
    ("another class", Joiner, "[x]", "a class with another base"),
    ("no method", type("Mended", (small_client.Answering,), {}), "[x]", "a class without read_all"),
    ("no async", reading(plain_read_all), "[x]", "a method without async"),
    ("as it was", reading(as_it_was), "[x]", "a reader that dies silently"),
    ("the network only", reading(only_the_network), "[x]", "a reader that dies silently"),
    ("no ProtocolError", reading(no_protocol_error), "[x]", "died of ProtocolError"),
    ("not awaited", reading(not_awaited), "[x]", "a reader that dies silently"),
    ("not when cancelled", reading(without_finally), "[x]", "a cancelled reader that tells nobody"),
    ("only finally", reading(only_finally), "[x]", "an error that nobody hears of"),
    ("swallowed", reading(says_nothing), "[x]", "an error that nobody hears of"),
    ("its text", reading(keeps_the_text), "[x]", "something about the error"),
    ("only in the except", reading(ends_in_the_except), "[x]", "an end without an error that is not told"),
    ("goes on", reading(goes_on_reading), "[x]", "a reader that goes on after a fault"),
    ("never over", reading(never_over), "[x]", "a reader that goes on after the end"),
    ("drops", reading(drops), "[x]", "messages lost at the end"),
    ("one step", reading(one_step), "[x]", "messages lost at the end"),
    ("always an error", reading(always_an_error), "[x]", "an error where there was none"),
    ("a wrong name", reading(misspelt), "[!]", "name 'error' is not defined"),
    ("a wrong method", reading(stops_the_inbox), "[!]", "An inbox has put, get and end"),
    ("no pongs", reading(no_pongs), "[x]", "a reader that answers no ping"),
    ("endless", reading(goes_on_for_ever), "[!]", "leave the loop"),
    ("endless: step not awaited", reading(never_awaits), "[!]", "Is step() awaited?"),
    ("an __init__", initialised(lambda self: None), "[!]", "It needs no __init__ of your own"),
    ("an empty __init__", initialised(lambda self, reader, writer: None), "[x]", "an __init__ that forgets the rest"),
]


async def mended_otherwise(self):
    """Another right one."""
    try:
        await small_client.OneReader.step(self)
        while not self.over:
            await self.take(await self.recv_frame())
    except BaseException as error:
        self.error = error
    await self.inbox.end()


async def mended_in_parts(self):
    async def steps():
        while not self.over:
            await self.step()

    try:
        await steps()
    except asyncio.CancelledError:
        await self.inbox.end()
        raise
    except Exception as error:
        self.error = error
    await self.inbox.end()


# ---------------------------------------------------------------- 08.5


def trying(errors=(OSError, EOFError), wait=lambda rng, delay: rng.uniform(delay / 2, delay), grow=None, last=False):
    """Return a right connect_again, or one with a slip."""

    async def connect_again(client, uri, first, longest, tries, rng):
        delay = first
        for number in range(tries):
            try:
                return await client.handshake(uri)
            except errors:
                if number + 1 < tries:
                    await asyncio.sleep(wait(rng, delay))
                    delay = grow(first, delay, longest, number) if grow else min(2 * delay, longest)
        return last

    return connect_again


async def stub_try(client, uri, first, longest, tries, rng):
    """Connect, and try again while the network fails. Tell whether it is open."""
    pass  # your code here


async def waits_after_the_last(client, uri, first, longest, tries, rng):
    for number in range(tries):
        try:
            return await client.handshake(uri)
        except (OSError, EOFError):
            delay = min(first * 2**number, longest)
            await asyncio.sleep(rng.uniform(delay / 2, delay))
    return False


async def waits_first(client, uri, first, longest, tries, rng):
    for number in range(tries):
        delay = min(first * 2**number, longest)
        await asyncio.sleep(rng.uniform(delay / 2, delay))
        try:
            return await client.handshake(uri)
        except (OSError, EOFError):
            pass
    return False


async def powers(client, uri, first, longest, tries, rng):
    for number in range(tries):
        try:
            return await client.handshake(uri)
        except (OSError, EOFError):
            if number < tries - 1:
                delay = min(first * 2**number, longest)
                await asyncio.sleep(rng.uniform(delay / 2, delay))
    return False


async def doubles_what_was_drawn(client, uri, first, longest, tries, rng):
    delay = first
    for number in range(tries):
        try:
            return await client.handshake(uri)
        except (OSError, EOFError):
            if number < tries - 1:
                delay = rng.uniform(delay / 2, delay)
                await asyncio.sleep(delay)
                delay = min(2 * delay, longest)
    return False


async def no_count(client, uri, first, longest, tries, rng):
    while True:
        try:
            return await client.handshake(uri)
        except (OSError, EOFError):
            await asyncio.sleep(rng.uniform(first / 2, first))


async def no_sleep(client, uri, first, longest, tries, rng):
    for _ in range(tries):
        try:
            return await client.handshake(uri)
        except (OSError, EOFError):
            pass
    return False


async def one_too_few(client, uri, first, longest, tries, rng):
    return await trying()(client, uri, first, longest, max(1, tries - 1), rng)


async def no_result(client, uri, first, longest, tries, rng):
    for number in range(tries):
        try:
            await client.handshake(uri)
            return
        except (OSError, EOFError):
            if number + 1 < tries:
                await asyncio.sleep(rng.uniform(first / 2, first))


def not_async(client, uri, first, longest, tries, rng):
    return False


TRYING = [
    ("untouched", stub_try, "[ ]", "stub_try is still empty"),
    ("no async", not_async, "[x]", "a function without async"),
    ("no chance", trying(wait=lambda rng, delay: delay), "[x]", "waits without chance"),
    ("always the half", trying(wait=lambda rng, delay: delay / 2), "[x]", "waits without chance"),
    ("down to nothing", trying(wait=lambda rng, delay: rng.uniform(0, delay)), "[x]", "next to nothing"),
    ("longer", trying(wait=lambda rng, delay: rng.uniform(delay, 2 * delay)), "[x]", "a wait that is too long"),
    ("around", trying(wait=lambda rng, delay: rng.uniform(delay / 2, 1.5 * delay)), "[x]", "a wait that is too long"),
    ("narrow", trying(wait=lambda rng, delay: rng.uniform(0.9 * delay, delay)), "[x]", "a narrow chance"),
    ("no limit", trying(grow=lambda first, delay, longest, number: 2 * delay), "[x]", "a wait above the limit"),
    ("no growth", trying(grow=lambda first, delay, longest, number: delay), "[x]", "delays that do not grow"),
    (
        "slow growth",
        trying(grow=lambda first, delay, longest, number: min(delay + first, longest)),
        "[x]",
        "delays that grow too slowly",
    ),
    ("doubles what was drawn", doubles_what_was_drawn, "[x]", "a wait made from the wait before"),
    ("powers", powers, "[!]", "Stop doubling at longest"),
    ("a wait at the end", waits_after_the_last, "[x]", "a wait after the last try"),
    ("a wait at the beginning", waits_first, "[x]", "a wait before the first try"),
    ("no wait", no_sleep, "[x]", "tries without a wait"),
    ("no count", no_count, "[x]", "tries without end"),
    ("one too few", one_too_few, "[x]", "another number of tries"),
    ("every error", trying(errors=(Exception,)), "[x]", "a refusal taken for a failure of the network"),
    ("no EOFError", trying(errors=(OSError,)), "[!]", "A server that hangs up is an EOFError"),
    ("no result", no_result, "[x]", "a function without a return"),
    ("None in the end", trying(last=None), "[x]", "a function without a return"),
    ("one number for uniform", trying(wait=lambda rng, delay: rng.uniform(delay)), "[!]", "between a and b"),
]


async def recursive(client, uri, first, longest, tries, rng):
    for left in reversed(range(tries)):
        try:
            connected = await client.handshake(uri)
        except (EOFError, OSError):
            if left == 0:
                return False
            await asyncio.sleep(first * (0.5 + rng.random() / 2))
            first = longest if 2 * first > longest else 2 * first
        else:
            return connected


async def global_chance(client, uri, first, longest, tries, rng):
    return await trying(wait=lambda rng, delay: random.uniform(delay / 2, delay))(
        client, uri, first, longest, tries, None
    )


# ---------------------------------------------------------------- 08.6


class Alive(small_client.Connection):
    """A right one, in methods that a wrong one replaces."""

    payload, pong = b"", None

    async def take(self, frame):
        if self.pong and frame.opcode == OP_PONG and frame.data == self.payload:
            self.pong.set()
        await super().take(frame)

    async def is_alive(self, seconds):
        self.payload, self.pong = os.urandom(4), asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await self.send_frame(OP_PING, self.payload)
                await self.pong.wait()
                return True
        except OSError:
            return False


class Futures(small_client.Connection):
    """A right one in another style."""

    waiting = {}

    async def take(self, frame):
        if frame.opcode == OP_PONG:
            waiter = self.waiting.pop(bytes(frame.data), None)
            if waiter and not waiter.done():
                waiter.set_result(True)
        else:
            await super().take(frame)

    async def is_alive(self, seconds):
        payload = os.urandom(8)
        waiter = self.waiting[payload] = asyncio.get_running_loop().create_future()
        try:
            await self.send_frame(OP_PING, payload)
            return await asyncio.wait_for(waiter, seconds)
        except (TimeoutError, ConnectionError):
            return False


async def stub_take(self, frame):
    """Look for the pong, then go on as before."""
    pass  # your code here


async def stub_is_alive(self, seconds):
    """Send a ping. Tell whether its pong comes within `seconds`."""
    pass  # your code here


async def take(self, frame):
    if self.pong and frame.opcode == OP_PONG and frame.data == self.payload:
        self.pong.set()
    await small_client.Connection.take(self, frame)


def living(take=take, is_alive=Alive.is_alive):
    return type("Alive", (small_client.Connection,), {"payload": b"", "pong": None, "take": take, "is_alive": is_alive})


async def take_any(self, frame):
    if self.pong and frame.opcode == OP_PONG:
        self.pong.set()
    await small_client.Connection.take(self, frame)


async def take_without_question(self, frame):
    if frame.opcode == OP_PONG and frame.data == self.payload:
        self.pong.set()
    await small_client.Connection.take(self, frame)


async def spin_async(self, frame):
    spin()


async def take_crashes(self, frame):
    if frame.payload == self.payload:
        self.pong.set()


async def take_nothing_else(self, frame):
    if self.pong and frame.opcode == OP_PONG and frame.data == self.payload:
        self.pong.set()


async def take_no_pings(self, frame):
    if self.pong and frame.opcode == OP_PONG and frame.data == self.payload:
        self.pong.set()
    if frame.opcode != OP_PING:
        await small_client.Connection.take(self, frame)


async def take_pings(self, frame):
    if self.pong and frame.opcode == OP_PING:
        self.pong.set()
    await small_client.Connection.take(self, frame)


async def reads_itself(self, seconds):
    await self.send_frame(OP_PING, b"hi")
    async with asyncio.timeout(seconds):
        return (await self.recv_frame()).opcode == OP_PONG


async def no_limit_for_the_pong(self, seconds):
    self.payload, self.pong = os.urandom(4), asyncio.Event()
    await self.send_frame(OP_PING, self.payload)
    await self.pong.wait()
    return True


async def lets_the_time_out_out(self, seconds):
    self.payload, self.pong = os.urandom(4), asyncio.Event()
    async with asyncio.timeout(seconds):
        await self.send_frame(OP_PING, self.payload)
        await self.pong.wait()
    return True


async def fixed_limit(self, seconds):
    return await Alive.is_alive(self, 20)


async def one_event(self, seconds):
    self.payload, self.pong = b"hi", self.pong or asyncio.Event()
    try:
        async with asyncio.timeout(seconds):
            await self.send_frame(OP_PING, self.payload)
            await self.pong.wait()
            return True
    except OSError:
        return False


async def one_payload(self, seconds):
    self.payload, self.pong = b"hi", asyncio.Event()
    try:
        async with asyncio.timeout(seconds):
            await self.send_frame(OP_PING, self.payload)
            await self.pong.wait()
            return True
    except OSError:
        return False


async def only_time_outs(self, seconds):
    self.payload, self.pong = os.urandom(4), asyncio.Event()
    try:
        async with asyncio.timeout(seconds):
            await self.send_frame(OP_PING, self.payload)
            await self.pong.wait()
            return True
    except TimeoutError:
        return False


async def lives_for_ever(self, seconds):
    try:
        return await only_time_outs(self, seconds)
    except ConnectionError:
        return True


async def no_ping(self, seconds):
    return True


async def says_is_open(self, seconds):
    await self.send_frame(OP_PING, b"hi")
    return self.is_open()


async def no_bool(self, seconds):
    await Alive.is_alive(self, seconds)


ALIVE = [
    ("untouched", living(stub_take, stub_is_alive), "[ ]", "is_alive is still empty"),
    ("half of it", living(stub_take), "[ ]", "take is still empty"),
    ("no take", type("Alive", (small_client.Connection,), {"is_alive": Alive.is_alive}), "[x]", "a class without take"),
    ("another base", type("Alive", (), {}), "[x]", "a class with another base"),
    ("reads itself", living(is_alive=reads_itself), "[!]", "Two readers"),
    ("no limit", living(is_alive=no_limit_for_the_pong), "[x]", "a wait without a limit"),
    ("a TimeoutError", living(is_alive=lets_the_time_out_out), "[!]", "Catch it, and return False"),
    ("a fixed limit", living(is_alive=fixed_limit), "[x]", "another limit than `seconds`"),
    ("one event", living(is_alive=one_event), "[x]", "an old pong taken for a new one"),
    ("one payload", living(is_alive=one_payload), "[x]", "an old pong taken for a new one"),
    ("take crashes", living(take=take_crashes), "[!]", "A frame has opcode, fin and data"),
    ("nobody asked yet", living(take=take_without_question), "[!]", "must be there before the first frame comes"),
    ("take is endless", living(take=spin_async), "[!]", "stopped after"),
    ("any pong", living(take=take_any), "[x]", "any pong taken for the answer"),
    ("pings for pongs", living(take=take_pings), "[x]", "a living server taken for dead"),
    ("nothing else", living(take=take_nothing_else), "[x]", "a message that never comes to recv"),
    ("no pings", living(take=take_no_pings), "[x]", "a ping that is not answered any more"),
    ("after close", living(is_alive=only_time_outs), "[!]", "No ping may follow our Close frame"),
    ("alive after close", living(is_alive=lives_for_ever), "[x]", "a closed connection taken for alive"),
    ("no ping", living(is_alive=no_ping), "[x]", "an answer without a question"),
    ("is_open", living(is_alive=says_is_open), "[x]", "a dead line taken for alive"),
    ("no bool", living(is_alive=no_bool), "[x]", "a function without a return"),
]


WRONG = [
    *wrong("08.1", WRITERS),
    *wrong("08.2", ORDER),
    *wrong("08.3", JOINERS),
    *wrong("08.4", READERS),
    *wrong("08.5", TRYING),
    *wrong("08.6", ALIVE),
]


@pytest.mark.parametrize("task, answer, sign, phrase", WRONG)
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert phrase in words, words


RIGHT = [
    *right("08.1", plain=writers(), small=writers("adbec", "A B C D E"), lists=writers(list("ADBEC"), tuple("ABCDE"))),
    *right("08.2", plain="EDBFA", small="e d b f a", goodbye_first="EBDFA", list=list("EDBFA")),
    *right("08.3", methods=Joiner, lists=Lists, grows=Grows),
    *right("08.4", plain=reading(mended), otherwise=reading(mended_otherwise), parts=reading(mended_in_parts)),
    *right("08.5", plain=trying(), otherwise=recursive, chance=global_chance),
    *right("08.6", events=Alive, futures=Futures, methods=living()),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    assert card(task, answer).startswith(f"[ok] Task {task}")


# ---------------------------------------------------------------- the solutions, opposite a real server


@pytest.fixture(scope="module")
def solutions():
    """Return what the cells of the solution define."""
    scope = {}
    for source in code_cells(ROOT / "solutions" / "08_robust_client.ipynb"):
        if "classroom.checks" in source or "### BEGIN SOLUTION" in source:
            exec(source, scope)
    return SimpleNamespace(**scope)


def opposite(story, handler, **options):
    """Run `await story(url)` while a server of `websockets` serves the `handler`."""

    async def both():
        async with asyncio.timeout(10), websockets.serve(handler, "127.0.0.1", 0, **options) as server:
            port = server.sockets[0].getsockname()[1]
            return await story(f"ws://127.0.0.1:{port}/")

    return asyncio.run(both())


async def opened(kind, url):
    return await open_connection(kind, parse_uri(url))


def test_the_joiner_in_a_client(solutions):
    class Joined(small_client.Connection):
        joiner = solutions.Joiner(10)

        async def take(self, frame):
            if frame.opcode >= OP_CLOSE:
                return await super().take(frame)
            message = self.joiner.add(frame)
            if message is not None:
                await self.inbox.put(message)

    codes = []

    async def handler(connection):
        await connection.send(["Hel", "", "lo"])
        await connection.send([b"\x01", b"\xff"])
        await connection.send(["5", "€"])
        with contextlib.suppress(websockets.ConnectionClosed):
            await connection.send(["12345", "678901", "2"])
        await connection.wait_closed()
        codes.append(connection.close_code)

    async def story(url):
        client = await opened(Joined, url)
        received = [await client.recv() for _ in range(4)]
        await client.close()
        return received

    assert opposite(story, handler) == ["Hello", b"\x01\xff", "5€", None]
    assert codes == [1009]


def test_close_in_order(solutions):
    source = "\n".join(lesson_08_exercise.CLOSE_LINES[letter] for letter in solutions.order)
    scope = {"asyncio": asyncio, "OP_CLOSE": OP_CLOSE, "encode_close": encode_close}
    exec(source, scope)
    codes = []

    async def handler(connection):
        for _ in range(40):  # more than an inbox takes
            await connection.send("!")
        await connection.wait_closed()
        codes.append(connection.close_code)

    async def story(url):
        client = await opened(type("Ordered", (small_client.Connection,), {"close": scope["close"]}), url)
        await client.close()
        await client.wait_closed()
        return client.close_code

    assert opposite(story, handler) == 1000
    assert codes == [1000]


def test_the_mended_reader(solutions):
    async def rude(connection):
        connection.transport.write(bytes.fromhex("81 02 48 69 81 01 ff"))
        await connection.wait_closed()

    async def story(url):
        client = await opened(solutions.Mended, url)
        received = [await client.recv() for _ in range(3)]
        client.writer.close()
        return received, type(client.error)

    assert opposite(story, rude) == (["Hi", None, None], UnicodeDecodeError)


def test_connecting_again(solutions):
    visits = []

    def restarting(connection, request):
        visits.append(request.path)
        if len(visits) < 3:
            connection.transport.abort()

    async def handler(connection):
        await connection.wait_closed()

    async def story(url):
        client = small_client.AsyncWebsocketClient()
        connected = await solutions.connect_again(client, url, 0.01, 0.02, 5, random.Random(8))
        await client.close()
        return connected

    assert opposite(story, handler, process_request=restarting)
    assert len(visits) == 3


def test_noticing_the_silence(solutions):
    async def handler(connection):
        await connection.wait_closed()

    async def story(url):
        async with Wiretap(url) as tap:
            client = await opened(solutions.Alive, tap.url)
            before = await client.is_alive(5)
            tap.pause()
            after = await client.is_alive(0.2)
            client.writer.transport.abort()
            await client.wait_closed()
            return before, after

    assert opposite(story, handler) == (True, False)

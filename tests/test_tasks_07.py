"""The checks of lesson 07: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[ ]", "[x]" or "[!]",
and words of the card that name the misconception.
"""

import asyncio
import contextlib
import gc
import os
import random
import secrets
import struct
import threading

import pytest
import websockets

from classroom import checks
from classroom.small_client import FrameStream, shake_hands
from classroom.tasks import lesson_07, lesson_07_exercise
from pocketws.frames import (
    OP_BINARY,
    OP_CLOSE,
    OP_PING,
    OP_PONG,
    OP_TEXT,
    Frame,
    FrameParser,
    apply_mask,
    decode_header,
    encode_close,
    encode_header,
)
from pocketws.handshake import build_request, check_response, generate_key, parse_uri
from pocketws.http import ResponseParser
from tests.answers import right, spin, wrong

SECONDS = 1  # for one check: some have a server, and a slow machine is no fault of an answer

# ---------------------------------------------------------------- 07.a


def asker(opcode=OP_PING, verdict=lambda frame, payload: frame.opcode == OP_PONG and frame.data == payload, data=None):
    """Return a right is_there, or one with a slip."""

    async def is_there(client, payload):
        await client.send_frame(opcode, payload if data is None else data)
        return verdict(await client.recv_frame(), payload)

    return is_there


async def blank(client, payload):
    await client.send_frame(..., payload)


async def no_await(client, payload):
    client.send_frame(OP_PING, payload).close()
    frame = await client.recv_frame()
    return frame.opcode == OP_PONG and frame.data == payload


async def no_await_on_receive(client, payload):
    await client.send_frame(OP_PING, payload)
    frame = client.recv_frame()
    try:
        return frame.opcode == OP_PONG
    finally:
        frame.close()


async def swapped(client, payload):
    await client.send_frame(payload, OP_PING)


async def only_data(client, payload):
    await client.send_frame(payload)


async def twice(client, payload):
    await client.send_frame(OP_PING, payload)
    return await asker()(client, payload)


async def silent(client, payload):
    frame = await client.recv_frame()
    return frame.opcode == OP_PONG and frame.data == payload


async def too_many(client, payload):
    await client.recv_frame()
    return await asker()(client, payload)


async def forever(client, payload):  # the one that keeps the processor, too
    while True:
        pass


async def elsewhere(client, payload):
    await asyncio.sleep(0.01)
    await asyncio.Event().wait()


def plain(client, payload):
    return True


ASKERS = [
    ("blank", blank, "[ ]", "replace each ..."),
    ("a pong sent", asker(OP_PONG), "[x]", "a pong frame sent. The question is a ping"),
    ("a text sent", asker(OP_TEXT), "[x]", "a text frame sent"),
    ("another payload", asker(data=b""), "[x]", "a ping with another payload"),
    ("any pong", asker(verdict=lambda frame, payload: frame.opcode == OP_PONG), "[x]", "any pong taken for the answer"),
    ("any frame", asker(verdict=lambda frame, payload: frame.data == payload), "[x]", "a ping taken for the answer"),
    (
        "a ping as the answer",
        asker(verdict=lambda frame, payload: frame.opcode == OP_PING and frame.data == payload),
        "[x]",
        "a pong that is not seen",
    ),
    ("the frame", asker(verdict=lambda frame, payload: frame), "[x]", "a pong that is not seen"),
    ("no return", asker(verdict=lambda frame, payload: None), "[x]", "a function without a return"),
    ("payload of the frame", asker(verdict=lambda frame, payload: frame.payload == payload), "[!]", "is frame.data"),
    ("no await", no_await, "[x]", "no ping sent"),
    ("no await on receive", no_await_on_receive, "[!]", "is only a plan"),
    ("swapped", swapped, "[!]", "send_frame takes the opcode first"),
    ("only data", only_data, "[!]", "send_frame takes the opcode first"),
    ("twice", twice, "[x]", "2 frames sent"),
    ("silent", silent, "[x]", "no ping sent"),
    ("one frame too many", too_many, "[!]", "one frame more than there were"),
    ("endless", forever, "[!]", "stopped after"),
    ("no async", plain, "[x]", "a function without async"),
    ("no function", OP_PING, "[x]", "not a function"),
]


async def is_there_with_if(client, payload):
    await client.send_frame(OP_PING, bytes(payload))
    frame = await client.recv_frame()
    if frame.opcode != OP_PONG:
        return False
    return bytes(frame.data) == payload


# ---------------------------------------------------------------- 07.b


def taker(text=bytes.decode, binary=bytes, close=lambda data: None, skip=(OP_PING, OP_PONG)):
    """Return a right next_message, or one with a slip."""

    async def next_message(client):
        while True:
            frame = await client.recv_frame()
            if frame.opcode in skip:
                continue
            if frame.opcode == OP_TEXT:
                return text(bytes(frame.data))
            return binary(frame.data) if frame.opcode == OP_BINARY else close(bytes(frame.data))

    return next_message


async def stub(client):
    """Return the next message: str or bytes, or None at a Close frame."""
    ...  # your code here


async def first_frame(client):
    frame = await client.recv_frame()
    if frame.opcode == OP_TEXT:
        return frame.data.decode()
    return bytes(frame.data) if frame.opcode == OP_BINARY else None


async def the_clients_recv(client):
    return await client.recv()


async def whole_frame(client):
    return await client.recv_frame()


async def forgets_await(client):
    return client.recv_frame()


async def not_empty(client):
    while True:
        frame = await client.recv_frame()
        if frame.opcode == OP_TEXT and frame.data:
            return frame.data.decode()
        if frame.opcode == OP_BINARY:
            return bytes(frame.data)
        if frame.opcode == OP_CLOSE:
            return None


async def if_truthy(client):
    frame = await client.recv_frame()
    while frame.opcode not in (OP_TEXT, OP_BINARY, OP_CLOSE):
        frame = await client.recv_frame()
    if frame.opcode == OP_CLOSE:
        return None
    return frame.data.decode()


async def reads_ahead(client):
    message = await taker()(client)
    if client.frames:
        await client.recv_frame()
    return message


async def no_return(client):
    await taker()(client)


async def never_closes(client):
    while True:
        frame = await client.recv_frame()
        if frame.opcode == OP_TEXT:
            return frame.data.decode()
        if frame.opcode == OP_BINARY:
            return bytes(frame.data)


async def opcode_by_name(client):
    frame = await client.recv_frame()
    if frame.opcode == "text":
        return frame.data.decode()


async def until_something(client):
    while (message := await client.recv()) is None:
        pass
    return message


async def no_brackets(client):
    return await client.recv_frame


async def async_for(client):
    plan = client.recv_frame()
    try:
        async for frame in plan:
            return frame.data
    finally:
        plan.close()


async def closes(client):
    while True:
        frame = await client.recv_frame()
        if frame.opcode == OP_CLOSE:
            return await client.close()
        if frame.opcode in (OP_TEXT, OP_BINARY):
            return frame.data.decode() if frame.opcode == OP_TEXT else bytes(frame.data)


TAKERS = [
    ("the stub", stub, "[ ]", "write its body"),
    ("no loop", first_frame, "[x]", "a ping or a pong taken for a message"),
    ("the client's recv", the_clients_recv, "[x]", "a ping or a pong taken for a message"),
    ("the frame", whole_frame, "[x]", "a frame instead of a message"),
    ("no await", forgets_await, "[x]", "a plan that nobody carries out"),
    ("bytes for text", taker(text=bytes), "[x]", "a text that is still bytes"),
    ("str()", taker(text=str), "[x]", "a text made by str()"),
    ("a bytearray", taker(binary=lambda data: data), "[x]", "a bytearray where bytes belong"),
    ("binary as hex", taker(binary=lambda data: data.hex()), "[x]", "binary made into something else"),
    ("a Close frame's payload", taker(close=bytes), "[x]", "a Close frame taken for a message"),
    ("pongs for messages", taker(skip=(OP_PING,), close=bytes), "[x]", "a Close frame taken for a message"),
    ("pings for the end", taker(skip=(OP_PONG,)), "[x]", "a ping or a pong taken for a message"),
    ("empty texts skipped", not_empty, "[x]", "an empty text taken for none"),
    ("decodes binary", if_truthy, "[!]", "Only the payload of a text frame is UTF-8"),
    ("reads ahead", reads_ahead, "[x]", "frames taken after the message"),
    ("no return", no_return, "[x]", "a message that is not returned"),
    ("an opcode by its name", opcode_by_name, "[x]", "An opcode is a number"),
    ("no end", never_closes, "[!]", "A Close frame is an end, too"),
    ("recv until there is something", until_something, "[!]", "A Close frame is an end, too"),
    ("no brackets", no_brackets, "[!]", "is the method, not a call of it"),
    ("async for", async_for, "[!]", "client.recv_frame() gives one frame"),
    ("closes", closes, "[!]", "closed elsewhere"),
]


async def next_message_by_itself(client):
    frame = await client.recv_frame()
    if frame.opcode in (OP_TEXT, OP_BINARY):
        return frame.data.decode() if frame.opcode == OP_TEXT else bytes(frame.data)
    if frame.opcode != OP_CLOSE:
        return await next_message_by_itself(client)


async def next_message_that_answers(client):
    while (frame := await client.recv_frame()).opcode in (OP_PING, OP_PONG):
        if frame.opcode == OP_PING:
            await client.send_frame(OP_PONG, frame.data)
    return {OP_TEXT: bytes.decode, OP_BINARY: bytes}.get(frame.opcode, lambda data: None)(bytes(frame.data))


async def next_message_with_match(client):
    while (frame := await client.recv_frame()).opcode != OP_CLOSE:
        match frame.opcode:
            case 1:
                return str(frame.data, "utf-8")
            case 2:
                return bytes(frame.data)


# ---------------------------------------------------------------- 07.1, 07.2

VERDICTS = [
    ("dots", ..., "[ ]", "not started"),
    ("five letters", "BCACD", "[x]", "5 letters instead of six"),
    ("another letter", "BCACDX", "[x]", "not made of the letters A to E"),
    ("a number", 6, "[x]", "not made of the letters A to E"),
    ("read waits", "CCACDE", "[x]", "a read that waits for 100 bytes"),
    ("readexactly as read", "BBACDE", "[x]", "readexactly taken for read"),
    ("an error too early", "BDACDE", "[x]", "an error while more may still come"),
    ("more than it may", "BCBCDE", "[x]", "a read that takes more than it may"),
    ("empty is the end", "BCAEDE", "[x]", "an empty stream taken for the end of TCP"),
    ("twice", "BCABDE", "[x]", "bytes that come twice"),
    ("waits at the end", "BCACCE", "[x]", "a wait for bytes that cannot come"),
    ("fewer at the end", "BCACBE", "[x]", "readexactly taken for read"),
    ("an error at the end", "BCACDD", "[x]", "the end of TCP taken for an error"),
    ("line 6 otherwise", "BCACDA", "[x]", "another end of line 6"),
]

ORDERS = [
    ("dots", ..., "[ ]", "not started"),
    ("read", "BEGIDJHAF", "[x]", "a first frame lost"),
    ("both reads", "BEGIDCJHAF", "[x]", "a head that is read twice"),
    ("no read", "BEGIDHAF", "[x]", "an answer that is never read"),
    ("reads before it asks", "BEGICDHAF", "[x]", "answer to a question that nobody has asked"),
    ("no request", "BEGICHAF", "[x]", "a client that never asks"),
    ("no check", "BEGIDCHF", "[x]", "a response that nobody checks"),
    ("no key", "BEGDCHAF", "[x]", "a request without a key"),
    ("no connection", "BEIDCHAF", "[x]", "a client without a connection"),
    ("no place", "BGIDCHAF", "[x]", "a connection to nobody knows where"),
    ("no parser", "BEGIDCAF", "[x]", "a response that nobody reads"),
    ("no return", "BEGIDCHA", "[x]", "a function without a return"),
    ("key too late", "BEGDICHAF", "[x]", "a key used before it is made"),
    ("asks before it connects", "BEIDGCHAF", "[x]", "a request before there is a connection"),
    ("place too late", "BGEIDCHAF", "[x]", "an address used before it is taken apart"),
    ("check too early", "BEGIDCAHF", "[x]", "a check of a response that is not there yet"),
    ("parses too early", "BEGIDHCAF", "[x]", "a response read before it has come"),
    ("return before the check", "BEGIDCHFA", "[x]", "a line behind the return"),
    ("no def", "EBGIDCHAF", "[x]", "code before the function begins"),
    ("twice", "BEGIDCHAAF", "[x]", "a line used twice"),
    ("another letter", "BEGIDCHAX", "[x]", "not made of the letters"),
]


# ---------------------------------------------------------------- 07.3


def frame_reader(two=2, eight=8, mark=127, opcode=lambda first: first & 0x0F, pair=lambda *both: both, take=None):
    """Return a right read_frame, or one with a slip."""

    async def read_frame(reader):
        first, second = await reader.readexactly(2)
        length = second
        if second == 126:
            length = int.from_bytes(await reader.readexactly(two), "big")
        if second == mark:
            length = int.from_bytes(await reader.readexactly(eight), "big")
        return pair(opcode(first), await (take or type(reader).readexactly)(reader, length))

    return read_frame


async def blanks_left(reader):
    first, second = await reader.readexactly(2)
    return first & ..., await reader.readexactly(second)


async def never_long(reader):
    first, second = await reader.readexactly(2)
    return first & 0x0F, await reader.readexactly(second)


async def asks_twice(reader):
    first, length = await reader.readexactly(2)
    if length == 126:
        length = int.from_bytes(await reader.readexactly(2), "big")
    if length == 127:
        length = int.from_bytes(await reader.readexactly(8), "big")
    return first & 0x0F, await reader.readexactly(length)


async def always_eight(reader):
    first, second = await reader.readexactly(2)
    return first & 0x0F, await reader.readexactly(int.from_bytes(await reader.readexactly(8), "big"))


async def header_again(reader):
    first, second = data = await reader.readexactly(2)
    return first & 0x0F, (data + await reader.readexactly(second))[:second]


async def plan_inside(reader):
    first, second = await reader.readexactly(2)
    return first & 0x0F, reader.readexactly(second)


async def without_await(reader):
    plan = reader.readexactly(2)
    try:
        first, second = plan
    finally:
        plan.close()


async def patient(reader):
    while True:
        try:
            return await frame_reader()(reader)
        except EOFError:
            pass


async def forgives(reader):
    try:
        return await frame_reader()(reader)
    except EOFError:
        return None


async def one_too_many(reader):
    pair = await frame_reader()(reader)
    await reader.readexactly(1)
    return pair


async def reads_all(reader):
    data = await reader.read(100000)
    return data[0] & 0x0F, data[2:]


async def at_most(reader, length):
    return await reader.read(length)


async def waits_for_another(*args):
    await asyncio.Event().wait()


async def endless(*args):
    spin()


def not_async(*args):
    return 1, b"Hello"


FRAMES = [
    ("blanks left", blanks_left, "[ ]", "replace each ..."),
    ("eight for 126", frame_reader(two=8), "[x]", "After 126, the length is in the next two bytes"),
    ("one for 126", frame_reader(two=1), "[x]", "a length of 1 byte."),
    ("two for 127", frame_reader(eight=2), "[x]", "a length of 2 bytes"),
    ("four for 127", frame_reader(eight=4), "[x]", "the length is in the next eight bytes"),
    ("128 for 127", frame_reader(mark=128), "[x]", "127 taken for the length"),
    ("never long", never_long, "[x]", "126 taken for the length"),
    ("asks twice", asks_twice, "[x]", "a wait for more bytes than there are"),
    ("always eight", always_eight, "[x]", "a wait for more bytes than there are"),
    ("the whole byte", frame_reader(opcode=lambda first: first), "[x]", "the whole first byte taken for the opcode"),
    ("the upper half", frame_reader(opcode=lambda first: first & 0xF0), "[x]", "FIN taken for the opcode"),
    ("shifted", frame_reader(opcode=lambda first: first >> 4), "[x]", "FIN taken for the opcode"),
    ("minus 128", frame_reader(opcode=lambda first: first - 128), "[x]", "FIN taken for 1"),
    ("one bit", frame_reader(opcode=lambda first: first & 1), "[x]", "another opcode"),
    ("a header in the payload", header_again, "[x]", "a header taken for the payload"),
    ("swapped", frame_reader(pair=lambda *both: both[::-1]), "[x]", "the payload where the opcode belongs"),
    ("only the payload", frame_reader(pair=lambda *both: both[1]), "[x]", "something other than a pair"),
    ("no return", frame_reader(pair=lambda *both: None), "[x]", "a function without a return"),
    ("decoded", frame_reader(pair=lambda kind, data: (kind, data.decode())), "[x]", "a str where the payload belongs"),
    ("read for readexactly", frame_reader(take=at_most), "[x]", "half a payload taken for all of it"),
    ("everything", reads_all, "[x]", "a payload that is too long"),
    ("a byte too many", one_too_many, "[x]", "a wait for more bytes than there are"),
    ("a plan inside", plan_inside, "[x]", "a plan where the payload belongs"),
    ("no await", without_await, "[!]", "put `await` before reader.readexactly"),
    ("never gives up", patient, "[x]", "a loop that goes on after the end of TCP"),
    ("None for half a frame", forgives, "[x]", "half a frame taken for a whole one"),
    ("waits for something else", waits_for_another, "[!]", "waits for something that never comes"),
    ("no async", not_async, "[x]", "a function without async"),
    ("endless", endless, "[!]", "stopped after"),
]


async def frame_by_match(reader):
    first = (await reader.readexactly(1))[0]
    match (await reader.readexactly(1))[0]:
        case 126:
            size = struct.unpack("!H", await reader.readexactly(2))[0]
        case 127:
            size = struct.unpack("!Q", await reader.readexactly(8))[0]
        case size:
            pass
    return [first % 16, bytearray(await reader.readexactly(size))]


async def frame_by_read(reader):
    data, size = b"", 2
    while len(data) < size or decode_header(data) is None:
        more = await reader.read(size - len(data) if len(data) < size else 1)
        if not more:
            raise EOFError
        data += more
        header = decode_header(data)
        size = header.size + header.length if header else 2
    return decode_header(data).opcode, data[header.size :]


# ---------------------------------------------------------------- 07.4


def header_of(first, size, mask=0x80, order="big", long=126, longer=65536, wide=8):
    if size < long:
        return bytes([first, mask | size])
    if size < longer:
        return bytes([first, mask | 126]) + size.to_bytes(2, order)
    return bytes([first, mask | 127]) + size.to_bytes(wide, order)


def sender(
    text=lambda message: isinstance(message, str),
    first=lambda kind: 0x80 | kind,
    size=lambda message, payload: len(payload),
    key=lambda: os.urandom(4),
    joined=lambda header, key, payload: header + key + apply_mask(payload, key),
    drains=1,
    **header,
):
    """Return a right send, or one with a slip."""

    async def send(writer, message):
        payload = message.encode() if isinstance(message, str) else message
        head = header_of(first(OP_TEXT if text(message) else OP_BINARY), size(message, payload), **header)
        if drains == "first":
            await writer.drain()
        writer.write(joined(head, key(), payload))
        if drains == 1:
            await writer.drain()
        if drains == "plan":
            writer.drain()

    return send


async def send_stub(writer, message):
    """Send a str as text, bytes as binary, and wait while the buffer is too full."""
    pass  # your code here


async def only_the_payload(writer, message):
    writer.write(message.encode() if isinstance(message, str) else message)
    await writer.drain()


async def never_writes(writer, message):
    await writer.drain()


async def awaits_write(writer, message):
    await writer.write(b"\x81")


async def writes_text(writer, message):
    writer.write(message)


async def encodes_bytes(writer, message):
    await sender(text=lambda message: True)(writer, message.encode().decode())


async def in_two_frames(writer, message):
    await sender()(writer, message)
    await sender()(writer, message)


ONE_KEY = bytes.fromhex("37 fa 21 3d")

SENDS = [
    ("the stub", send_stub, "[ ]", "write its body"),
    ("only the payload", only_the_payload, "[x]", "a payload without a frame"),
    ("nothing", never_writes, "[x]", "a message that is never written"),
    ("FIN 0", sender(first=lambda kind: kind), "[x]", "a frame that others should follow"),
    ("always text", sender(text=lambda message: True), "[x]", "binary sent as text"),
    ("always binary", sender(text=lambda message: False), "[x]", "text sent as binary"),
    ("another first byte", sender(first=lambda kind: 0xC0 | kind), "[x]", "another first byte"),
    (
        "not masked",
        sender(mask=0, joined=lambda header, key, payload: header + payload),
        "[x]",
        "a frame that is not masked",
    ),
    ("no mask bit", sender(mask=0), "[x]", "a mask bit that is 0"),
    ("no key", sender(joined=lambda header, key, payload: header + payload), "[x]", "a frame without a key"),
    (
        "the key not sent",
        sender(joined=lambda header, key, payload: header + apply_mask(payload, key)),
        "[x]",
        "a key that is not sent",
    ),
    (
        "masked not at all",
        sender(joined=lambda header, key, payload: header + key + payload),
        "[x]",
        "a payload that is not masked, though a key is there",
    ),
    (
        "the key last",
        sender(joined=lambda header, key, payload: header + apply_mask(payload, key) + key),
        "[x]",
        "a key behind the payload",
    ),
    (
        "another key",
        sender(joined=lambda header, key, payload: header + os.urandom(4) + apply_mask(payload, key)),
        "[x]",
        "a payload masked with another key",
    ),
    ("characters", sender(size=lambda message, payload: len(message)), "[x]", "characters counted in place of bytes"),
    ("126 in seven bits", sender(long=127), "[x]", "a wrong length. For 126 bytes, the seven bits are 126"),
    ("125 in two bytes", sender(long=125), "[x]", "125 is less than 126"),
    ("65535 in eight bytes", sender(longer=65535), "[x]", "the wrong form of the length"),
    ("65536 in two bytes", sender(longer=65537), "[!]", "does not fit into so few bytes"),
    ("in four bytes", sender(wide=4), "[x]", "a wrong length"),
    ("backwards", sender(order="little"), "[x]", "a length with its bytes backwards"),
    ("one form", sender(long=1 << 20), "[x]", "For 126 bytes, the seven bits are 126"),
    ("one key", sender(key=lambda: ONE_KEY), "[x]", "the same key for every frame"),
    ("few keys", sender(key=lambda: bytes([os.urandom(1)[0] % 2, 0, 0, 0])), "[x]", "key"),
    ("random", sender(key=lambda: random.randbytes(4)), "[x]", "a key that can be foreseen"),
    ("a key of two bytes", sender(key=lambda: os.urandom(2)), "[x]", "a key that is too short"),
    ("no drain", sender(drains=0), "[x]", "a send that no one slows down"),
    ("drain not awaited", sender(drains="plan"), "[x]", "a send that no one slows down"),
    ("drain first", sender(drains="first"), "[x]", "a drain that comes too early"),
    ("twice", in_two_frames, "[x]", "more bytes than the length announces"),
    ("write awaited", awaits_write, "[!]", "write does not wait"),
    ("a str written", writes_text, "[!]", "Only bytes go over the wire"),
    ("bytes encoded", encodes_bytes, "[!]", "Only a str is encoded"),
    ("no async", not_async, "[x]", "a function without async"),
    ("endless", endless, "[!]", "stopped after"),
]


async def send_with_frame(writer, message):
    text = isinstance(message, str)
    frame = Frame(OP_TEXT if text else OP_BINARY, message.encode() if text else message)
    writer.write(frame.serialize(os.urandom(4)))
    await writer.drain()


async def send_in_parts(writer, message):
    kind, payload = (1, message.encode("utf-8")) if type(message) is str else (2, bytes(message))
    key = secrets.token_bytes(4)
    writer.writelines([encode_header(kind, len(payload), mask_key=key)])
    writer.write(bytearray(byte ^ key[at % 4] for at, byte in enumerate(payload)))
    await writer.drain()


# ---------------------------------------------------------------- 07.5


def news(take="while", made="once", wanted=(OP_TEXT,), text=lambda data: data.decode(), end=True, empty=True):
    """Return a right headlines, or one with a slip."""

    async def headlines(reader, show):
        parser = FrameParser(masked=False)
        while True:
            data = await reader.read(65536)
            if not data and end:
                return
            if made == "each time":
                parser = FrameParser(masked=False)
            parser.feed(data)
            while (frame := parser.next_frame()) is not None:
                if frame.opcode in wanted and (frame.data or empty):
                    show(text(frame.data))
                if take == "if":
                    break

    return headlines


async def headlines_stub(reader, show):
    """Call show(text) for each text frame as soon as it is there. Return when TCP has ended."""
    pass  # your code here


async def every_other(reader, show):
    parser = FrameParser(masked=False)
    while data := await reader.read(65536):
        parser.feed(data)
        while parser.next_frame():
            frame = parser.next_frame()
            if frame and frame.opcode == OP_TEXT:
                show(frame.data.decode())


async def all_at_the_end(reader, show):
    texts = []
    await news()(reader, texts.append)
    for text in texts:
        show(text)


async def stops_at_a_ping(reader, show):
    parser = FrameParser(masked=False)
    while data := await reader.read(65536):
        parser.feed(data)
        while (frame := parser.next_frame()) is not None and frame.opcode == OP_TEXT:
            show(frame.data.decode())


async def two_at_most(reader, show):
    parser = FrameParser(masked=False)
    while data := await reader.read(65536):
        parser.feed(data)
        for _ in range(2):
            frame = parser.next_frame()
            if frame is not None and frame.opcode == OP_TEXT:
                show(frame.data.decode())


async def asks_none(reader, show):
    parser = FrameParser(masked=False)
    while data := await reader.read(65536):
        parser.feed(data)
        while True:
            show(parser.next_frame().data.decode())


async def each_byte(reader, show):
    parser = FrameParser(masked=False)
    for byte in await reader.read(65536):
        parser.feed(byte)
        parser.next_frame()


async def only_once(reader, show):
    parser = FrameParser(masked=False)
    parser.feed(await reader.read(65536))
    while (frame := parser.next_frame()) is not None:
        show(frame.data.decode())


async def returns_them(reader, show):
    texts = []
    await news()(reader, texts.append)
    return texts


async def read_without_await(reader, show):
    parser, plan = FrameParser(masked=False), reader.read(65536)
    try:
        parser.feed(plan)
        parser.next_frame()
    finally:
        plan.close()


async def each_twice(reader, show):
    await news()(reader, lambda text: (show(text), show(text)))


async def shows_frames(reader, show):
    await news(text=lambda data: Frame(OP_TEXT, data))(reader, show)


HEADLINES = [
    ("the stub", headlines_stub, "[ ]", "write its body"),
    ("as it was", news(take="if"), "[x]", "one frame for each read"),
    ("two at most", two_at_most, "[x]", "one frame for each read"),
    ("all at the end", all_at_the_end, "[x]", "one frame for each read"),
    ("a new parser", news(made="each time"), "[x]", "a parser that forgets"),
    ("every other", every_other, "[x]", "frames taken and thrown away"),
    ("stops at a ping", stops_at_a_ping, "[x]", "a ping that ends the search"),
    ("pings shown", news(wanted=(OP_TEXT, OP_PING)), "[x]", "a ping shown as a headline"),
    ("all frames", news(wanted=range(16), text=lambda data: data.decode("utf-8", "replace")), "[x]", "a ping shown"),
    ("bytes", news(text=bytes), "[x]", "bytes shown"),
    ("str()", news(text=str), "[x]", "a headline made by str()"),
    ("frames", shows_frames, "[x]", "a frame shown"),
    ("empty ones left out", news(empty=False), "[x]", "an empty headline left out"),
    ("each twice", each_twice, "[x]", "a headline shown twice"),
    ("returned", returns_them, "[x]", "headlines returned instead of shown"),
    ("no end", news(end=False), "[x]", "a loop that goes on after the end of TCP"),
    ("None not asked for", asks_none, "[!]", "next_frame() gives None while no frame is whole"),
    ("each byte", each_byte, "[!]", "feed takes bytes"),
    ("one read", only_once, "[x]", "one frame for each read|an end before TCP has ended"),
    ("no await", read_without_await, "[!]", "put `await` before reader.read"),
    ("waits for something else", waits_for_another, "[!]", "waits for something that never comes"),
    ("no async", not_async, "[x]", "a function without async"),
    ("endless", endless, "[!]", "stopped after"),
]


async def headlines_with_iter(reader, show):
    parser = FrameParser(masked=False)
    while not reader.at_eof():
        parser.feed(await reader.read(1000))
        for frame in iter(parser.next_frame, None):
            if frame.opcode == OP_CLOSE:
                return
            if frame.opcode == OP_TEXT:
                show(str(frame.data, "utf-8"))


async def headlines_byte_by_byte(reader, show):
    parser = FrameParser(masked=False)
    while data := await reader.read(1):
        parser.feed(data)
        if (frame := parser.next_frame()) and frame.opcode == OP_TEXT:
            show(frame.data.decode())


async def headlines_by_frames(reader, show):
    with contextlib.suppress(asyncio.IncompleteReadError):
        while True:
            opcode, payload = await frame_reader()(reader)
            if opcode == OP_TEXT:
                show(payload.decode())


async def headlines_with_a_queue(reader, show):
    queue = asyncio.Queue()

    async def read():
        await news()(reader, queue.put_nowait)
        queue.put_nowait(None)

    reading = asyncio.create_task(read())
    while (text := await queue.get()) is not None:
        show(text)
    await reading


# ---------------------------------------------------------------- 07.6


def asker_of(
    offered=True,
    checked=True,
    chosen=lambda found: found[0],
    text=lambda pair: pair[1].decode(),
    send=None,
    bye=lambda: Frame(OP_CLOSE, encode_close(1000)).serialize(os.urandom(4)),
    hang_up=True,
    result=lambda *pair: pair,
    extra=0,
):
    """Return a right ask, or one with a slip."""

    async def ask(url, questions, subprotocols):
        place, read_frame = parse_uri(url), frame_reader()
        reader, writer = await asyncio.open_connection(place.host, place.port)
        key = generate_key()
        writer.write(build_request(place, key, subprotocols if offered else ()).serialize())
        response = ResponseParser().feed(await reader.readuntil(b"\r\n\r\n"))
        found = check_response(response, key, subprotocols if checked else ())
        answers = []
        for question in questions:
            await (send or sender())(writer, question)
            answers.append(text(await read_frame(reader)))
        for _ in range(extra):
            await read_frame(reader)
        if bye:
            writer.write(bye())
            while (await read_frame(reader))[0] != OP_CLOSE:
                pass
            await reader.read()
        if hang_up:
            writer.close()
        return result(chosen(found), answers)

    return ask


async def ask_stub(url, questions, subprotocols):
    """Return (the chosen subprotocol, the list of the answers)."""
    pass  # your code here


async def never_connects(url, questions, subprotocols):
    return None, []


async def only_connects(url, questions, subprotocols):
    place = parse_uri(url)
    reader, writer = await asyncio.open_connection(place.host, place.port)
    writer.close()
    return None, []


async def waits_first(url, questions, subprotocols):
    place = parse_uri(url)
    reader, writer = await asyncio.open_connection(place.host, place.port)
    await reader.readuntil(b"\r\n\r\n")


async def not_defined(url, questions, subprotocols):
    raise NameError("name 'read_frame' is not defined")


async def calls_connect(url, questions, subprotocols):
    reader, writer = await connect(url)  # noqa: F821


UNMASKED = sender(mask=0, joined=lambda header, key, payload: header + payload)

ASKS = [
    ("the stub", ask_stub, "[ ]", "write its body"),
    ("never connects", never_connects, "[x]", "a client that never connects"),
    ("only connects", only_connects, "[x]", "a handshake that was never done"),
    ("waits first", waits_first, "[!]", "The server heard 0 of 1 questions"),
    ("not offered", asker_of(offered=False), "[x]", "subprotocols that were not offered"),
    ("not checked", asker_of(checked=False), "[!]", "what was offered: its third argument"),
    ("the whole result", asker_of(chosen=lambda found: found), "[x]", "The subprotocol is the first"),
    ("not returned", asker_of(chosen=lambda found: None), "[x]", "another subprotocol"),
    ("only the answers", asker_of(result=lambda chosen, answers: answers), "[x]", "something other than a pair"),
    ("the wrong way round", asker_of(result=lambda *pair: pair[::-1]), "[x]", "the pair the wrong way round"),
    ("no return", asker_of(result=lambda *pair: None), "[x]", "a function without a return"),
    ("bytes", asker_of(text=lambda pair: pair[1]), "[x]", "answers that are still bytes"),
    ("frames", asker_of(text=lambda pair: pair), "[x]", "frames in place of answers"),
    ("the last answer", asker_of(result=lambda chosen, got: (chosen, got[-1:])), "[x]", "1 answers to 3 questions"),
    ("backwards", asker_of(result=lambda chosen, got: (chosen, got[::-1])), "[x]", "other answers"),
    ("a read too many", asker_of(extra=1), "[!]", "Is there a read too many"),
    ("no Close frame", asker_of(bye=None), "[x]", "The server was told 1006"),
    ("nothing closed", asker_of(bye=None, hang_up=False), "[x]", "The server was told 1006"),
    (
        "an empty Close frame",
        asker_of(bye=lambda: Frame(OP_CLOSE).serialize(os.urandom(4))),
        "[x]",
        "The server was told 1005",
    ),
    (
        "another code",
        asker_of(bye=lambda: Frame(OP_CLOSE, encode_close(1001)).serialize(os.urandom(4))),
        "[x]",
        "The server was told 1001",
    ),
    (
        "Close not masked",
        asker_of(bye=lambda: Frame(OP_CLOSE, encode_close(1000)).serialize()),
        "[x]",
        "Send one, masked",
    ),
    ("questions not masked", asker_of(send=UNMASKED), "[!]", "Only a text is UTF-8"),
    ("not defined", not_defined, "[!]", "Run the cells of tasks 3 and 4 first"),
    ("calls connect", calls_connect, "[!]", "Task 2 gave only letters"),
    ("no async", not_async, "[x]", "a function without async"),
    ("endless", endless, "[!]", "stopped after"),
]


async def ask_with_the_client(url, questions, subprotocols):
    place = parse_uri(url)
    reader, writer = await asyncio.open_connection(place.host, place.port)
    chosen = await shake_hands(reader, writer, place, (), subprotocols)
    stream = FrameStream(reader, writer)
    for question in questions:
        await stream.send(question)
    answers = [(await stream.recv_frame()).data.decode() for _ in questions]
    await stream.send_frame(OP_CLOSE, encode_close(1000))
    while (await stream.recv_frame()).opcode != OP_CLOSE:
        pass
    await stream.wait_end()
    writer.close()
    await writer.wait_closed()
    return [chosen, tuple(answers)]


async def ask_by_websockets(url, questions, subprotocols):
    async with websockets.connect(url, subprotocols=subprotocols or None) as connection:
        for question in questions:
            await connection.send(question)
        return connection.subprotocol, [await connection.recv() for _ in questions]


WRONG = [
    *wrong("07.a", ASKERS),
    *wrong("07.b", TAKERS),
    *wrong("07.1", VERDICTS),
    *wrong("07.2", ORDERS),
    *wrong("07.3", FRAMES),
    *wrong("07.4", SENDS),
    *wrong("07.5", HEADLINES),
    *wrong("07.6", ASKS),
]


@pytest.mark.parametrize("task, answer, sign, phrase", WRONG)
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert any(part in words for part in phrase.split("|")), words
    assert "fault of its own" not in words
    assert not checks.passed(task)


RIGHT = [
    *right("07.a", plain=asker(), ifs=is_there_with_if),
    *right(
        "07.b",
        plain=taker(),
        match=next_message_with_match,
        recursion=next_message_by_itself,
        pongs=next_message_that_answers,
    ),
    *right("07.1", text="BCACDE", small="b c a c d e", a_list=list("BCACDE")),
    *right("07.2", text="BEGIDCHAF", key_first="BIEGDCHAF", commas="b, e, i, g, d, c, h, a, f"),
    *right("07.3", plain=frame_reader(), by_match=frame_by_match, by_read=frame_by_read),
    *right("07.4", plain=sender(), with_frame=send_with_frame, in_parts=send_in_parts),
    *right(
        "07.5",
        plain=news(),
        with_iter=headlines_with_iter,
        byte_by_byte=headlines_byte_by_byte,
        by_frames=headlines_by_frames,
        with_a_queue=headlines_with_a_queue,
    ),
    *right("07.6", plain=asker_of(), with_the_client=ask_with_the_client, by_websockets=ask_by_websockets),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    assert card(task, answer).startswith(f"[ok] Task {task}")


def test_a_wait_for_something_else_is_named_and_the_clock_is_put_back(card):
    before = asyncio.sleep

    async def as_in_a_notebook():
        return card("07.a", elsewhere)

    words = asyncio.run(as_in_a_notebook())
    assert words.startswith("[x] Task 07.a") and "a wait for something else" in words
    assert asyncio.sleep is before


def test_the_client_of_the_checks_has_what_the_lesson_uses():
    client = lesson_07.Client(Frame(OP_TEXT, b"a"), Frame(OP_BINARY, b"b"), Frame(OP_CLOSE))
    for message in ("a", b"b", None):
        with pytest.raises(StopIteration) as end:
            client.recv().send(None)
        assert end.value.value == message


@pytest.fixture(autouse=True)
def no_thread_and_no_task_is_left():
    """Whatever an answer does, the thread of its check ends, and the loop and the sockets in it."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive(), thread


# ---------------------------------------------------------------- the streams of the checks

SIX = bytes.fromhex("81 02 48 69 88 00")


@pytest.mark.parametrize("line", range(6), ids="123456")
def test_the_letters_are_what_each_line_does(line):
    """Asked of asyncio's own StreamReader, and of the one that the checks fill by hand."""

    async def last(reader):
        read, exactly, few = lambda: reader.read(100), lambda: reader.readexactly(100), lambda: reader.read(2)
        calls = ([read], [exactly], [few], [read, read], [exactly], [read, read])[line]
        try:
            for call in calls:
                got = await asyncio.wait_for(call(), 0.1)
        except TimeoutError:
            return "C"
        except EOFError:
            return "D"
        return {SIX[:2]: "A", SIX: "B", b"": "E"}[got]

    async def run():
        reader = asyncio.StreamReader()
        reader.feed_data(SIX)
        if line >= 4:
            reader.feed_eof()
        return await last(reader), await last(lesson_07_exercise.Pieces([SIX])) if line >= 4 else "?"

    real, ours = asyncio.run(run())
    assert real == lesson_07_exercise.LINES[line][0]
    assert ours in ("?", real)


def test_the_reader_of_the_checks_reads_as_asyncios():
    async def run(reader):
        got = [await reader.readuntil(b"c"), await reader.read(0), await reader.readexactly(3), await reader.read(2)]
        got += [reader.at_eof(), await reader.read(), await reader.read(), reader.at_eof()]
        for read in (reader.readexactly(2), reader.readuntil(), reader.readexactly(-1)):
            with pytest.raises((EOFError, ValueError)) as caught:
                await read
            got.append((type(caught.value), str(caught.value), getattr(caught.value, "partial", b"")))
        return got

    async def both():
        real = asyncio.StreamReader()
        real.feed_data(b"abcdefghij")
        real.feed_eof()
        return await run(real), await run(lesson_07_exercise.Pieces([b"a", b"bcdefgh", b"ij"]))

    real, ours = asyncio.run(both())
    assert real == ours


@pytest.mark.parametrize("task", ["07.3", "07.6"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it ignores its end as well
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # nor does it let the server close in order
def test_an_endless_answer_that_swallows_everything_is_stopped_too(card, task):
    async def stubborn(source, *args):
        if isinstance(source, str):
            place = parse_uri(source)
            source, writer = await asyncio.open_connection(place.host, place.port)
        while True:
            try:
                await source.read(100)
            except BaseException:
                pass

    words = card(task, stubborn)
    gc.collect()
    assert words.startswith(("[x]", "[!]")), words

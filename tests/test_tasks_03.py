"""The checks of lesson 03: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[x]" or "[!]",
and words of the card that name the misconception. Most answers come from a builder, such as
`encoder`: it makes a right function, and its parameters change one thing about it.
"""

import random
import struct
from collections import namedtuple

import pytest

from classroom import checks
from classroom.tasks import lesson_03
from pocketws.frames import decode_header as library_decode
from tests.answers import right, spin, wrong

KEY = lesson_03.KEY


# ---------------------------------------------------------------- writing a header: 03.a, 03.b, 03.3


def encoder(
    first=lambda opcode, fin: opcode | (0x80 if fin else 0),
    borders=(125, 65535),
    markers=(126, 127),
    sizes=(2, 8),
    order="big",
    mask=0x80,
    end=lambda number, key: number + key,
    out=lambda header: header,
):
    """Return a right encode_header, or one with a slip."""

    def encode_header(opcode, length, fin=True, mask_key=b""):
        bit = mask if mask_key else 0
        if length <= borders[0]:
            second, number = length, b""
        elif length <= borders[1]:
            second, number = markers[0], length.to_bytes(sizes[0], order)
        else:
            second, number = markers[1], length.to_bytes(sizes[1], order)
        return out(bytes([first(opcode, fin), bit | second]) + end(number, mask_key))

    return encode_header


def medium(marker=126, size=2, order="big", first=0x80, out=lambda header: header):
    """Return a right medium_header, or one with a slip; marker may be a function of the length."""

    def medium_header(opcode, length):
        second = marker(length) if callable(marker) else marker
        return out(bytes([first | opcode, second]) + length.to_bytes(size, order))

    return medium_header


def large(marker=127, size=8, **slips):
    return medium(marker, size, **slips)


def one_blank_left(opcode, length):
    return bytes([0x80 | opcode, 126]) + length.to_bytes(..., "big")


MEDIUM = [
    ("a blank left", one_blank_left, "[ ]", "replace each ..."),
    ("the length as second byte", medium(lambda length: length), "[!]", "A byte holds 0 to 255"),
    ("the length & 127", medium(lambda length: length & 127), "[x]", "squeezed into seven bits"),
    ("127 with two bytes", medium(127), "[x]", "the wrong marker"),
    ("2 in the second byte", medium(2), "[x]", "the wrong marker"),
    ("MASK set", medium(0x80 | 126), "[x]", "There is no key, so MASK is 0"),
    ("one byte of length", medium(size=1), "[!]", "The length needs more bytes here"),
    ("four bytes of length", medium(size=4), "[x]", "a length written in 4 bytes"),
    ("126 bytes of length", medium(size=126), "[x]", "a length written in 126 bytes"),
    ("little-endian", medium(order="little"), "[x]", "the length bytes in reverse"),
    ("FIN left out", medium(first=0), "[x]", "the wrong FIN bit"),
    ("opcode fixed to text", lambda opcode, length: medium()(1, length), "[x]", "the wrong opcode. It was to be 2"),
    ("a list", medium(out=list), "[x]", "a list instead of bytes"),
    ("no return", medium(out=lambda header: None), "[x]", "a function without a return"),
]

LARGE = [
    ("126 with eight bytes", large(126), "[x]", "the wrong marker"),
    ("the medium header again", medium(), "[!]", "from 65536 on in eight"),
    ("four bytes of length", large(size=4), "[x]", "a length written in 4 bytes"),
    ("three bytes of length", large(size=3), "[x]", "a length written in 3 bytes"),
    ("little-endian", large(order="little"), "[x]", "the length bytes in reverse"),
    ("no length at all", lambda opcode, length: bytes([0x80 | opcode, 127]), "[x]", "a length left out"),
    ("FIN left out", large(first=0), "[x]", "the wrong FIN bit"),
    ("opcode fixed to binary", lambda opcode, length: large()(2, length), "[x]", "the wrong opcode. It was to be 1"),
    ("text", large(out=bytes.hex), "[x]", "a str instead of bytes"),
    ("a result", large()(2, 70000), "[x]", "not a function"),
    ("one parameter more", lambda opcode, length, fin: large()(opcode, length), "[!]", "Did its parameters change?"),
]


def only_two_forms(opcode, length, fin=True, mask_key=b""):
    if length < 126:
        return encoder()(opcode, length, fin, mask_key)
    return bytes([opcode | fin << 7, 126 | bool(mask_key) << 7]) + length.to_bytes(2, "big") + mask_key


def no_return_when_large(opcode, length, fin=True, mask_key=b""):
    if length < 65536:
        return encoder()(opcode, length, fin, mask_key)


def key_in_length(opcode, length, fin=True, mask_key=b""):
    return encoder()(opcode, length + len(mask_key), fin, mask_key)


def key_only_when_small(opcode, length, fin=True, mask_key=b""):
    header = encoder()(opcode, length, fin, mask_key)
    return header[:-4] if mask_key and length > 125 else header


def with_payload(opcode, length, fin=True, mask_key=b""):
    return encoder()(opcode, length, fin, mask_key) + bytes(length % 1000)


def zeros(opcode, length, fin=True, mask_key=b""):
    return bytes(0x80 | opcode) + bytes(length % 1000)


def adds_a_number(opcode, length, fin=True, mask_key=b""):
    return bytes([0x80 | opcode]) + length


def swapped(length, opcode, fin=True, mask_key=b""):
    return encoder()(opcode, length, fin, mask_key)


ENCODERS = [
    ("<= 126", encoder(borders=(126, 65535)), "[x]", "a border that is off by one. 126 is taken as a marker"),
    ("< 125", encoder(borders=(124, 65535)), "[x]", "a border that is off by one. 125 still fits"),
    ("< 65535", encoder(borders=(125, 65534)), "[x]", "a border that is off by one"),
    ("<= 65536", encoder(borders=(125, 65536)), "[!]", "from 65536 on in eight"),
    ("<= 255", encoder(borders=(125, 255)), "[x]", "a border in the wrong place"),
    ("<= 32767", encoder(borders=(125, 32767)), "[x]", "a border in the wrong place"),
    ("two forms only", only_two_forms, "[!]", "from 65536 on in eight"),
    ("little-endian", encoder(order="little"), "[x]", "the length bytes in reverse"),
    ("four bytes for 127", encoder(sizes=(2, 4)), "[x]", "a length written in 4 bytes"),
    ("eight bytes for 126", encoder(sizes=(8, 8)), "[x]", "a length written in 8 bytes"),
    ("markers swapped", encoder(markers=(127, 126)), "[x]", "the wrong marker"),
    ("marker without length", encoder(end=lambda number, key: key), "[x]", "a length left out"),
    ("FIN always", encoder(first=lambda opcode, fin: 0x80 | opcode), "[x]", "the wrong FIN bit"),
    ("FIN never", encoder(first=lambda opcode, fin: opcode), "[x]", "the wrong FIN bit"),
    ("fin & 0x80", encoder(first=lambda opcode, fin: opcode & 0x80 if fin else opcode), "[x]", "an opcode left out"),
    ("FIN as 0x10", encoder(first=lambda opcode, fin: fin << 4 | opcode), "[x]", "a bit set among RSV1-3"),
    ("MASK never", encoder(mask=0), "[x]", "There is a key, so MASK is 1"),
    ("no key", encoder(end=lambda number, key: number), "[x]", "a masking key left out"),
    ("no key when large", key_only_when_small, "[x]", "a masking key left out"),
    ("key before length", encoder(end=lambda number, key: key + number), "[x]", "the key before the length"),
    ("key counted", key_in_length, "[x]", "the key counted in the length"),
    ("payload too", with_payload, "[x]", "the payload after the header"),
    ("bytes(n)", zeros, "[x]", "nothing but zeros. bytes(5) makes five zero bytes"),
    ("bytes + int", adds_a_number, "[!]", "Only bytes can be added to bytes"),
    ("swapped parameters", swapped, "[x]", "the opcode and the length swapped"),
    ("a list", encoder(out=list), "[x]", "a list instead of bytes"),
    ("an int", encoder(out=lambda header: int.from_bytes(header, "big")), "[x]", "an int instead of bytes"),
    ("a generator", encoder(out=iter), "[x]", "a bytes_iterator instead of bytes"),
    ("prints", encoder(out=lambda header: None), "[x]", "a function without a return"),
    ("no return in one branch", no_return_when_large, "[x]", "For this call it gave None"),
    ("endless", spin, "[!]", "stopped after"),
]


def with_struct(opcode, length, fin=True, mask_key=b""):
    first, mask = fin << 7 | opcode, bool(mask_key) << 7
    if length < 126:
        return struct.pack("!BB", first, mask | length) + mask_key
    if length < 1 << 16:
        return struct.pack("!BBH", first, mask | 126, length) + mask_key
    return struct.pack("!BBQ", first, mask | 127, length) + mask_key


def with_a_bytearray(opcode, length, fin=True, mask_key=b""):
    header = bytearray([opcode + 128 * fin])
    size = 0 if length <= 125 else 2 if length <= 0xFFFF else 8
    header.append({0: length, 2: 126, 8: 127}[size])
    if size:
        header += length.to_bytes(size)
    if mask_key:
        header[1] += 128
        header.extend(mask_key)
    return header


def large_by_hand(opcode, length):
    return bytes([128 + opcode, 127] + [length >> shift & 255 for shift in range(56, -8, -8)])


# ---------------------------------------------------------------- reading one: 03.1, 03.4

BY_EYE = [
    ("FIN 0", (False, 2, 256, 4), "[x]", "FIN read as 0"),
    ("hex digits", (8, 2, 256, 4), "[x]", "the first hex digit taken for FIN"),
    ("FIN 0x80", (128, 2, 256, 4), "[x]", "FIN left in its place"),
    ("whole first byte", (True, 0x82, 256, 4), "[x]", "the whole first byte taken for the opcode"),
    ("opcode 1", (True, 1, 256, 4), "[x]", "the wrong opcode"),
    ("marker", (True, 2, 126, 2), "[x]", "the marker 126 taken for the length"),
    ("little-endian", (True, 2, 1, 4), "[x]", "read backwards"),
    ("0100 as decimal", (True, 2, 100, 4), "[x]", "hex digits read as a decimal number"),
    ("7e 01", (True, 2, 0x7E01, 4), "[x]", "the marker read as part of the length"),
    ("size 2", (True, 2, 256, 2), "[x]", "the extra length bytes left out"),
    ("size 8", (True, 2, 256, 8), "[x]", "a masking key counted in"),
    ("size 10", (True, 2, 256, 10), "[x]", "eight length bytes where there are two"),
    ("size 260", (True, 2, 256, 260), "[x]", "the payload counted in"),
    ("size and length swapped", (True, 2, 4, 256), "[x]", "the right values in the wrong order"),
    ("MASK too", (True, 2, False, 256, 4), "[x]", "5 values instead of four"),
    ("text", "(True, 2, 256, 4)", "[x]", "a str instead of four values"),
    ("text inside", (True, "binary", 256, 4), "[x]", "a str where a whole number belongs"),
    ("one number", 256, "[x]", "an int instead of four values"),
    ("a function", lambda: (True, 2, 256, 4), "[x]", "a function instead of four values"),
    ("a blank left", (True, 2, ..., 4), "[ ]", "still a ..."),
]


def decoder(
    fin=lambda first: first >= 0x80,
    opcode=lambda first: first & 0x0F,
    masked=lambda second: second >= 0x80,
    seven=lambda second: second & 0x7F,
    extras=(2, 8),
    start=2,
    order="big",
    key=4,
    least=lambda size, length: size,
    short=None,
    out=lambda *fields: fields,
):
    """Return a right decode_header, or one with a slip; least: how many bytes it waits for."""

    def decode_header(data):
        if len(data) < 2:
            return short
        first, second = data[0], data[1]
        length = seven(second)
        extra = dict(zip((126, 127), extras, strict=True)).get(length, 0)
        size = 2 + extra + (key if second & 0x80 else 0)
        if extra:
            length = int.from_bytes(data[start : start + extra], order)
        if len(data) < least(size, length):
            return short
        return out(fin(first), opcode(first), masked(second), length, size)

    return decode_header


def never_short(data):
    second = data[1]
    return data[0] >> 7, data[0] & 15, second >> 7, second & 127, 2


def raises_when_short(data):
    if (answer := decoder()(data)) is None:
        raise ValueError("not enough bytes")
    return answer


def waits(data):
    while len(data) < 2:
        pass
    return decoder()(data)


def nothing_may_follow(data):
    answer = decoder()(data)
    return answer if answer and answer[-1] == len(data) else None


def whole_size(data):
    answer = decoder()(data)
    return answer and (*answer[:4], len(data))


DECODERS = [
    ("fin & 0x80", decoder(fin=lambda first: first & 0x80), "[x]", "FIN left in its place, as 0x80"),
    ("fin always", decoder(fin=lambda first: True), "[x]", "the wrong FIN"),
    ("fin by hex digit", decoder(fin=lambda first: first >> 4), "[x]", "half of the first byte taken for FIN"),
    ("FIN in the opcode", decoder(opcode=lambda first: first), "[x]", "FIN left inside the opcode"),
    ("RSV in the opcode", decoder(opcode=lambda first: first & 0x7F), "[x]", "RSV1-3 left inside the opcode"),
    ("three bits", decoder(opcode=lambda first: first & 7), "[x]", "only three bits of the opcode"),
    ("the other half", decoder(opcode=lambda first: first >> 4), "[x]", "half of the first byte taken for the opcode"),
    ("mask & 0x80", decoder(masked=lambda second: second & 0x80), "[x]", "MASK left in its place, as 0x80"),
    ("never masked", decoder(masked=lambda second: False), "[x]", "the wrong MASK"),
    ("MASK in the length", decoder(seven=lambda second: second), "[x]", "MASK left inside the length"),
    ("no markers", decoder(extras=(0, 0)), "[x]", "the marker taken for the length"),
    ("markers swapped", decoder(extras=(8, 2)), "[x]", "After the marker 126 the length takes two bytes"),
    ("four bytes for 127", decoder(extras=(2, 4)), "[x]", "not all of the length bytes read"),
    ("little-endian", decoder(order="little"), "[x]", "the length bytes read backwards"),
    ("length from data[1]", decoder(start=1), "[x]", "the length read from the wrong place"),
    ("length from data[3]", decoder(start=3), "[x]", "the length read from the wrong place"),
    ("key left out", decoder(key=0), "[x]", "the masking key left out of the size"),
    ("size 2", decoder(out=lambda f, o, m, n, s: (f, o, m, n, 2 + 4 * m)), "[x]", "the length bytes left out"),
    ("payload counted", decoder(out=lambda f, o, m, n, s: (f, o, m, n, s + n)), "[x]", "payload counted in the size"),
    ("len(data)", whole_size, "[x]", "counted in the size"),
    ("waits for 2 only", decoder(least=lambda size, length: 2), "[x]", "an answer given too early"),
    ("waits for 14", decoder(least=lambda size, length: 14), "[x]", "a wait for more than the header"),
    ("waits for the payload", decoder(least=lambda size, length: size + length), "[x]", "a wait for more than"),
    ("nothing may follow", nothing_may_follow, "[x]", "None because more bytes follow"),
    ("never short", never_short, "[!]", "return None before you read on"),
    ("raises", raises_when_short, "[!]", "that is no error"),
    ("waits in a loop", waits, "[!]", "No bytes arrive while your function waits"),
    ("False when short", decoder(short=False), "[x]", "something other than None for a header that is cut short"),
    ("Nones when short", decoder(short=(None,) * 5), "[x]", "a tuple where None alone belongs"),
    ("no return", decoder(out=lambda *fields: None), "[x]", "a function without a return"),
    ("a list", decoder(out=lambda *fields: list(fields)), "[x]", "a list instead of a tuple"),
    ("MASK left out", decoder(out=lambda f, o, m, n, s: (f, o, n, s)), "[x]", "4 values instead of five"),
    ("the library's", library_decode, "[x]", "6 values instead of five"),
    ("another order", decoder(out=lambda f, o, m, n, s: (f, o, m, s, n)), "[x]", "the right values in the wrong order"),
    ("opcode as text", decoder(opcode=lambda first: hex(first & 15)), "[x]", "a str where a whole number belongs"),
    ("size None", decoder(out=lambda f, o, m, n, s: (f, o, m, n, None)), "[x]", "None where a whole number belongs"),
    ("a result", decoder()(b"\x81\x05"), "[x]", "not a function"),
]


def decode_by_hand(data):
    try:
        length, size = data[1] % 128, 2
        if length > 125:
            size = 4 if length == 126 else 10
            length = 0
            for index in range(2, size):
                length = length * 256 + data[index]
        if data[1] > 127:
            size += 4
            data[size - 1]
        return data[0] >> 7, data[0] % 16, data[1] >> 7, length, size
    except IndexError:
        return None


def decode_with_struct(data):
    try:
        first, second = struct.unpack_from("!BB", data)
        length, size = second & 127, 2
        if length >= 126:
            form = "!H" if length == 126 else "!Q"
            (length,) = struct.unpack_from(form, data, 2)
            size += struct.calcsize(form)
        size += struct.calcsize("4s") if second & 128 else 0
    except struct.error:
        return None
    return (first & 128 != 0, first & 15, second & 128 != 0, length, size) if len(data) >= size else None


# ---------------------------------------------------------------- 03.2

ORDERS = [
    ("the example", "cab", "[x]", "code before the function begins"),
    ("def second", "BDEAC", "[x]", "code before the function begins"),
    ("& for |", "DBEFC", "[x]", "FIN set with &"),
    ("all six", "DBEAFC", "[x]", "FIN set with &"),
    ("a line after return", "DBEACF", "[x]", "one line too many"),
    ("no if", "DBAC", "[x]", "FIN set on every frame"),
    ("no |", "DBC", "[x]", "FIN never set"),
    ("return before |", "DBCEA", "[x]", "a return too early"),
    ("return under if", "DBAEC", "[x]", "never reaches its return"),
    ("no return", "DBEA", "[x]", "never reaches its return"),
    ("| before =", "DEABC", "[x]", "uses `first` before it has a value"),
    ("= under if", "DEBAC", "[x]", "uses `first` before it has a value"),
    ("if at the end", "DBACE", "[x]", "an `if` with nothing under it"),
    ("def alone", "D", "[x]", "a function with nothing under it"),
    ("twice", "DDBEAC", "[x]", "a line used twice"),
    ("other letters", "DXBEAC", "[x]", "not made of the letters A to F"),
    ("empty", "", "[x]", "not made of the letters A to F"),
    ("numbers", [4, 2, 5, 1, 3], "[x]", "not made of the letters A to F"),
    ("a set", set("DBEAC"), "[x]", "not made of the letters A to F"),
]

# ---------------------------------------------------------------- 03.5


def splitter(
    begin=lambda at, size: at + size,
    end=lambda begin, length: begin + length,
    step=lambda at, size, length: at + size + length,
    more=lambda at, stream: at < len(stream),
    item=lambda payload: payload,
    out=lambda payloads: payloads,
):
    """Return a right split_stream, or one with a slip; at: where a frame starts, begin: where its payload does."""

    def split_stream(stream):
        payloads, at = [], 0
        while more(at, stream):
            header = library_decode(stream, at)
            first = begin(at, header.size)
            payloads.append(item(stream[first : end(first, header.length)]))
            at = step(at, header.size, header.length)
        return out(payloads)

    return split_stream


def always_the_first_header(stream):
    payloads, start = [], 0
    while start < len(stream):
        header = library_decode(stream)
        payloads.append(stream[start + header.size : start + header.size + header.length])
        start += header.size + header.length
    return payloads


def appends_after_the_loop(stream):
    start = 0
    while start < len(stream):
        header = library_decode(stream, start)
        payload = stream[start + header.size : start + header.size + header.length]
        start += header.size + header.length
    return [payload]


def seven_bits_only(stream):
    payloads = []
    while stream:
        payloads.append(stream[2 : 2 + stream[1]])
        stream = stream[2 + stream[1] :]
    return payloads


def remembers():
    """Return a split_stream whose list outlives the call."""
    payloads = []

    def split_stream(stream):
        payloads.extend(splitter()(stream))
        return list(payloads)

    return split_stream


def whole_frames(stream):
    frames = []
    while stream:
        header = library_decode(stream)
        frames.append(stream[: header.size + header.length])
        stream = stream[header.size + header.length :]
    return frames


SPLITTERS = [
    ("the bug itself", splitter(step=lambda at, size, length: at + length), "[x]", "a step to the wrong place"),
    ("start forgotten", splitter(step=lambda at, size, length: size + length), "[x]", "a step to the wrong place"),
    ("payload skipped", splitter(step=lambda at, size, length: at + size), "[!]", "No whole header begins at `start`"),
    ("one too far", splitter(step=lambda at, size, length: at + size + length + 1), "[x]", "a step to the wrong place"),
    ("no step", splitter(step=lambda at, size, length: at), "[!]", "Does `start` move on in every round"),
    ("2 for size", splitter(step=lambda at, size, length: at + 2 + length), "[x]", "a header of two bytes, always"),
    ("2 for begin", splitter(begin=lambda at, size: at + 2), "[x]", "a header of two bytes, always"),
    ("seven bits only", seven_bits_only, "[x]", "a header of two bytes, always"),
    ("first header for all", always_the_first_header, "[x]", "is its header read there?"),
    ("<=", splitter(more=lambda at, stream: at <= len(stream)), "[!]", "No whole header begins at `start`"),
    ("stops too early", splitter(more=lambda at, stream: at + 2 < len(stream)), "[x]", "frames lost at the end"),
    ("one frame only", splitter(out=lambda payloads: payloads[:1]), "[x]", "frames lost at the end"),
    ("cut at length", splitter(end=lambda begin, length: length), "[x]", "a payload cut in the wrong places"),
    ("to the end", splitter(end=lambda begin, length: None), "[x]", "a payload cut in the wrong places"),
    ("whole frames", whole_frames, "[x]", "whole frames instead of payloads"),
    ("no empty ones", splitter(out=lambda payloads: list(filter(None, payloads))), "[x]", "empty payloads left out"),
    ("the last only", appends_after_the_loop, "[x]", "only the last payload kept"),
    ("backwards", splitter(out=lambda payloads: payloads[::-1]), "[x]", "the payloads in another order"),
    ("list outside", remembers(), "[x]", "payloads left over from an earlier call"),
    ("of `two`", lambda stream: [b"Hello", b"Hi"], "[x]", "the frames of `two`"),
    ("text inside", splitter(item=bytes.decode), "[x]", "a list of something other than bytes"),
    ("a tuple", splitter(out=tuple), "[x]", "a tuple instead of a list"),
    ("joined", splitter(out=b"".join), "[x]", "bytes instead of a list"),
    ("yield", splitter(out=lambda payloads: (payload for payload in payloads)), "[x]", "a generator instead of a list"),
    ("no return", splitter(out=lambda payloads: None), "[x]", "a function without a return"),
]


def split_recursively(stream):
    if not stream:
        return []
    header = library_decode(stream)
    end = header.size + header.length
    return [stream[header.size : end], *split_recursively(stream[end:])]


def split_with_my_own_decoder(stream):
    payloads = []
    while stream:
        *_, length, size = decode_by_hand(stream)
        payloads.append(stream[size : size + length])
        stream = stream[size + length :]
    return payloads


# ---------------------------------------------------------------- 03.6


def judge(
    rsv=0x70,
    known=(0, 1, 2, 8, 9, 10),
    control=lambda opcode: opcode >= 8,
    whole=True,
    most=125,
    least=(126, 65536),
    order=("RSV1-3", "opcode", "FIN", "payload len"),
    say=lambda name: name,
    well=None,
):
    """Return a right judge, or one with a slip; order: the fields, as they are tested."""

    def judge_header(data):
        opcode, length, floor = data[0] & 15, data[1], 0
        if length > 125:
            floor = least[length - 126]
            length = int.from_bytes(data[2:], "big")
        broken = {
            "RSV1-3": data[0] & rsv,
            "opcode": opcode not in known,
            "FIN": whole and control(opcode) and data[0] < 128,
            "payload len": control(opcode) and length > most or length < floor,
        }
        return next((say(name) for name in order if broken[name]), well)

    return judge_header


def raises(data):
    if name := judge()(data):
        raise ValueError(name)


def reads_too_far(data):
    return "payload len" if int.from_bytes(data[2:10], "big") < 126 and data[9] else None


JUDGES = [
    ("no RSV", judge(rsv=0), "[x]", "a wrong RSV1-3 let through. These three bits"),
    ("RSV1 only", judge(rsv=0x40), "[x]", "a wrong RSV1-3 let through"),
    ("FIN as RSV", judge(rsv=0xF0), "[x]", "a good header refused for its RSV1-3"),
    ("no opcodes", judge(known=range(16)), "[x]", "a wrong opcode let through. 0, 1, 2, 8, 9 and 10"),
    ("up to 10", judge(known=range(11)), "[x]", "a wrong opcode let through"),
    ("no continuation", judge(known=(1, 2, 8, 9, 10)), "[x]", "a good header refused for its opcode"),
    ("no pong", judge(known=(0, 1, 2, 8, 9)), "[x]", "a good header refused for its opcode"),
    ("no FIN", judge(whole=False), "[x]", "a wrong FIN let through"),
    ("FIN of all", judge(control=lambda opcode: True), "[x]", "a good header refused for its FIN"),
    ("ping and pong only", judge(control=lambda opcode: opcode > 8), "[x]", "a wrong FIN let through"),
    ("long control frames", judge(most=2**63), "[x]", "a wrong payload len let through. A control frame holds"),
    ("125 refused", judge(most=124), "[x]", "a good header refused for its payload len"),
    ("any form", judge(least=(0, 0)), "[x]", "a wrong payload len let through"),
    ("126 refused", judge(least=(127, 65536)), "[x]", "a good header refused for its payload len"),
    ("65535 in eight bytes", judge(least=(126, 65535)), "[x]", "a wrong payload len let through"),
    ("the wrong field", judge(say=lambda name: "FIN"), "[x]", "the blame put on FIN instead of RSV1-3"),
    ("lower case", judge(say=str.lower), "[x]", "none of the four names"),
    ("a list", judge(say=lambda name: [name]), "[x]", "none of the four names"),
    ("True if well", judge(well=True), "[x]", "something other than None for a good header"),
    ("text if well", judge(well=""), "[x]", "something other than None for a good header"),
    ("prints", judge(say=lambda name: None), "[x]", "a wrong RSV1-3 let through"),
    ("raises", raises, "[!]", "Do not raise: return the name"),
    ("reads too far", reads_too_far, "[!]", "More length bytes come only after 126 or 127"),
    ("endless", spin, "[!]", "stopped after"),
]


def judge_by_library_decode(data):
    header = library_decode(data)
    if header.rsv:
        return "RSV1-3"
    if header.opcode not in {0, 1, 2, 8, 9, 10}:
        return "opcode"
    if header.opcode > 7 and not header.fin:
        return "FIN"
    if header.opcode > 7 and header.length > 125 or header.size > 2 and header.length <= 125:
        return "payload len"
    if header.size == 10 and header.length <= 65535:
        return "payload len"


# ---------------------------------------------------------------- the tests

WRONG = {
    "03.a": MEDIUM,
    "03.b": LARGE,
    "03.1": BY_EYE,
    "03.2": ORDERS,
    "03.3": ENCODERS,
    "03.4": DECODERS,
    "03.5": SPLITTERS,
    "03.6": JUDGES,
}

RIGHT = [
    *right("03.a", plain=medium(), struct=lambda opcode, length: struct.pack("!BBH", 128 + opcode, 126, length)),
    *right("03.a", full_encoder=encoder(), bytearray=medium(out=bytearray)),
    *right("03.b", plain=large(), by_hand=large_by_hand, full_encoder=with_struct, bytearray=large(out=bytearray)),
    *right("03.1", bools=(True, 2, 256, 4), numbers=(1, 2, 256, 4), list=[True, 2, 256, 4], hex=(1, 0x2, 0x100, 0x4)),
    *right("03.2", plain="DBEAC", lower="dbeac", commas="D, B, E, A, C", dashes="D-B-E-A-C", lines="D\nB\nE\nA\nC\n"),
    *right("03.2", list=list("DBEAC"), tuple=tuple("dbeac"), words=["D", "BE", "AC"]),
    *right("03.3", plain=encoder(), struct=with_struct, bytearray=with_a_bytearray),
    *right(
        "03.3", plus=encoder(first=lambda opcode, fin: opcode + 128 * fin), function=lambda *given: encoder()(*given)
    ),
    *right("03.4", plain=decoder(), by_hand=decode_by_hand, struct=decode_with_struct),
    *right("03.4", numbers=decoder(fin=lambda first: first >> 7, masked=lambda second: second >> 7)),
    *right("03.4", namedtuple=decoder(out=namedtuple("Header", "fin opcode masked length size"))),
    *right("03.5", plain=splitter(), recursive=split_recursively, own_decoder=split_with_my_own_decoder),
    *right("03.5", bytearrays=splitter(item=bytearray), function=lambda stream: splitter()(stream)),
    *right("03.6", plain=judge(), library=judge_by_library_decode),
    *right("03.6", backwards=judge(order=("payload len", "FIN", "opcode", "RSV1-3"))),
]


@pytest.mark.parametrize(
    "task, answer, sign, phrase", [row for task, rows in WRONG.items() for row in wrong(task, rows)]
)
def test_a_wrong_answer_is_named_for_what_it_is(card, task, answer, sign, phrase):
    text = card(task, answer)
    assert text.startswith(f"{sign} Task {task}")
    assert phrase in text
    assert not checks.passed(task)


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    assert card(task, answer).startswith(f"[ok] Task {task}")
    assert checks.passed(task)


@pytest.mark.parametrize("task", WRONG)
def test_dots_and_none_are_not_started(card, task):
    for answer in (..., None):
        assert card(task, answer).startswith("[ ]")


@pytest.mark.parametrize("task", WRONG)
def test_whatever_comes_back_the_check_does_not_fail_itself(card, task):
    strange = [
        "",
        b"",
        b"\x81",
        (),
        [],
        {},
        0,
        -1,
        1.5,
        True,
        object(),
        "x" * 500,
        (None,) * 4,
        [[]],
        (1, 2, 3, "4", 5),
    ]
    strange += [("", [], {}, 1.5), ([], [], [], [], []), [None, b""], float("nan"), 2**80, int]
    for value in strange:
        for answer in (value, lambda *args, value=value: value):
            text = card(task, answer)
            assert text[:3] in ("[x]", "[!]", "[ ]")
            assert "fault of its own" not in text


def test_whatever_bytes_come_back_the_encoder_check_has_something_to_say(card):
    for seed in range(200):
        dice = random.Random(seed)
        wanted = encoder()(1, 5)
        made = wanted[: dice.randrange(3)] + dice.randbytes(dice.randrange(12))
        if made != wanted:
            text = card("03.3", lambda *args, made=made: made)
            assert text.startswith("[x]") and "Looks like" in text


def test_long_payloads_are_shown_in_short(card):
    text = card("03.5", splitter(step=lambda at, size, length: at + 2 + length))
    assert "expected [b'', b'xxxx'… 200 bytes, b'', b'y']" in text
    assert len(text) < 500

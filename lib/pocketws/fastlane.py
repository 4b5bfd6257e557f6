"""The fast lanes: shortcuts for what is most common, several times as fast. On CPython only.

Each takes only what it can tell at once to be in order, and leaves all else to the code that
judges. Without them all would be the same but for the time: on MicroPython, where there are
none, the same tests pass. The figures are those of CPython 3.11 on one machine.
"""

import sys

from .compat import decode_utf8
from .frames import AHEAD, OP_BINARY, OP_TEXT, Event, mask_in_place, masked
from .masking import apply_mask


def take_messages(parser, limit, events):
    """Take the messages that are one frame each, and all there, out of a FrameParser; return whether nothing is left.

    limit: int or None, bytes of a message. events: list, to which each is added as an Event.
    A message of 16 bytes takes 0.9 us instead of 3.5.
    """
    if parser.header is not None:
        return False
    data, at, size = parser.data, parser.pos, len(parser.data)
    view = not isinstance(data, bytes)
    key_size, mask_bit = (4, 0x80) if parser.masked else (0, 0)
    if limit is None:
        limit = size
    while size - at >= 2 + key_size:
        opcode = data[at] - 0x80  # where FIN is set, and RSV1-3 are not
        length = data[at + 1] - mask_bit
        start = at + 2 + key_size
        if length == 127 and size - at > 9:
            length = int.from_bytes(data[at + 2 : at + 10], "big")
            start += 8
            if length < 1 << 16:  # it has a shorter form
                break
        elif view:  # to copy small frames is faster than to take them out of a view
            parser.data = data = bytes(data[at:])
            at, size, view = 0, len(data), False
            continue
        elif length == 126 and size - at > 3:
            length = data[at + 2] << 8 | data[at + 3]
            start += 2
            if length < 126:
                break
        elif not 0 <= length < 126:
            break
        end = start + length
        if end > size or length > limit:
            break
        payload = data[start:end]
        if key_size:
            payload = (apply_mask if length < 1024 else masked)(payload, bytes(data[start - 4 : start]))
        if opcode == OP_TEXT:
            try:
                payload = decode_utf8(payload)
            except UnicodeError:
                break
        elif opcode != OP_BINARY:
            break
        elif view and not key_size:
            payload = bytes(payload)
        events.append(Event(opcode, payload, True))
        at = end
    if at < size:
        parser.pos = at
        return False
    parser.data = b""
    parser.pos = 0
    return True


def take_headers(parser, items, token):
    """Take all header lines out of an http parser, if they are all there; return whether that was done.

    items: list, to which (name, value) is added for each. token: str, the characters of a name.
    Six lines take 4 us instead of 11.
    """
    start = parser._pos
    end = parser._data.find(b"\r\n\r\n", start)
    if not start < end <= min(start + parser.max_line, parser.max_head - 4):
        return False
    lines = parser._data[start:end].decode("latin-1").split("\r\n")
    if len(lines) > parser.max_headers:
        return False
    pairs = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not (colon and line.isascii() and line.isprintable() and name and not name.strip(token)):
            return False
        pairs.append((sys.intern(name), value.strip(" ")))  # all connections share the names
    items += pairs
    parser._pos = end + 4
    return True


def room(protocol):
    """Return where a Protocol's next bytes may be received straight into, and then filled() be called.

    A memoryview of the rest of a large payload, or None: then receive_data() takes them. This saves a copy.
    """
    parser = protocol._parser
    if parser is None or parser.payload is None or parser.pos < len(parser.data):
        return None
    if parser.received == len(parser.payload):
        parser.payload += bytes(min(parser.header.length - parser.received, AHEAD))
    return memoryview(parser.payload)[parser.received :]


def filled(protocol, size):
    """Take note that `size` bytes were received into room(protocol): next, receive_data(b"") gives what is complete."""
    parser = protocol._parser
    if parser is not None:
        start = parser.received
        parser.received += size
        if parser.header.mask_key:
            mask_in_place(parser.payload, parser.header.mask_key, start, parser.received)


def keep(protocol):
    """Copy what is left of the view that receive_data() was given last, whose memory is needed for something else."""
    parser = protocol._parser
    if parser is not None:
        parser.data, parser.pos = bytes(parser.data[parser.pos :]), 0


def pieces_to_send(protocol):
    """Return what protocol.data_to_send() would return, as a list of bytes-like objects.

    A large message given as bytes stands in it as it is, not copied; no other object is anyone else's.
    """
    pieces = [masked(data, key) if key else bytes(data) for data, key in protocol.output]
    protocol.output = []
    return pieces

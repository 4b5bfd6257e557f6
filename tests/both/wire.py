"""Frames as bytes, written and read by the plainest loop, never by pocketws; and a Protocol to feed them to.

Apart from vectors.py, so that a board holds only what its test module needs.
"""

from pocketws.protocol import CLIENT, SERVER, Protocol

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
ROLES = (CLIENT, SERVER)
KEY = b"\x37\xfa\x21\x3d"


def frame(role, opcode, payload=b"", fin=True, rsv1=False):
    """Return a frame that comes in at an endpoint of `role`, so one that a server gets is masked."""
    size = len(payload)
    if size < 126:
        head, form = size, b""
    else:
        form = bytes((size >> 8, size & 255)) if size < 65536 else size.to_bytes(8, "big")
        head = 126 if size < 65536 else 127
    first = opcode | (0x80 if fin else 0) | (0x40 if rsv1 else 0)
    if role == CLIENT:
        return bytes((first, head)) + form + payload
    return bytes((first, 0x80 | head)) + form + KEY + xor(payload, KEY)


def frames(role, *list_of_arguments):
    """Return several such frames as one bytes."""
    return b"".join([frame(role, *arguments) for arguments in list_of_arguments])


def xor(data, key):
    masked = bytearray(data)  # and no list, which takes 8 times as much of a board's heap
    for i in range(len(masked)):
        masked[i] ^= key[i % 4]
    return bytes(masked)


def sent(role, data):
    """Return the frames in `data`, which an endpoint of `role` sent: tuples of opcode, payload, fin, rsv1."""
    found = []
    at = 0
    while at < len(data):
        first, second = data[at], data[at + 1]
        size = second & 0x7F
        assert second >> 7 == (role == CLIENT), "masked by the client, and only by the client"
        at += 2
        if size > 125:
            more = 2 if size == 126 else 8
            size = int.from_bytes(data[at : at + more], "big")
            at += more
        key = bytes(4)
        if role == CLIENT:
            key = data[at : at + 4]
            at += 4
        assert len(data) >= at + size, "a frame is cut"
        found.append((first & 0xF, xor(data[at : at + size], key), bool(first & 0x80), bool(first & 0x70)))
        at += size
    return found


def opened(role, extension=None, **settings):
    """Return a Protocol right after the opening handshake."""
    protocol = Protocol(role, **settings)
    protocol.opened(extension)
    return protocol


def feed(protocol, data, step=1 << 30):
    """Feed `data` in pieces of `step` bytes; return the events."""
    events = []
    for at in range(0, len(data), step):
        events += protocol.receive_data(data[at : at + step])
    return events


def taken(protocol):
    """Return the frames that `protocol` has sent since the last time, as sent() does."""
    return sent(protocol.role, protocol.data_to_send())


def code(number, reason=b""):
    """Return the payload of a Close frame."""
    return bytes((number >> 8, number & 255)) + reason

"""Functions with planted faults, for lesson 09 and its exercise. Find the faults from outside, not in here."""

from pocketws.exceptions import ProtocolError
from pocketws.frames import OP_CLOSE, OP_TEXT, OPCODE_NAMES, decode_header


def read_frames(data):
    """Return the whole frame that `data` (bytes) begins with, as a list of one pair (name, payload), or []."""
    header = decode_header(data)
    if header is None:
        return []
    return [(OPCODE_NAMES[header.opcode], data[header.size :])]


def encode_header(opcode, length):
    """Return the header (bytes) of an unmasked, final frame with `length` bytes of payload."""
    if length <= 126:
        return bytes([0x80 | opcode, length])
    if length <= 65535:
        return bytes([0x80 | opcode, 126]) + length.to_bytes(2, "big")
    return bytes([0x80 | opcode, 127]) + length.to_bytes(8, "big")


def read_frame(data):
    """Return (name, payload) of the unmasked frame that `data` (bytes) begins with.

    payload: str for text, (code, reason) for close, bytes for all others.
    Raises ProtocolError for what is not a whole, good frame.
    """
    header = decode_header(data)
    if header is None or len(data) < header.size + header.length:
        raise ProtocolError("the frame is not whole", "5.2")
    if header.rsv or header.mask_key:
        raise ProtocolError("reserved bits, or a mask", "5.2")
    payload = bytes(data[header.size : header.size + header.length])
    name = OPCODE_NAMES[header.opcode]
    if header.opcode == OP_TEXT:
        return name, payload.decode()
    if header.opcode == OP_CLOSE and payload:
        return name, (payload[0] << 8 | payload[1], payload[2:].decode("utf-8", "replace"))
    return name, payload

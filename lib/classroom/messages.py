"""Short ways to run an endpoint of pocketws in a cell, without a network, and to read what it says."""

from pocketws.frames import OPCODE_NAMES, FrameParser
from pocketws.protocol import CLIENT, Protocol


def opened(role=CLIENT):
    """Return a pocketws Protocol whose opening handshake is done."""
    protocol = Protocol(role)
    protocol.opened()
    return protocol


def named(events):
    """Return pocketws events as a list of pairs (name, data), such as ("text", "Hello")."""
    return [(OPCODE_NAMES[event.opcode], event.data) for event in events]


def frames_in(data):
    """Return the whole frames in `data` (bytes), masked or not, as a list of pairs (name, payload).

    Raises ProtocolError for a header that breaks a rule.
    """
    parser, found = FrameParser(), []
    parser.feed(data)
    while (frame := parser.next_frame()) is not None:
        found.append((OPCODE_NAMES[frame.opcode], bytes(frame.data)))
    return found

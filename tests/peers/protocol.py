"""A connection over the layers of pocketws that do no I/O, and asyncio's streams: on CPython and MicroPython alike."""

from pocketws.frames import OP_BINARY, OP_TEXT
from pocketws.protocol import CLOSED, OPEN

READ = WRITE = 1 << 16  # bytes at once


async def read_message(parser, reader):
    """Return the Request or Response that `parser` finds. Raises InvalidMessage if the connection ends before."""
    message = None
    while message is None:
        data = await reader.read(READ)
        message = parser.feed(data) if data else parser.feed_eof()
    return message


async def converse(protocol, reader, writer, data, received):
    """Let the peer talk until the TCP connection has ended.

    data: bytes that came behind the opening handshake. received: called with the protocol
    and each event, and may send. The protocol is to be `patient`, so that it can.
    """
    while protocol.state != CLOSED:
        while events := protocol.receive_data(data):
            for event in events:
                received(protocol, event)
            data = b""  # what is wrong behind a message shows once that is answered
        while piece := protocol.data_to_send(WRITE):
            writer.write(piece)
            await writer.drain()
        if protocol.should_close_tcp:
            break
        data = await reader.read(READ)
        if not data:
            protocol.receive_eof()


def echo(protocol, event):
    """Send a message back."""
    if protocol.state == OPEN and event.opcode == OP_TEXT:
        protocol.send_text(event.data)
    elif protocol.state == OPEN and event.opcode == OP_BINARY:
        protocol.send_binary(event.data)

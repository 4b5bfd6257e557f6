"""A line in memory: what a client reads and writes, with a scripted server at the other end and no network between.

    line = Line(script)
    line.says(Frame(OP_TEXT, b"Hi").serialize())
    client = Connection(line.reader, line)

In a loop whose clock is not the world's, what a client does with its time-outs is then seen at once, and exactly.
"""

import asyncio

from pocketws.frames import FrameParser


class Line:
    """A TCP connection in memory: the client's reader and writer, and a scripted server at the other end.

    script: function(line, frame), called for each frame that the client sends; None: the server is silent.
    sent: list of (seconds, Frame) that the client sent. aborted: bool, the client has cut the line.
    """

    def __init__(self, script=None):
        self.reader, self.parser = asyncio.StreamReader(), FrameParser(masked=True)
        self.script, self.sent = script, []
        self.aborted = self.ended = False
        self.transport = self  # so that writer.transport.abort() finds one

    # ---- for the client, as a StreamWriter

    def write(self, data):
        if self.aborted:
            return  # as a transport does: drain() tells
        self.parser.feed(data)
        for frame in iter(self.parser.next_frame, None):
            self.sent.append((asyncio.get_running_loop().time(), frame))
            if self.script:
                self.script(self, frame)

    async def drain(self):
        if self.aborted:
            raise ConnectionResetError("Connection lost")
        await asyncio.sleep(0)

    def abort(self):
        self.aborted = True
        self.end()

    close = abort

    def is_closing(self):
        return self.aborted

    # ---- for the script

    def says(self, data, end=False):
        """Let the server send `data` (bytes), and then perhaps end TCP. What comes after the end is lost."""
        if not self.ended:
            self.reader.feed_data(data)
        if end:
            self.end()

    def later(self, seconds, data, end=False):
        """As says(), but only after that many `seconds`."""
        asyncio.get_running_loop().call_later(seconds, self.says, data, end)

    def end(self):
        """Let the client read the end of TCP, after all that was said."""
        if not self.ended:
            self.ended = True
            self.reader.feed_eof()

    def frames(self, opcode):
        """Return the payloads of the frames with this opcode that the client sent: a list of bytes."""
        return [bytes(frame.data) for _, frame in self.sent if frame.opcode == opcode]

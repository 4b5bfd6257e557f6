"""The tasks of lesson 07, Writing the async client, 1.

The answers are coroutine functions that get a client. Ours has no network: it hands out frames
that were put into it, and keeps what is sent. So nothing ever waits.
"""

import inspect

from pocketws.frames import OP_BINARY, OP_CLOSE, OP_PING, OP_PONG, OP_TEXT, OPCODE_NAMES, Frame

from ..awaiting import attempt_awaited
from ..checks import Wrong, call_text, task
from ..judging import readable, with_article


class Client:
    """As the lesson's, but the frames it receives were put into it, and it keeps those it sends.

    frames, sent: list of Frame.
    """

    def __init__(self, *frames):
        self.frames, self.sent = list(frames), []

    async def send_frame(self, opcode, data=b""):
        if not isinstance(opcode, int) or not isinstance(data, bytes | bytearray):
            kinds = f"{with_article(type(opcode))} and {with_article(type(data))}"
            raise TypeError(f"send_frame() takes an opcode, an int, and a payload, bytes; not {kinds}")
        self.sent.append(Frame(opcode, data))

    async def recv_frame(self):
        if not self.frames:
            raise EOFError("TCP has ended: there is no further frame")
        return self.frames.pop(0)

    async def recv(self):
        frame = await self.recv_frame()
        if frame.opcode == OP_TEXT:
            return frame.data.decode()
        return bytes(frame.data) if frame.opcode == OP_BINARY else None

    def __repr__(self):
        return "client"


CRASHES = (
    ("send_frame\\(\\) (takes|missing)", "send_frame takes the opcode first, such as OP_PING, then the payload."),
    (
        "'coroutine' object",
        "client.recv_frame() alone is only a plan. `await client.recv_frame()` carries it out, and gives the frame.",
    ),
    (
        "object method can't be used in 'await'",
        "Without its brackets, client.recv_frame is the method, not a call of it.",
    ),
    (
        "'async for' requires",
        "client.recv_frame() gives one frame. `while True:` with `await` inside takes one after the other.",
    ),
    ("no attribute 'close'", "The connection is closed elsewhere: here, return None."),
    ("no attribute 'payload'", "The payload of a frame is frame.data."),
    (
        "no further frame",
        "The function asked for one frame more than there were. When is it done? A Close frame is an end, too.",
    ),
    ("codec can't decode", "Only the payload of a text frame is UTF-8. Look at frame.opcode first."),
)


def outcome(answer, client, *args):
    """Return (what `await answer(client, *args)` gives, that call as text). Raises Wrong, NotStarted or Stopped."""
    got = attempt_awaited(CRASHES, answer, client, *args)
    call = "await " + call_text(answer, client, *args)
    if inspect.iscoroutine(got):
        got.close()
        raise Wrong("a plan that nobody carries out.", "Put `await` before the call that makes it.", call=call)
    return got, call


# what the next frame is, its payload if the ping has b"hi", and whether that is the pong
REPLIES = (
    (OP_PONG, b"hi", True, "", ""),
    (OP_PONG, b"ho", False, "any pong taken for the answer.", "A pong to this ping has the same payload."),
    (OP_PING, b"hi", False, "a ping taken for the answer.", "A ping asks, a pong answers: look at frame.opcode."),
    (OP_TEXT, b"hi", False, "a text taken for the answer.", "Is it a pong? Look at frame.opcode."),
)


@task(
    "07.a",
    "is it there?",
    hints=(
        "Which frame asks, and which answers? Their names are in the first code cell.",
        "A ping goes out with the payload. What came in has to be a pong, and its data the same payload.",
        "The blanks, in order: OP_PING, OP_PONG, payload.",
    ),
)
def is_it_there(answer):
    for opcode, data, right, looks, idea in REPLIES:
        client = Client(Frame(opcode, bytearray(data)))
        got, call = outcome(answer, client, b"hi")
        judge_ping(client.sent, call)
        if got is None:
            raise Wrong("a function without a return.", "Return True or False.", call=call)
        if bool(got) != right or not isinstance(got, bool):
            if right:
                looks, idea = "a pong that is not seen.", "The frame has opcode OP_PONG and the payload of the ping."
            elif not isinstance(got, bool):
                looks, idea = f"{with_article(type(got))} where True or False belongs.", "Compare with ==."
            raise Wrong(looks, f"{idea} The frame was {Frame(opcode, data)}.", call=call, expected=right, got=got)


def judge_ping(sent, call):
    """Raise Wrong unless one ping with the payload b"hi" was `sent` (list of Frame)."""
    if not sent:
        raise Wrong("no ping sent.", "`await client.send_frame(...)`: without await it is only a plan.", call=call)
    if sent[0].opcode != OP_PING:
        name = OPCODE_NAMES.get(sent[0].opcode, hex(sent[0].opcode))
        raise Wrong(f"a {name} frame sent.", "The question is a ping. The answer will be the pong.", call=call)
    if bytes(sent[0].data) != b"hi":
        idea = "Send the parameter `payload`."
        raise Wrong("a ping with another payload.", idea, call=call, expected=b"hi", got=bytes(sent[0].data))
    if len(sent) > 1:
        raise Wrong(f"{len(sent)} frames sent.", "One ping is enough.", call=call)


# frames that come in, and the message that comes of them
CONVERSATIONS = (
    ([Frame(OP_TEXT, b"Hello")], "Hello"),
    ([Frame(OP_TEXT, "é".encode())], "é"),
    ([Frame(OP_BINARY, b"\xff\x00")], b"\xff\x00"),
    ([Frame(OP_CLOSE, b"\x03\xe8")], None),
    ([Frame(OP_PING, b"hi"), Frame(OP_TEXT, b"Hello")], "Hello"),
    ([Frame(OP_PONG), Frame(OP_PING), Frame(OP_PING), Frame(OP_BINARY, b"")], b""),
    ([Frame(OP_TEXT, b""), Frame(OP_TEXT, b"Hello")], ""),
    ([Frame(OP_PING), Frame(OP_CLOSE), Frame(OP_TEXT, b"Hello")], None),
)


@task(
    "07.b",
    "the next message",
    hints=(
        "You do not know how many pings come first. Which loop goes on until something happens?",
        "while True: take a frame. If it is text, return it decoded; if binary, as bytes; if close, return None. "
        "Otherwise the loop goes on by itself.",
        "while True: frame = await client.recv_frame(). Then three ifs: OP_TEXT returns frame.data.decode(), "
        "OP_BINARY returns bytes(frame.data), OP_CLOSE returns None.",
    ),
)
def the_next_message(answer):
    for frames, right in CONVERSATIONS:
        client = Client(*[Frame(frame.opcode, bytearray(frame.data)) for frame in frames])
        got, call = outcome(answer, client)
        names = ", ".join(OPCODE_NAMES[frame.opcode] for frame in frames)
        if type(got) is not type(right) or got != right:
            looks, idea = message_misconception(frames, got, right)
            call = f"{call}, where the next frames are: {names}"
            raise Wrong(looks, idea, call=call, expected=right, got=readable(got) if got is not None else None)
        left = len(client.frames)
        if left != len(frames) - 1 - [frame.opcode in (OP_TEXT, OP_BINARY, OP_CLOSE) for frame in frames].index(True):
            raise Wrong("frames taken after the message.", "They belong to the next call: return at once.", call=call)


def message_misconception(frames, got, right):
    """Return (looks, idea) for the wrong message `got`."""
    control = frames[0].opcode in (OP_PING, OP_PONG)
    if isinstance(got, Frame):
        return "a frame instead of a message.", "The program wants what is in it: frame.data, as str or bytes."
    if control and (got is None or got == bytes(frames[0].data)):
        return "a ping or a pong taken for a message.", "Skip it, and take the next frame: that needs a loop."
    if got is None:
        idea = "None means that the connection is closed. An opcode is a number, such as OP_TEXT."
        return "a message that is not returned.", idea
    if right is None:
        return "a Close frame taken for a message.", "At a Close frame, return None. Nothing counts after it."
    if isinstance(right, str) and isinstance(got, bytes | bytearray):
        return "a text that is still bytes.", "Decode the payload of a text frame."
    if isinstance(right, bytes) and isinstance(got, bytearray):
        return (
            "a bytearray where bytes belong.",
            "The parser may give a bytearray: bytes(frame.data) makes bytes of it.",
        )
    if isinstance(right, bytes):
        return "binary made into something else.", "Binary stays as it is: bytes."
    if got == str(bytes(frames[-1].data)) or got == str(frames[-1].data):
        return "a text made by str().", "str(b'Hello') keeps the b and the quotes. Use .decode()."
    if not right and got:
        return "an empty text taken for none.", "'' is a message, too. Ask for frame.opcode, not if there is data."
    return "another message.", "Return what the first text or binary frame holds."


from . import lesson_07_exercise  # noqa: E402, F401 - it registers the tasks of the exercise, 07.1 to 07.6

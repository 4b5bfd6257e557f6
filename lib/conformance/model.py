"""What a case is and what comes out of it: plain data, without any I/O.

Five kinds of cases:

    Exchange   frames that we send, and what must come back
    Series     many messages, one after the other, each of which must come back
    Request    how a server answers one opening handshake
    Response   what a client makes of one answer to its opening handshake
    Habit      what a client does over several connections

The endpoint under test is "the peer". Its only duty beyond RFC 6455 is to send each
message back with the opcode that it came with.
"""

from dataclasses import dataclass, field

from pocketws.frames import OP_BINARY, OP_CLOSE, OP_CONT, OP_PING, OP_PONG, OP_TEXT, OPCODE_NAMES

SERVER, CLIENT = "server", "client"  # what the peer is
BOTH = (SERVER, CLIENT)

# Verdicts, the worst last.
OK = "OK"
INFORMATIONAL = "INFORMATIONAL"  # the RFC leaves it open: nobody is right or wrong
UNIMPLEMENTED = "UNIMPLEMENTED"  # about an extension that the peer does not have
NON_STRICT = "NON-STRICT"  # allowed, or not clearly forbidden, but there is a better way
FAILED = "FAILED"
VERDICTS = (OK, INFORMATIONAL, UNIMPLEMENTED, NON_STRICT, FAILED)

# How the connection ended is judged apart, with these and OK, INFORMATIONAL or FAILED (the wrong side began it).
WRONG_CODE = "WRONG CODE"  # the peer's Close frame has another code than it should
UNCLEAN = "UNCLEAN"  # no Close frame from the peer, where one is due; or a server that does not end TCP
LEFT_OPEN = "FAILED BY CLIENT"  # a server that lets the client end the TCP connection (section 7.1.1: SHOULD)

# What such an end makes of a case as a whole.
OF_THE_END = {WRONG_CODE: NON_STRICT, LEFT_OPEN: NON_STRICT, UNCLEAN: FAILED}


@dataclass(frozen=True)
class Filled:
    """A payload made when it is needed: `size` bytes of `pattern`, over and over."""

    pattern: bytes
    size: int

    def __bytes__(self):
        return (self.pattern * (self.size // len(self.pattern) + 1))[: self.size]

    def __len__(self):
        return self.size


@dataclass(frozen=True)
class Frame:
    """A frame that we send, allowed or not.

    payload: bytes or Filled. rsv: int, the three reserved bits, RSV1 = 4.
    masked: bool, or None to do as our role must. key: the masking key, or None for a random one.
    form: int, the extra bytes of the length (0, 2 or 8), or None for the fewest.
    announced: int, the length that the header claims, or None for the true one.
    """

    opcode: int
    payload: bytes | Filled = b""
    fin: bool = True
    rsv: int = 0
    masked: bool | None = None
    key: bytes | None = None
    form: int | None = None
    announced: int | None = None


def _bytes(data):
    return data.encode() if isinstance(data, str) else data


def text(data="", fin=True, **more):
    """Return a text frame; here and below, `data` is str, bytes or Filled, and `more` what Frame takes."""
    return Frame(OP_TEXT, _bytes(data), fin, **more)


def binary(data=b"", fin=True, **more):
    return Frame(OP_BINARY, _bytes(data), fin, **more)


def cont(data=b"", fin=True, **more):
    return Frame(OP_CONT, _bytes(data), fin, **more)


def ping(data=b"", **more):
    return Frame(OP_PING, _bytes(data), **more)


def pong(data=b"", **more):
    return Frame(OP_PONG, _bytes(data), **more)


def close(code=None, reason=b"", **more):
    """Return a Close frame. code: int or None; any number goes, and so does a reason without a code."""
    return Frame(OP_CLOSE, (b"" if code is None else code.to_bytes(2, "big")) + _bytes(reason), **more)


# Steps of an Exchange: frames stand for themselves, each in a write of its own.


@dataclass(frozen=True)
class Together:
    """Frames that go out in one write."""

    frames: tuple


@dataclass(frozen=True)
class Chopped:
    """Frames whose bytes go out in pieces of `size` bytes, as if the network had cut them."""

    frames: tuple
    size: int = 1


@dataclass(frozen=True)
class Fragmented:
    """A message, given as one frame, that goes out in fragments of `size` bytes, all in one write."""

    frame: Frame
    size: int


@dataclass(frozen=True)
class Part:
    """A part of one frame: the payload bytes `start` to `stop`, and the header before them if `start` is 0."""

    frame: Frame
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True)
class Await:
    """Wait until the peer has sent `count` replies."""

    count: int


@dataclass(frozen=True)
class Still:
    """See whether the peer is still there. If so, the reply OPEN is noted; if not, the rest is not sent.

    between: bool, True between frames, where a Ping asks the peer. Within a frame no
        one can ask: there, False gives the peer some time to fail the connection.
    soon: bool, with a short time: the part before this was fine, so failing now would be wrong.
    """

    between: bool = True
    soon: bool = False


# A reply is a pair: what it is, and its payload. These are the kinds.
TEXT, BINARY, PONG = "text", "binary", "pong"
OPEN = ("open", b"")  # noted by Still

_KINDS = {OP_TEXT: TEXT, OP_BINARY: BINARY, OP_PONG: PONG}


def replies(*frames):
    """Return what a peer sends back for `frames`: pairs as above. OPEN may stand among them."""
    return tuple(each if each is OPEN else (_KINDS[each.opcode], each.payload) for each in frames)


@dataclass(frozen=True)
class Ending:
    """How the connection must end.

    ours: bool, True if the first Close frame is ours, False if the peer must fail the connection.
    codes: the codes that the peer's Close frame may have; it may also have none.
    clean: bool, whether the peer must send a Close frame, or may cut the connection instead.
    fatal: the closing verdicts that also fail the exchange: there, the ending is the point of the case.
    """

    ours: bool = True
    codes: tuple = (1000,)
    clean: bool = True
    fatal: tuple = ()


CLEAN = Ending()
FAILS = Ending(ours=False, codes=(1002,), clean=False)  # the peer fails the connection: section 7.1.7
NOT_UTF8 = Ending(ours=False, codes=(1007,), clean=False, fatal=(FAILED,))


@dataclass(frozen=True)
class Case:
    """What all kinds of cases share.

    id: str. title: str, what we do. section: str, of RFC 6455; another RFC is named with
        a colon, "9112: 5.1".
    roles: what the peer may be. patience: int, how many times longer than usual a reply may take.
    """

    id: str
    title: str
    section: str
    roles: tuple = field(default=BOTH, kw_only=True)
    patience: int = field(default=1, kw_only=True)

    def __str__(self):
        return self.id


@dataclass(frozen=True)
class Exchange(Case):
    """Frames that we send, and what must come back.

    steps: what we do, in order: frames and the steps above. Where the ending is ours and no
        step is a Close frame, one with code 1000 follows once the replies are there.
    ok: the replies of a strict peer; ending: Ending, how it then ends.
    lenient: the replies of a peer that is NON-STRICT, or None; with lenient_ending if that differs.
    informational: bool, the RFC leaves the outcome open.
    deflate: Deflate to use, or None.
    """

    steps: tuple
    ok: tuple = ()
    lenient: tuple | None = None
    ending: Ending = CLEAN
    lenient_ending: Ending | None = None
    informational: bool = False
    deflate: "Deflate | None" = None


@dataclass(frozen=True)
class Series(Case):
    """`count` messages, one after the other, each of which must come back as it was.

    data: str, one of the samples of payloads.py. binary: bool. size: int, bytes in a
    message, or characters in a text. cut: int, bytes in each of its frames; 0 for one frame.
    deflate: Deflate to use, or None.
    """

    data: str
    binary: bool
    size: int
    count: int
    cut: int = 0
    deflate: "Deflate | None" = None


@dataclass(frozen=True)
class Deflate:
    """What to agree on about permessage-deflate (RFC 7692).

    no_takeover: bool, max_bits: int (0: not mentioned): what we ask of the peer, whatever
        its role, about the way in which it compresses.
    context: bool, the case has us refer to earlier messages, so a peer that forbids that does without the case.
    bare: bool, offer no parameters of our own, so that none may be set for us either.
    fallback: a Deflate to go on with where the peer does not take this one, or None.
    """

    no_takeover: bool = False
    max_bits: int = 0
    context: bool = False
    bare: bool = False
    fallback: "Deflate | None" = None


# What may become of an opening handshake.
OPENS, REFUSED = "opens", "refused"


@dataclass(frozen=True)
class Request(Case):
    """One request to a server.

    request: tuple of str, its lines; {target}, {host} and {key} in them stand for what the URL asks for.
    ok: what a strict server does with it, some of OPENS and REFUSED. lenient: what else is NON-STRICT.
    chop: int, bytes per write; 0 for all at once.
    key: str, the key to send, or "" for a random one.
    status: tuple of int, the statuses with which it may refuse; empty for any from 300 on.
    having: str, "Name: value", a header of the response that refuses.
    offers: tuple of str, the subprotocols among which it may choose.
    deflate: Deflate that it may agree to, or None.
    """

    request: tuple
    ok: tuple
    lenient: tuple = ()
    chop: int = 0
    key: str = ""
    status: tuple = ()
    having: str = ""
    offers: tuple = ()
    deflate: Deflate | None = None
    roles: tuple = field(default=(SERVER,), kw_only=True)


@dataclass(frozen=True)
class Response(Case):
    """One response to a client.

    response: tuple of str, its lines, with places to fill in; see opening.response_for.
    ok: what a strict client does with it: some of OPENS and REFUSED. lenient: what else is NON-STRICT.
    chop: int, bytes per write; 0 for all at once. together: bool, with our first message in the same write.
    """

    response: tuple
    ok: tuple
    lenient: tuple = ()
    chop: int = 0
    together: bool = False
    roles: tuple = field(default=(CLIENT,), kw_only=True)


@dataclass(frozen=True)
class Visit:
    """One connection of a client: its pocketws.http.Request, its masking keys (list of bytes), its fault or None."""

    request: object
    keys: list
    fault: str | None


@dataclass(frozen=True)
class Habit(Case):
    """What a client does over several connections, in which it sends back some messages.

    connections: int. check: callable that takes the list of Visits and returns what is
    wrong (str) or None. expected: str, in words.
    """

    connections: int
    check: object
    expected: str
    roles: tuple = field(default=(CLIENT,), kw_only=True)


@dataclass(repr=False)
class Result:
    """What came out of one case.

    verdict: the worse one of exchange (was the right thing sent back?) and closing (did
        the connection end as it should?).
    expected, got: str, in words. seconds: float. wire: list of str, what went over it.
    """

    case: Case
    exchange: str
    closing: str
    expected: str
    got: str
    seconds: float = 0.0
    wire: list = field(default_factory=list)

    @property
    def verdict(self):
        return max(self.exchange, OF_THE_END.get(self.closing, self.closing), key=VERDICTS.index)

    @property
    def passed(self):
        """Whether nothing is wrong: every verdict but FAILED."""
        return self.verdict != FAILED

    def __str__(self):
        return f"{self.case.id} {self.verdict}: {self.case.title}; expected {self.expected}; got {self.got}"

    __repr__ = __str__


def describe(replies):
    """Return replies as words: "text 'Hello', pong of 125 bytes"."""
    return ", ".join(_reply(kind, payload) for kind, payload in replies) or "no reply"


def _reply(kind, payload):
    if (kind, payload) == OPEN:
        return "an open connection"
    if not len(payload):
        return f"empty {kind}"
    if len(payload) > 24:
        return f"{kind} of {len(payload)} bytes"
    data = bytes(payload)
    return f"{kind} {data.decode()!r}" if _printable(data) else f"{kind} {data.hex()}"


def _printable(data):
    try:
        return data.decode().isprintable()
    except UnicodeDecodeError:
        return False


def words(frame):
    """Return a Frame as words, for the record of a connection."""
    name = OPCODE_NAMES.get(frame.opcode, f"opcode {frame.opcode:#x}")
    marks = ("" if frame.fin else ", not final") + (f", RSV {frame.rsv:03b}" if frame.rsv else "")
    data = bytes(frame.payload) if len(frame.payload) <= 24 else b""
    shown = f", {data.decode()!r}" if data and _printable(data) else ""
    return f"{name}{marks}, {len(frame.payload)} bytes{shown}"

"""Our frames against those of `websockets` and `wsproto`, both ways, and where the three differ."""

import dataclasses

import pytest
import websockets.exceptions
import wsproto.extensions
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Close
from websockets.frames import Frame as WebsocketsFrame
from websockets.streams import StreamReader
from wsproto.frame_protocol import FrameDecoder, FrameProtocol, ParseFailed, RsvBits

from pocketws.exceptions import ProtocolError
from pocketws.frames import (
    OP_BINARY,
    OP_CLOSE,
    OP_CONT,
    OP_PING,
    OP_PONG,
    OP_TEXT,
    RSV1,
    Frame,
    FrameParser,
    apply_mask,
    check_header,
    decode_close,
    decode_header,
    encode_close,
    mask_in_place,
)
from tests.both.vectors import FRAMES, KEY, repeated
from tests.both.vectors_malformed import MALFORMED
from tests.both.vectors_payload import BAD_CLOSES, CLOSES
from tests.thorough import some

# The peers. Each reads a wire into a list of (opcode, payload, fin, rsv1), or raises REFUSED.
# EOFError: the peer took the header and waits for more of the payload.

REFUSED = (websockets.exceptions.ProtocolError, ParseFailed, ProtocolError, UnicodeDecodeError)


class RSV1ForWebsockets:
    """An extension that gives RSV1 a meaning and changes nothing else."""

    name = "rsv1"

    def __init__(self, rsv1=False):
        self.rsv1 = rsv1
        self.seen = None

    def decode(self, frame, *, max_size=None):
        self.seen = frame.rsv1
        return dataclasses.replace(frame, rsv1=False)

    def encode(self, frame):
        return dataclasses.replace(frame, rsv1=self.rsv1)


class RSV1ForWsproto(wsproto.extensions.Extension):
    """The same for wsproto."""

    name = "rsv1"

    def __init__(self, rsv1=False):
        self.rsv1 = rsv1
        self.seen = None

    def enabled(self):
        return True

    def offer(self):
        return True

    def frame_inbound_header(self, proto, opcode, rsv, payload_length):
        self.seen = rsv.rsv1
        return RsvBits(True, False, False)

    def frame_outbound(self, proto, opcode, rsv, data, fin):
        return RsvBits(self.rsv1, False, False), data


def websockets_reads(wire, masked, extension=None):
    reader = StreamReader()
    reader.feed_data(wire)
    reader.feed_eof()
    frames = []
    while reader.buffer:
        parse = WebsocketsFrame.parse(reader.read_exact, mask=masked, extensions=[extension] if extension else [])
        with pytest.raises(StopIteration) as done:
            next(parse)
        frame = done.value.value
        rsv1 = getattr(extension, "seen", False)
        frames.append((int(frame.opcode), bytes(frame.data), frame.fin, rsv1))
    return frames


def websockets_writes(frame, masked):
    theirs = WebsocketsFrame(frame.opcode, frame.data, frame.fin)
    return theirs.serialize(mask=masked, extensions=[RSV1ForWebsockets(frame.rsv1)])


def wsproto_reads(wire, masked, extension=None):
    decoder = FrameDecoder(client=not masked, extensions=[extension] if extension else [])
    decoder.receive_bytes(wire)
    frames = []
    while (frame := decoder.process_buffer()) is not None:
        rsv1 = getattr(extension, "seen", False)
        if not frame.frame_finished:
            raise EOFError
        frames.append((int(frame.opcode), frame.payload, frame.message_finished, rsv1))
    if decoder.header or len(decoder.buffer):
        raise EOFError
    return frames


def wsproto_writes(frame, masked):
    protocol = FrameProtocol(masked, [RSV1ForWsproto(frame.rsv1)])
    if frame.opcode == OP_PING:
        return protocol.ping(frame.data)
    if frame.opcode == OP_PONG:
        return protocol.pong(frame.data)
    if frame.opcode == OP_CLOSE:
        code, reason = decode_close(frame.data)
        return protocol.close(code if frame.data else None, reason)
    if frame.opcode == OP_CONT:
        protocol.send_data(b"", fin=False)
    # It makes text frames of str only, and so none cut inside a character: ours are ASCII when they are text.
    return protocol.send_data(frame.data.decode() if frame.opcode == OP_TEXT else frame.data, frame.fin)


def we_read(wire, masked, rsv=0):
    parser = FrameParser(masked, rsv=rsv)
    parser.feed(wire)
    frames = []
    while (frame := parser.next_frame()) is not None:
        frames.append(fields(frame))
    return frames


def fields(frame):
    return frame.opcode, bytes(frame.data), frame.fin, frame.rsv1


PEERS = {"websockets": (websockets_reads, websockets_writes), "wsproto": (wsproto_reads, wsproto_writes)}
RSV1_FOR = {"websockets": RSV1ForWebsockets, "wsproto": RSV1ForWsproto}


# Valid frames: any of them, any key, cut anywhere

KEYS = st.binary(min_size=4, max_size=4)
SIZES = st.sampled_from([0, 1, 125, 126, 127, 65534, 65535, 65536, 65537])
PAYLOADS = st.binary(max_size=300) | SIZES.map(lambda size: repeated(b"payload", 0, size))
CLOSE_PAYLOADS = st.sampled_from([payload for _, payload, _, _ in CLOSES]) | st.just(b"")


def texts(data):
    return bytes(byte & 0x7F for byte in data)


VALID = st.one_of(
    st.builds(Frame, st.just(OP_TEXT), PAYLOADS.map(texts), st.booleans(), st.booleans()),
    st.builds(Frame, st.just(OP_BINARY), PAYLOADS, st.booleans(), st.booleans()),
    st.builds(Frame, st.just(OP_CONT), PAYLOADS, st.booleans()),
    st.builds(Frame, st.sampled_from([OP_PING, OP_PONG]), st.binary(max_size=125)),
    st.builds(Frame, st.just(OP_CLOSE), CLOSE_PAYLOADS),
)
STREAMS = st.lists(st.tuples(VALID, KEYS), max_size=6)

many = settings(max_examples=some(200), deadline=None)


@many
@given(STREAMS, st.booleans(), st.lists(st.integers(0, 2000), max_size=20))
def test_any_frames_survive_any_chopping(stream, masked, cuts):
    wire = b"".join(frame.serialize(key if masked else b"") for frame, key in stream)
    edges = [0] + sorted(cut * len(wire) // 2000 for cut in cuts) + [len(wire)]
    for given_masked in (masked, None):
        parser = FrameParser(given_masked, rsv=RSV1)
        taken = []
        for start, end in zip(edges, edges[1:], strict=False):
            parser.feed(wire[start:end])
            while (frame := parser.next_frame()) is not None:
                taken.append(frame)
        assert taken == [frame for frame, _ in stream]


@many
@given(st.binary(max_size=9000), KEYS, st.integers(0, 9000), st.integers(0, 9000))
def test_mask_in_place_is_apply_mask(data, key, start, end):
    start, end = sorted((min(start, len(data)), min(end, len(data))))
    here = bytearray(data)
    mask_in_place(here, key, start, end)
    assert here == data[:start] + apply_mask(data, key)[start:end] + data[end:]
    assert apply_mask(apply_mask(data, key), key) == data


@many
@given(st.sampled_from([code for _, _, code, _ in CLOSES]), st.text(max_size=123))
def test_close_survives(code, reason):
    if len(reason.encode()) > 123:
        with pytest.raises(ValueError):
            encode_close(code, reason)
    else:
        payload = encode_close(code, reason)
        assert decode_close(payload) == (code, reason)
        assert payload == Close(code, reason).serialize()


@pytest.mark.parametrize("peer", PEERS)
@many
@given(frame=VALID, masked=st.booleans(), key=KEYS)
def test_peer_reads_our_frames(peer, frame, masked, key):
    wire = frame.serialize(key if masked else b"")
    assert PEERS[peer][0](wire, masked, RSV1_FOR[peer]()) == [fields(frame)]


@pytest.mark.parametrize("peer", PEERS)
@many
@given(frame=VALID, masked=st.booleans())
def test_we_read_frames_of_peer_and_write_the_same_bytes(peer, frame, masked):
    theirs = bytes(PEERS[peer][1](frame, masked))
    assert we_read(theirs, masked, RSV1) == [fields(frame)]
    assert frame.serialize(decode_header(theirs).mask_key) == theirs  # a peer draws its key itself


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("case", FRAMES, ids=[case[0] for case in FRAMES])
def test_peer_reads_the_vectors(peer, case):
    name, head, opcode, fin, rsv1, key, unit, wire_unit, length = case
    wire = head + repeated(wire_unit, 0, length)
    frames = PEERS[peer][0](wire, bool(key), RSV1_FOR[peer]())
    assert frames == [(opcode, repeated(unit, 0, length), fin, rsv1)]


# Where a peer judges otherwise

# Not malformed to us: a frame alone does not tell; RFC 7692 section 6 makes it a rule of the message.
ALLOWED = (
    ("RSV1 on a last fragment", b"\xc0\x05", False, None, None, RSV1),
    ("RSV1 on a middle fragment", b"\x40\x85" + KEY, True, None, None, RSV1),
)
HEADERS = MALFORMED + ALLOWED

SHORTEST = "section 5.2: the minimal number of bytes MUST be used; websockets checks none"
FIRST_BIT = "section 5.2: the most significant bit MUST be 0; websockets waits for the payload"
COMPRESSED = "RFC 7692 section 6 forbids it; a peer with permessage-deflate checks frame by frame, we by message"

DIFFERENCES = {  # (peer, vector): what the peer does where we do the opposite, and why we differ
    ("websockets", "ping of 5 bytes, 2-byte length"): ("accepts", SHORTEST),
    ("websockets", "0 bytes, 2-byte length"): ("accepts", SHORTEST),
    ("websockets", "125 bytes, 2-byte length"): ("accepts", SHORTEST),
    ("websockets", "125 bytes, 2-byte length, masked"): ("accepts", SHORTEST),
    ("websockets", "0 bytes, 8-byte length"): ("accepts", SHORTEST),
    ("websockets", "125 bytes, 8-byte length"): ("accepts", SHORTEST),
    ("websockets", "126 bytes, 8-byte length"): ("accepts", SHORTEST),
    ("websockets", "65535 bytes, 8-byte length"): ("accepts", SHORTEST),
    ("websockets", "65535 bytes, 8-byte length, masked"): ("accepts", SHORTEST),
    ("websockets", "2**63 bytes"): ("waits", FIRST_BIT),
    ("websockets", "2**64 - 1 bytes, masked"): ("waits", FIRST_BIT),
    ("websockets", "RSV1 on a last fragment"): ("refuses", COMPRESSED),
    ("websockets", "RSV1 on a middle fragment"): ("refuses", COMPRESSED),
    ("wsproto", "RSV1 on a last fragment"): ("refuses", COMPRESSED),
    ("wsproto", "RSV1 on a middle fragment"): ("refuses", COMPRESSED),
}


def says(read, *args):
    """Return what a reader does with a frame: "accepts", "refuses", or "waits" for more of its payload."""
    try:
        return "accepts" if read(*args) else "waits"
    except REFUSED:
        return "refuses"
    except EOFError:
        return "waits"


def deflate_of(peer):
    """Return the peer's own permessage-deflate, the extension that gives RSV1 its meaning."""
    if peer == "websockets":
        return PerMessageDeflate(False, False, 15, 15)
    extension = wsproto.extensions.PerMessageDeflate()
    extension.finalize("permessage-deflate")
    return extension


def whole(head):
    """Return the header with its payload after it, as far as one can be sent; 5 bytes are "abc" deflated."""
    header = decode_header(head)
    payload = b"\x4a\x4c\x4a\x06\x00" if header.length == 5 else bytes(min(header.length, 1 << 16))
    return head + (apply_mask(payload, header.mask_key) if header.mask_key else payload)


def test_peers_differ_on_headers_exactly_as_listed():
    found = {}
    for name, head, masked, _, _, rsv in HEADERS:
        wire = whole(head)
        ours = says(we_read, wire, masked, rsv)
        assert ours == ("accepts" if (name, head, masked, None, None, rsv) in ALLOWED else "refuses")
        for peer, (read, _) in PEERS.items():
            theirs = says(read, wire, masked, deflate_of(peer) if rsv else None)
            if theirs != ours:
                found[peer, name] = theirs
    assert found == {key: outcome for key, (outcome, _) in DIFFERENCES.items()}


def every_header(masked):
    """Yield each pair of first bytes, with each extended length next to a change of form."""
    key = KEY if masked else b""
    for first in range(256):
        for second in range(256):
            size = {126: 2, 127: 8}.get(second & 0x7F, 0)
            lengths = {0: (0,), 2: (0, 125, 126, 65535), 8: (0, 125, 126, 65535, 65536, 1 << 63)}[size]
            for length in lengths:
                yield bytes((first, second)) + (length.to_bytes(size, "big") if size else b"") + key


def judged_by_us(head, masked):
    """Return None or the ProtocolError for the header in `head`."""
    try:
        check_header(decode_header(head + bytes(4)), masked)
    except ProtocolError as error:
        return error
    return None


@pytest.mark.parametrize("masked", [True, False], ids=["server", "client"])
def test_every_header_is_judged_as_by_wsproto(masked):
    """The header alone: wsproto, too, judges before any payload is there."""
    for head in every_header(masked):
        decoder = FrameDecoder(client=not masked)
        decoder.receive_bytes(head + bytes(4))  # where the mask bit is set though no key was meant to follow
        try:
            refused = not decoder.parse_header()
        except ParseFailed:
            refused = True
        assert refused == (judged_by_us(head, masked) is not None), head.hex()


@pytest.mark.parametrize("masked", [True, False], ids=["server", "client"])
def test_every_header_is_judged_as_by_websockets_but_for_its_length(masked):
    for head in every_header(masked):
        header = decode_header(head + bytes(4))
        ours = judged_by_us(head, masked)
        if header.length >> 63:  # websockets would judge after the payload: see FIRST_BIT
            assert ours is not None
            continue
        theirs = says(websockets_reads, whole_zeros(head, header, masked), masked)
        if ours is not None and (ours.section, ours.field) == ("5.2", "payload len"):
            assert theirs == "accepts", head.hex()  # see SHORTEST
        else:
            assert theirs == ("accepts" if ours is None else "refuses"), head.hex()


def whole_zeros(head, header, masked):
    return head + bytes(header.length)


# Close payloads

CLOSE_DIFFERENCES = {("wsproto", "1014"): ("refuses", "section 11.7 opened a registry; IANA's 1014 came after 6455")}


def websockets_reads_close(payload):
    close = Close.parse(payload)
    return int(close.code), close.reason


def wsproto_reads_close(payload):
    protocol = FrameProtocol(True, [])
    protocol.receive_bytes(bytes((0x88, len(payload))) + payload)
    (frame,) = protocol.received_frames()
    return int(frame.payload[0]), frame.payload[1]


CLOSE_READERS = {"websockets": websockets_reads_close, "wsproto": wsproto_reads_close}


def test_peers_differ_on_close_payloads_exactly_as_listed():
    found = {}
    for name, payload in [case[:2] for case in CLOSES + BAD_CLOSES + (("empty", b""),)]:
        ours = says(decode_close, payload)
        for peer, read in CLOSE_READERS.items():
            theirs = says(read, payload)
            if theirs != ours:
                found[peer, name] = theirs
            elif ours == "accepts":
                assert read(payload) == decode_close(payload)
    assert found == {key: outcome for key, (outcome, _) in CLOSE_DIFFERENCES.items()}


@pytest.mark.parametrize("peer", CLOSE_READERS)
def test_every_close_code_is_judged_as_by_peer(peer):
    differing = []
    for code in range(65536):
        payload = code.to_bytes(2, "big")
        if says(decode_close, payload) != says(CLOSE_READERS[peer], payload):
            differing.append(str(code))
    assert differing == [name for who, name in CLOSE_DIFFERENCES if who == peer]

"""What goes out: frames that the peer can read, fresh masks, and the caller's faults, after which nothing has gone."""

from pocketws import protocol as module
from pocketws.exceptions import InvalidState
from pocketws.protocol import CLOSE_SENT, OPEN, Protocol
from tests.both.helpers import raises
from tests.both.wire import BINARY, CLIENT, CLOSE, CONT, PING, PONG, ROLES, SERVER, TEXT, code, opened, sent, taken


def test_messages_are_sent_whole():
    for role in ROLES:
        protocol = opened(role)
        protocol.send_text("gr\u00fc\u00dfe")
        protocol.send_binary(b"\x00\xff")
        protocol.send_text("")
        protocol.send_binary(b"")
        assert taken(protocol) == [
            (TEXT, b"gr\xc3\xbc\xc3\x9fe", True, False),
            (BINARY, b"\x00\xff", True, False),
            (TEXT, b"", True, False),
            (BINARY, b"", True, False),
        ]
        assert protocol.data_to_send() == b"", "they are forgotten"


def test_every_form_of_length_is_sent():
    for role in ROLES:
        for size in (125, 126, 1000):
            protocol = opened(role)
            protocol.send_binary(bytes(range(250)) * 4 if size == 1000 else b"x" * size)
            ((opcode, payload, fin, rsv1),) = taken(protocol)
            assert (opcode, len(payload), fin, rsv1) == (BINARY, size, True, False)


def test_fragments_are_sent_with_control_frames_between():
    for role in ROLES:
        protocol = opened(role)
        protocol.send_text("a", final=False)
        protocol.send_ping(b"p")
        protocol.send_continuation("", final=False)
        protocol.send_pong(b"q")
        protocol.send_continuation("\u20ac", final=True)
        protocol.send_binary(b"\xff", final=False)
        protocol.send_continuation(bytearray(b"\xfe"), final=False)
        protocol.send_continuation(b"\xfd", final=True)
        assert taken(protocol) == [
            (TEXT, b"a", False, False),
            (PING, b"p", True, False),
            (CONT, b"", False, False),
            (PONG, b"q", True, False),
            (CONT, b"\xe2\x82\xac", True, False),
            (BINARY, b"\xff", False, False),
            (CONT, b"\xfe", False, False),
            (CONT, b"\xfd", True, False),
        ]


def test_close_may_follow_half_a_message():
    for role in ROLES:
        protocol = opened(role)
        protocol.send_text("a", final=False)
        protocol.send_close(1000, "bye")
        assert taken(protocol) == [(TEXT, b"a", False, False), (CLOSE, code(1000, b"bye"), True, False)]
        assert protocol.state == CLOSE_SENT


def test_any_bytes_type_is_sent_and_left_alone():
    for role in ROLES:
        for data in (b"Hello", bytearray(b"Hello"), memoryview(b"Hello")):
            protocol = opened(role)
            protocol.send_binary(data)
            protocol.send_ping(data)
            protocol.send_pong(data)
            assert [item[:2] for item in taken(protocol)] == [(BINARY, b"Hello"), (PING, b"Hello"), (PONG, b"Hello")]
            assert data == b"Hello"


# Masks


def keys(data):
    """Return the masking keys of short frames."""
    found = []
    while data:
        size = data[1] & 0x7F
        found.append(data[2:6])
        data = data[6 + size :]
    return found


def test_every_frame_of_a_client_has_a_fresh_key():
    protocol = opened(CLIENT)
    for _ in range(20):
        protocol.send_text("same")
        protocol.send_ping(b"same")
        protocol.receive_data(b"\x89\x00")
    protocol.send_close()
    found = keys(protocol.data_to_send())
    assert len(found) == len(set(found)) == 61


def test_key_is_four_bytes_of_the_systems_randomness():
    asked = []

    class System:
        @staticmethod
        def urandom(size):
            asked.append(size)
            return b"\x37\xfa\x21\x3d"

    before = module.os
    module.os = System
    try:
        protocol = opened(CLIENT)
        protocol.send_text("Hello")
        assert protocol.data_to_send() == b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"  # section 5.7
        assert asked == [4]
        protocol = opened(SERVER)
        protocol.send_text("Hello")
        assert protocol.data_to_send() == b"\x81\x05Hello"
        assert asked == [4], "a server has no use for it"
    finally:
        module.os = before


# In parts, for a board


def test_what_is_to_go_may_be_taken_in_parts():
    payload = bytes(range(256)) * 2
    for role in ROLES:
        for size in (1, 2, 3, 5, 64, 515, 1 << 20):
            protocol = opened(role)
            protocol.send_binary(payload)
            protocol.send_text("")
            protocol.send_ping(b"p")
            data = b""
            while piece := protocol.data_to_send(size):
                assert len(piece) <= size
                assert len(piece) == size or protocol.data_to_send() == b"", "no less than there is"
                data += piece
            assert [item[:2] for item in sent(role, data)] == [(BINARY, payload), (TEXT, b""), (PING, b"p")]


def test_parts_and_the_rest_and_new_frames_keep_their_order():
    for role in ROLES:
        protocol = opened(role)
        protocol.send_text("one")
        data = protocol.data_to_send(4)
        protocol.send_text("two")
        data += protocol.data_to_send(1)
        data += protocol.data_to_send()
        protocol.send_text("three")
        data += protocol.data_to_send(100)
        assert [item[1] for item in sent(role, data)] == [b"one", b"two", b"three"]


def no_memory(*args):
    raise MemoryError("none left")


def test_nothing_is_lost_where_memory_for_the_masked_copy_is_short():
    before = module.mask_in_place
    protocol = opened(CLIENT)
    large = bytes(module._ALONE)  # masked only where it is needed
    protocol.send_binary(large)
    data = protocol.data_to_send(16)
    module.mask_in_place = no_memory
    try:
        raises(MemoryError, protocol.data_to_send)
        raises(MemoryError, protocol.data_to_send, 2)
    finally:
        module.mask_in_place = before
    protocol.send_text("again")
    assert [item[1] for item in sent(CLIENT, data + protocol.data_to_send())] == [large, b"again"]


def test_nothing_is_half_sent_where_memory_is_short():
    before = module.encode_header
    for role in ROLES:
        protocol = opened(role)
        module.encode_header = no_memory
        try:
            raises(MemoryError, protocol.send_text, "a", final=False)
            raises(MemoryError, protocol.send_close)
        finally:
            module.encode_header = before
        assert (protocol.state, protocol.close_sent, protocol.data_to_send()) == (OPEN, None, b"")
        protocol.send_text("b")
        protocol.send_close()
        assert [item[1] for item in taken(protocol)] == [b"b", b""]


# The caller's faults


def refused(error, role, prepare, method, *args):
    """Check that the call raises `error`, that nothing is sent by it, and that the connection goes on."""
    protocol = opened(role)
    if prepare:
        getattr(protocol, prepare[0])(*prepare[1:], False)
    before = taken(protocol)
    caught = raises(error, getattr(protocol, method), *args)
    assert (protocol.state, protocol.data_to_send()) == (OPEN, b"")
    if prepare:
        assert before
        protocol.send_continuation(prepare[1], True)
    else:
        protocol.send_text("a")
        protocol.send_binary(b"a")
    assert taken(protocol)
    return caught


def test_fault_of_the_caller_is_raised_and_nothing_is_sent(case):
    name, error, prepare, method, args = case
    for role in ROLES:
        caught = refused(error, role, prepare, method, *args)
        assert isinstance(caught, error) and str(caught)


def test_messages_say_what_was_wrong():
    for prepare, method, args, message in (
        (None, "send_continuation", ("a", True), "no message to continue"),
        (("send_text", "a"), "send_text", ("a",), "finish the message begun first"),
        (None, "send_text", (b"a",), "a text message takes str, not bytes"),
        (None, "send_binary", ("a",), "expected bytes, bytearray or a memoryview of bytes, not str"),
    ):
        error = TypeError if "not" in message else InvalidState
        assert str(refused(error, CLIENT, prepare, method, *args)) == message


def test_nothing_is_sent_before_the_handshake_is_done():
    for role in ROLES:
        protocol = Protocol(role)
        for method, args in (("send_text", ("a",)), ("send_ping", ()), ("send_pong", ()), ("send_close", ())):
            raises(InvalidState, getattr(protocol, method), *args)
        assert protocol.data_to_send() == b""


def memoryview_of_words():
    from array import array

    return memoryview(array("I", [1, 2, 3]))


TEXT_BEGUN, BINARY_BEGUN = ("send_text", "a"), ("send_binary", b"a")
FAULTS = [
    ("continuation of nothing", InvalidState, None, "send_continuation", ("a", False)),
    ("last continuation of nothing", InvalidState, None, "send_continuation", (b"a", True)),
    ("text inside a text", InvalidState, TEXT_BEGUN, "send_text", ("a",)),
    ("binary inside a text", InvalidState, TEXT_BEGUN, "send_binary", (b"a",)),
    ("text inside a binary", InvalidState, BINARY_BEGUN, "send_text", ("a", False)),
    ("bytes inside a text", TypeError, TEXT_BEGUN, "send_continuation", (b"a", True)),
    ("str inside a binary", TypeError, BINARY_BEGUN, "send_continuation", ("a", True)),
    ("None inside a binary", TypeError, BINARY_BEGUN, "send_continuation", (None, True)),
    ("bytes as text", TypeError, None, "send_text", (b"a",)),
    ("None as text", TypeError, None, "send_text", (None, False)),
    ("surrogate", UnicodeError, None, "send_text", (chr(0xD800), False)),
    ("surrogate inside a text", UnicodeError, TEXT_BEGUN, "send_continuation", (chr(0xDFFF), True)),
    ("close code 1005", ValueError, None, "send_close", (1005,)),
    ("close code 1006", ValueError, None, "send_close", (1006,)),
    ("close code 999", ValueError, None, "send_close", (999, "why")),
    ("close reason of 124 bytes", ValueError, None, "send_close", (1000, "r" * 124)),
    ("close reason without a code", ValueError, None, "send_close", (None, "why")),
    ("close reason with a surrogate", ValueError, None, "send_close", (1000, chr(0xD800))),
]
for method in ("send_ping", "send_pong"):
    FAULTS.append((method + " of 126 bytes", ValueError, None, method, (bytes(126),)))
for method in ("send_binary", "send_ping", "send_pong"):
    for data in ("a", 5, None, [1, 2], (1,), memoryview_of_words()):
        FAULTS.append(("%s of %s" % (method, type(data).__name__), TypeError, None, method, (data,)))

CASES = {"test_fault_of_the_caller_is_raised_and_nothing_is_sent": FAULTS}

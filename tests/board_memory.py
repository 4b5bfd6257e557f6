"""What a board's heap holds of pocketws, step by step: `micropython -X heapsize=192K tests/board_memory.py`

Prints the name of each step, the bytes in use after it, and how much it added. Imports,
the opening handshake, and a message of 64 KiB in and out over one connection, as a
client on a board meets them: read in pieces of 2 KiB, written in pieces of 4 KiB, or of 1 where memory is short.
Fails where the heap is too small for any of it.

It takes two things that a program on a board should also do, or 64 KiB in a row are not
free in the end, though 116 KiB are: the compiler's leavings are collected while it runs
(gc.threshold), and the modules whose compiling takes the most are imported first.
"""

import gc
import sys

sys.path[:] = [".frozen", "lib", "."]

SIZE = 65536
READ = 2048
WRITE = 1024
UNIT = bytes(range(256))

last = 0
gc.threshold(8192)


def show(step):
    """Print what is in use after `step`."""
    global last
    gc.collect()
    used = gc.mem_alloc()
    print("%-28s %7d %+7d" % (step, used, used - last))
    last = used


def free():
    gc.collect()
    return gc.mem_free()


def check(condition, what):
    if not condition:
        print("FAILED:", what)
        sys.exit(1)


show("start")

# The largest first: in the order that `from pocketws import connect` keeps.
from pocketws.protocol import CLIENT, OP_BINARY, Protocol  # noqa: E402

show("import protocol")

from pocketws.http import RequestParser, ResponseParser  # noqa: E402

show("import http")

from pocketws.handshake import accept, build_request, check_response, generate_key, parse_uri  # noqa: E402

show("import handshake")


def handshake():
    key = generate_key()
    wire = build_request(parse_uri("ws://example.com/chat"), key, ["chat"]).serialize()
    response, _, _ = accept(RequestParser().feed(wire), ["chat"])
    answer = ResponseParser().feed(response.serialize())
    return check_response(answer, key, ["chat"])


check(handshake() == ("chat", []), "the handshake")
show("handshake done")

protocol = Protocol(CLIENT)
protocol.opened()
show("connection open")

# In: the header, then pieces that are made as they are needed, as if they came from the network.
events = protocol.receive_data(b"\x82\x7f" + SIZE.to_bytes(8, "big"))
for _ in range(SIZE // READ):
    check(events == [], "a message before its end")
    events = protocol.receive_data(UNIT * (READ // len(UNIT)))
show("64 KiB received")
check(len(events) == 1 and events[0].opcode == OP_BINARY and len(events[0].data) == SIZE, "the message")
message = events[0].data
for at in range(0, SIZE, len(UNIT)):
    check(message[at : at + len(UNIT)] == UNIT, "its content")
print("%-28s %7d" % ("free beside the message", free()))

# Out: the same buffer, masked piece by piece. The header and its key take 14 bytes.
protocol.send_binary(message)
header = protocol.data_to_send(14)
check(header[:10] == b"\x82\xff" + SIZE.to_bytes(8, "big"), "the header")
sent = 0
while True:
    piece = protocol.data_to_send(WRITE)
    if not piece:
        break
    for i in range(WRITE):
        check(piece[i] ^ header[10 + i % 4] == i % 256, "the masked piece")
    sent += len(piece)
check(sent == SIZE, "all of it goes out")
show("64 KiB sent")

del events, message, piece, header
show("message dropped")

# A message of text is decoded as it comes, and takes its size twice for a moment: half as much fits easily.
TEXT = SIZE // 2
events = protocol.receive_data(b"\x81\x7e" + TEXT.to_bytes(2, "big"))
for _ in range(TEXT // READ):
    events = protocol.receive_data(b"\xe2\x82\xac!" * (READ // 4))
check(len(events) == 1 and events[0].data.startswith("\u20ac!") and len(events[0].data) == TEXT // 2, "the text")
show("32 KiB of text received")
protocol.send_text(events[0].data)
sent = 0
while piece := protocol.data_to_send(WRITE):
    sent += len(piece)
check(sent == TEXT + 8, "the text goes out")
show("32 KiB of text sent")

protocol.send_close(1000)
check(len(protocol.data_to_send()) == 8 and protocol.receive_data(b"\x88\x02\x03\xe8"), "the closing handshake")
protocol.receive_eof()
check(protocol.close_code == 1000 and protocol.failure is None, "the end")
print("passed")

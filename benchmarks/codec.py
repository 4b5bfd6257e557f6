"""Masking, and reading frames, without a network. `python -m benchmarks.codec LIBRARY [VARIANT ...]` does the work."""

import os
import sys
import time

from benchmarks import start
from benchmarks.process import Measured, bind, module, running

MASK_SIZES = {"16": 16, "125": 125, "1k": 1024, "16k": 16384, "64k": 65536, "1m": 1 << 20}
PARSE_SIZES = {"16": 16, "1k": 1024, "64k": 65536}
KEY = b"\x37\xfa\x21\x3d"


# Means to mask: from the payload and its key to the masked payload


def mask_pocketws():
    from pocketws.frames import masked  # which chooses the means by the size

    return masked


def mask_websockets():
    from websockets.frames import apply_mask

    return apply_mask


def mask_loop():
    return lambda data, key: bytes([byte ^ key[i & 3] for i, byte in enumerate(data)])


def mask_number():
    def mask(data, key):
        size = len(data)
        pad = (key * (size // 4 + 1))[:size]
        return (int.from_bytes(data, "little") ^ int.from_bytes(pad, "little")).to_bytes(size, "little")

    return mask


def mask_lanes():
    tables = [bytes(byte ^ other for byte in range(256)) for other in range(256)]

    def mask(data, key):
        result = bytearray(data)
        for lane, byte in enumerate(key):
            result[lane::4] = result[lane::4].translate(tables[byte])
        return result

    return mask


def mask_numpy():
    import numpy

    def mask(data, key):
        size = len(data)
        whole = size & ~3
        words = numpy.frombuffer(data, numpy.uint32, whole // 4) ^ numpy.frombuffer(key, numpy.uint32)[0]
        return words.tobytes() + bytes([data[i] ^ key[i & 3] for i in range(whole, size)])

    return mask


MASKS = {
    "pocketws": mask_pocketws,
    "websockets": mask_websockets,
    "loop": mask_loop,
    "number": mask_number,
    "lanes": mask_lanes,
    "numpy": mask_numpy,
}

# Parsers of what a client sends: from bytes to the payloads of the messages in them


def parse_pocketws():
    from pocketws.protocol import SERVER, Protocol

    protocol = Protocol(SERVER, None)
    protocol.opened()
    return lambda data: [event.data for event in protocol.receive_data(data)]


def parse_websockets():
    from websockets.protocol import SERVER, Protocol, State

    protocol = Protocol(SERVER, state=State.OPEN, max_size=None)

    def parse(data):
        protocol.receive_data(data)
        return [frame.data for frame in protocol.events_received()]

    return parse


def parse_wsproto():
    from wsproto.connection import Connection, ConnectionType

    connection = Connection(ConnectionType.SERVER)

    def parse(data):
        connection.receive_data(data)
        return [event.data for event in connection.events()]

    return parse


PARSERS = {"pocketws": parse_pocketws, "websockets": parse_websockets, "wsproto": parse_wsproto}
LIBRARIES = {"mask": MASKS, "parse": PARSERS}  # by the group of a row


def masking(library, size, seconds):
    """Return how many MB are masked in a second."""
    mask = MASKS[library]()
    payload = os.urandom(size)
    if mask(payload, KEY) != mask_loop()(payload, KEY):
        raise ValueError("it masks wrongly")
    return per_second(seconds, mask, payload, KEY) * size / 1e6


def parsing(library, size, seconds):
    """Return how many messages are read in a second, up to 64 of them, or 64 KiB, at once."""
    from pocketws.frames import OP_BINARY, Frame

    parse = PARSERS[library]()
    payload = os.urandom(size)
    count = max(1, min(64, 65536 // size))
    data = Frame(OP_BINARY, payload).serialize(KEY) * count
    if parse(data) != [payload] * count:
        raise ValueError("it reads something else")
    return per_second(seconds, parse, data) * count


def per_second(seconds, function, *arguments):
    """Return how often `function` runs in a second, after a tenth of that to warm up."""
    _repeat(1, seconds / 10, function, *arguments)
    rate = _repeat(1, seconds / 10, function, *arguments)
    return _repeat(
        max(1, int(rate * seconds / 20)), seconds, function, *arguments
    )  # so the clock costs next to nothing


def _repeat(batch, seconds, function, *arguments):
    count, start = 0, time.perf_counter()
    while (now := time.perf_counter()) - start < seconds or not count:
        for _ in range(batch):
            function(*arguments)
        count += batch
    return count / (now - start)


def work(library):
    sizes = {"mask": (masking, MASK_SIZES), "parse": (parsing, PARSE_SIZES)}

    def answer(row, seconds):
        kind, _, size = row.partition("-")
        function, named = sizes[kind]
        return function(library, named[size], seconds)

    start.answer(answer)


def has(row, peer):
    """Tell whether `peer` can do what `row` measures."""
    return peer.library in LIBRARIES[row.group]


class Group:
    """One round. stack: ExitStack, which ends what is started. seconds: float, of each measurement."""

    def __init__(self, stack, seconds):
        self.stack = stack
        self.seconds = seconds
        self.programs = {}

    def measure(self, row, peer):
        """Return what `row` measures of `peer`, as Measured. Raises Failed."""
        if peer not in self.programs:
            command = module("benchmarks.codec", peer.library, *peer.variants)
            self.programs[peer] = self.stack.enter_context(running(peer.name, command, peer.environment()))
        program = self.programs[peer]
        bind(program.pid, row.cores, program.pid)
        return Measured(program.ask(row.name, self.seconds))


if __name__ == "__main__":
    start.prepare(sys.argv[2:])
    work(sys.argv[1])

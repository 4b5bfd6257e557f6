"""What is measured: one Row for each line of figures."""

from collections import namedtuple

from . import linear
from .codec import MASK_SIZES, PARSE_SIZES

MORE, LESS = "more", "less"  # is better

GROUPS = {
    "server": "Servers",
    "client": "Clients",
    "mask": "Masking",
    "parse": "Reading frames, without a network",
    "import": "Importing the client",
    "board": "Clients on MicroPython",
    "linear": "Time for twice the bytes",
}


class Row(namedtuple("Row", "name title unit better cores")):
    """One benchmark.

    name: str, as `--only` takes it; its first word is the group. title: str. unit: str.
    better: MORE or LESS, or None where no one else takes part. cores: int, how many CPUs the two sides have.
    """

    __slots__ = ()

    @property
    def group(self):
        """The name of its group, one of GROUPS: str."""
        return self.name.partition("-")[0]


def _in_words(size):
    return f"{size} B" if size < 1024 else f"{size >> 10} KiB" if size < 1 << 20 else f"{size >> 20} MiB"


ROWS = [
    Row("server-round-trips", "round trips, 16 B of text", "messages/s", MORE, 1),
    Row("server-pipelined", "100 messages at once, 16 B of text", "messages/s", MORE, 1),
    Row("server-64k", "echo of 64 KiB, binary", "MB/s", MORE, 1),
    Row("server-1m", "echo of 1 MiB, binary", "MB/s", MORE, 1),
    Row("server-stream", "1 KiB to the client, binary", "messages/s", MORE, 1),
    Row("server-100", "100 connections, 16 B of text", "messages/s", MORE, 2),
    Row("server-broadcast", "broadcast to 1,000, 64 B binary", "messages/s", MORE, 2),
    Row("server-open", "open and close, 20 at once", "connections/s", MORE, 2),
    Row("server-memory", "memory per idle connection", "KiB", LESS, 2),
    Row("client-round-trips", "round trips, 16 B of text", "messages/s", MORE, 1),
    Row("client-pipelined", "100 messages at once, 16 B of text", "messages/s", MORE, 1),
    Row("client-64k", "echo of 64 KiB, binary", "MB/s", MORE, 1),
    Row("client-stream", "1 KiB from the server, binary", "messages/s", MORE, 1),
    Row("client-100", "100 connections, 16 B of text", "messages/s", MORE, 2),
    Row("client-open", "open and close, 20 at once", "connections/s", MORE, 2),
    *[Row(f"mask-{name}", _in_words(size), "MB/s", MORE, 1) for name, size in MASK_SIZES.items()],
    *[Row(f"parse-{name}", _in_words(size), "messages/s", MORE, 1) for name, size in PARSE_SIZES.items()],
    Row("import-client", "import, over asyncio's own", "ms", LESS, 1),
    Row("board-round-trips", "round trips, 16 B of text", "messages/s", MORE, 1),
    Row("board-64k", "echo of 64 KiB, binary", "MB/s", MORE, 1),
    *[Row(f"linear-{name}", case[0], "times as long", None, 1) for name, case in linear.CASES.items()],
]

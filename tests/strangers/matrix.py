"""The matrix of docs/strangers.md as data: who the strangers are, what is tried, and where a cell is no plain "yes"."""

from collections import namedtuple

YES = "yes"
NO = "no"  # they cannot do it, and the test shows what they do instead
UNTESTED = "\u2013"  # they cannot do it, and there is nothing to see


class Peer(namedtuple("Peer", "title program role")):
    """A stranger in one role.

    title: str, as the table has it. program: str, as in on_PROGRAM.py. role: "server" or "client".
    """

    @property
    def name(self):
        return f"{self.program}-{self.role}"


class Row(namedtuple("Row", "name words")):
    """What is tried. name: str; with "_" for "-" it is the function in checks.py. words: str, for the table."""

    @property
    def check(self):
        return self.name.replace("-", "_")


class Cell(namedtuple("Cell", "mark notes seen", defaults=(YES, (), {}))):
    """What there is to say of a stranger in a row.

    mark: YES, NO or UNTESTED. notes: tuple of keys of NOTES. seen: dict, what the check is to
        expect where it is not the usual thing; what the keys mean, the check says.
    """


PEERS = [
    Peer("websockets", "websockets", "server"),
    Peer("aiohttp", "aiohttp", "server"),
    Peer("hypercorn", "hypercorn", "server"),
    Peer("uvicorn", "uvicorn", "server"),
    Peer("ws", "ws", "server"),
    Peer("websockets", "websockets", "client"),
    Peer("aiohttp", "aiohttp", "client"),
    Peer("ws", "ws", "client"),
    Peer("Chromium", "chromium", "client"),
]

# In each name, "to" is what we send or want, "from" what the stranger does.
ROWS = [
    Row("text", "text, both ways"),
    Row("binary", "binary, both ways"),
    Row("empty", "empty text and binary"),
    Row("mebibyte", "1 MiB of text and of binary"),
    Row("fragments-to", "takes fragments, and pings between them"),
    Row("fragments-from", "sends fragments"),
    Row("ping-to", "answers pings"),
    Row("ping-from", "sends pings, and gets our pongs"),
    Row("close-to-1000", "is told our close code 1000 and reason"),
    Row("close-to-1001", "is told our close code 1001 and reason"),
    Row("close-to-own", "is told our close codes 3000 and 4999, and reasons"),
    Row("close-to-none", "is told of our Close frame without a code: 1005"),
    Row("abort-to", "is told that the connection broke: 1006"),
    Row("close-from-1000", "closes with 1000 and a reason"),
    Row("close-from-1001", "closes with 1001 and a reason"),
    Row("close-from-own", "closes with 3000 and 4999, and reasons"),
    Row("close-from-none", "closes without a code: 1005"),
    Row("abort-from", "breaks the connection: 1006"),
    Row("subprotocol", "agrees on a subprotocol"),
    Row("no-subprotocol", "finds no subprotocol in common"),
    Row("compressed", "compresses, both ways (permessage-deflate)"),
    Row("uncompressed-to", "leaves compression out when we do"),
    Row("uncompressed-from", "leaves compression out when it is told to"),
    Row("secure", "wss, with a certificate that is verified"),
    Row("unknown-ca", "no wss where the CA is not known"),
]

NOTES = {
    "wsproto ping": "Not if they are compressed and a ping comes between them: its wsproto then takes the rest for not"
    " compressed, and the connection breaks (https://github.com/python-hyper/wsproto/pull/205). Keepalive may ping at"
    " any time: use `compression=None` where you send fragments to such a server.",
    "whole": "Its API sends whole messages, and each goes out in one frame.",
    "large": "A page has no API for fragments. But Chromium itself sends a message in fragments, wherever it has no"
    " compression and more than about 128 KiB, and cuts characters in two: a server that takes no fragments fails with"
    " a browser's first large message.",
    "keepalive": "ASGI has no pings. The server's own keepalive sends them (hypercorn's `websocket_ping_interval`, off"
    " unless set; uvicorn's `ws_ping_interval`), and the program learns nothing of them.",
    "page": "A page has no API for pings, nor does Chromium send any by itself: only the server's keepalive finds a"
    " browser that is gone. Leave `ping_interval` on in `serve()`.",
    "always 1000": "It answers each Close frame with 1000, where others answer with the code that they got (RFC 6455"
    " section 5.5.1: one \u201ctypically echos\u201d it). So `close_code` is 1000 after our `close(4999)`; what both"
    " programs meant is in what each of them sent.",
    "zero": "Its program is told 0 as a server. As a client it is told 1006: the Close frame came, and was answered,"
    " but it waits for another one until the TCP connection ends, which we end at once.",
    "wsproto code": "Its program is told 1006, without a reason, however the client closes: it cannot tell a client"
    " that closes from one that is lost. Send a last message where that matters.",
    "uvicorn cut": "Its program is told 1005, as if a Close frame without a code had come, where the connection broke.",
    "close code": "Its API always sends a code: 1000, unless told another.",
    "close None": "By `close(None)`, of which its documentation says nothing; `close()` sends 1000.",
    "leaving": "A page may close with 1000 and 3000 to 4999 only. Chromium sends 1001, without a reason, when the"
    " user leaves the page.",
    "killed": "ASGI cannot break a connection: here, the server's process is killed.",
    "network": "A page cannot break a connection, and a browser that crashes still sends 1001: here, the process in"
    " which Chromium has its network is killed.",
    "demands": "With `subprotocols`, it refuses a client that has none of them, with 400, as our `serve()` does.",
    "without": "It goes on without one. Check `subprotocol` where the program needs one.",
    "chooses none": "Refused with 400 by our `serve()`, unless `select_subprotocol` returns None. Then this client goes"
    " on without one, as RFC 6455 section 4.2.2 allows.",
    "gives up": "Refused with 400 by our `serve()`, unless `select_subprotocol` returns None. Then this client ends the"
    " connection by itself, once it has the response: the WHATWG's standard for browsers asks for that, RFC 6455 does"
    " not. Our handler has begun by then, and gets ConnectionClosedError (1006).",
    "deflate off": "Off unless asked for: by `perMessageDeflate: true`. Then it leaves messages of less than 1 KiB as"
    " they are.",
    "compress off": "Off unless asked for: by `compress=15`.",
    "always deflate": "It has no setting against compression, and agrees to it if we do. Turn it off on our side.",
}

OF_PEERS = {
    "websockets-server": {
        "close-from-none": Cell(YES, ("close None",)),
        "no-subprotocol": Cell(YES, ("demands",), {"goes on": False}),
    },
    "aiohttp-server": {
        "fragments-from": Cell(NO, ("whole",), {"echo": False}),
        "close-to-1001": Cell(YES, ("always 1000",), {"answer": 1000}),
        "close-to-own": Cell(YES, ("always 1000",), {"answer": 1000}),
        "close-to-none": Cell(NO, ("always 1000", "zero"), {"answer": 1000, "code": 0}),
        "close-from-none": Cell(NO, ("close code",), {"code": 1000}),
        "no-subprotocol": Cell(YES, ("without",)),
    },
    "hypercorn-server": {
        "fragments-to": Cell(YES, ("wsproto ping",), {"compressed": False}),
        "fragments-from": Cell(NO, ("whole",), {"echo": False}),
        "ping-from": Cell(YES, ("keepalive",), {"keepalive": True}),
        "close-to-1000": Cell(NO, ("wsproto code",), {"code": 1006, "reason": ""}),
        "close-to-1001": Cell(NO, ("wsproto code",), {"code": 1006, "reason": ""}),
        "close-to-own": Cell(NO, ("wsproto code",), {"code": 1006, "reason": ""}),
        "close-to-none": Cell(NO, ("wsproto code",), {"code": 1006, "reason": ""}),
        "close-from-none": Cell(NO, ("close code",), {"code": 1000}),
        "abort-from": Cell(YES, ("killed",), {"dies": True}),
        "no-subprotocol": Cell(YES, ("without",)),
        "uncompressed-from": Cell(UNTESTED, ("always deflate",)),
    },
    "uvicorn-server": {
        "fragments-from": Cell(NO, ("whole",), {"echo": False}),
        "ping-from": Cell(YES, ("keepalive",), {"keepalive": True}),
        "abort-to": Cell(NO, ("uvicorn cut",), {"code": 1005}),
        "close-from-none": Cell(NO, ("close code",), {"code": 1000}),
        "abort-from": Cell(YES, ("killed",), {"dies": True}),
        "no-subprotocol": Cell(YES, ("without",)),
    },
    "ws-server": {
        "no-subprotocol": Cell(YES, ("without",)),
        "compressed": Cell(YES, ("deflate off",)),
    },
    "websockets-client": {
        "close-from-none": Cell(YES, ("close None",)),
        "no-subprotocol": Cell(YES, ("chooses none",)),
    },
    "aiohttp-client": {
        "fragments-from": Cell(NO, ("whole",), {"echo": False}),
        "close-to-1001": Cell(YES, ("always 1000",), {"answer": 1000}),
        "close-to-own": Cell(YES, ("always 1000",), {"answer": 1000}),
        "close-to-none": Cell(NO, ("always 1000", "zero"), {"answer": 1000, "code": 1006}),
        "close-from-none": Cell(NO, ("close code",), {"code": 1000}),
        "no-subprotocol": Cell(YES, ("chooses none",)),
        "compressed": Cell(YES, ("compress off",)),
    },
    "ws-client": {
        "no-subprotocol": Cell(YES, ("gives up",), {"goes on": False}),
    },
    "chromium-client": {
        "fragments-from": Cell(YES, ("large",), {"echo": True}),
        "ping-from": Cell(UNTESTED, ("page",)),
        "close-from-1001": Cell(YES, ("leaving",), {"order": "leave", "reason": ""}),
        "abort-from": Cell(YES, ("network",)),
        "no-subprotocol": Cell(YES, ("gives up",), {"goes on": False}),
        "uncompressed-from": Cell(UNTESTED, ("always deflate",)),
    },
}


def cell(peer, row):
    """Return the Cell of a Peer in a Row."""
    return OF_PEERS[peer.name].get(row.name, Cell())


def tested(role):
    """Return the (Peer, Row) of each cell that has a test, of the peers in one role: list."""
    peers = [peer for peer in PEERS if peer.role == role]
    return [(peer, row) for peer in peers for row in ROWS if cell(peer, row).mark != UNTESTED]

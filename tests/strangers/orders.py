"""What the programs on the strangers' side share: orders come in URLs, and reports go to stdout.

    python -m tests.strangers.on_NAME server CERTIFICATES
        Prints {"ports": {KIND: port}} as a line of JSON, and serves until stdin ends. Kinds:
        plain; secure: with TLS; raw: without compression; pinging: with a short keepalive,
        where a program cannot ping by itself; choosing: with SUBPROTOCOLS, where a server that
        has some demands one.
    python -m tests.strangers.on_NAME client CERTIFICATES
        Prints {"ports": {}} once it is ready, and then connects to each URL that is a line of
        stdin, one after another.

CERTIFICATES is the folder of tests/certificates.py. For each connection, the program prints a line
of JSON once it has ended; see report(). What to do on it, the URL's path says:

    /echo       send each message back
    /fragments  send each message back in fragments, if possible with a ping between them
    /ping       first send a Ping with "tick", and when its Pong has come, the text "pong"
    /close      close at once, with the `code` and `reason` of the query, if there are any
    /abort      end the TCP connection at once, without a Close frame
    /leave      a browser only: leave the page

Also in the query: id, a number that no other connection has; and for clients, subprotocols,
with commas between them, and raw=1 for no compression.
"""

import asyncio
import json
import ssl
import sys
from collections import namedtuple
from urllib.parse import parse_qs, urlsplit

SUBPROTOCOLS = ("chat.v2", "chat.v1")  # those that a server knows
KEEPALIVE = 0.02  # seconds between the pings of the kind "pinging"

Order = namedtuple("Order", "id do code reason subprotocols raw")


def read(url):
    """Return the Order in `url` (str), which may also be a path with a query."""
    parts = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    code = int(asked["code"]) if "code" in asked else None
    subprotocols = asked["subprotocols"].split(",") if "subprotocols" in asked else []
    return Order(int(asked["id"]), parts.path[1:], code, asked.get("reason", ""), subprotocols, "raw" in asked)


def choose(offered):
    """Return the first subprotocol that a server knows of those `offered`, or None."""
    return next((name for name in offered if name in SUBPROTOCOLS), None)


def server_context():
    """Return the SSLContext of a server with the certificate of the tests."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(f"{sys.argv[2]}/server.pem", f"{sys.argv[2]}/server.key")
    return context


def client_context(url):
    """Return the SSLContext of a client that trusts the CA of the tests, or None if `url` does not ask for TLS."""
    return ssl.create_default_context(cafile=f"{sys.argv[2]}/ca.pem") if url.startswith("wss:") else None


def thirds(message):
    """Return a message (str or bytes) in three parts."""
    third = len(message) // 3
    return message[:third], message[third : 2 * third], message[2 * third :]


def report(order, **seen):
    """Print what the program saw of the connection of `order`.

    seen: code (int or None) and reason (str or None), as the program is told them; subprotocol
        (str or None); or only error (str), why there was no connection.
    """
    say(id=order.id, **seen)


def say(**values):
    print(json.dumps(values), flush=True)


async def run_server(ports):
    """Tell the `ports` (dict), and go on until stdin ends."""
    say(ports=ports)
    await asyncio.to_thread(sys.stdin.read)


def run(server, client):
    """Run what the command line asks for.

    server: coroutine function that takes nothing. client: as for run_client().
    """
    if sys.argv[1] == "server":
        asyncio.run(server())
    else:
        run_client(client)


def run_client(talk):
    """Connect wherever stdin says. talk: coroutine function that takes a URL and its Order, and reports."""
    say(ports={})
    for line in sys.stdin:
        url = line.strip()
        order = read(url)
        try:
            asyncio.run(talk(url, order))
        except Exception as error:  # whatever it is, the test shall see it
            report(order, error=f"{type(error).__name__}: {error}")

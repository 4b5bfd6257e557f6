"""pocketws: WebSockets (RFC 6455) for CPython and MicroPython, small enough to read.

    from pocketws import connect, serve

Names and meanings are those of `websockets`' asyncio API. Nothing is imported until it is
asked for, so a board loads only what it uses.
"""

__version__ = "0.1.0"

import sys

# Where each public name lives; the exceptions live in a module of their own.
_HOMES = {
    "connect": "client",
    "ClientConnection": "client",
    "serve": "server",
    "broadcast": "server",
    "Server": "server",
    "ServerConnection": "server",
    "State": "connection",
    "Close": "frames",
    "Headers": "http",
    "MultipleValuesError": "http",
    "Request": "http",
    "Response": "http",
    "client_context": "tls",
    "insecure_client_context": "tls",
    "server_context": "tls",
}


# What takes a board the most to compile, while its heap is in one piece: of a Pico W's, 40 KiB stay in one piece
# when all is loaded, and 24 otherwise.
_FIRST = ("connection", "http", "handshake")


def __getattr__(name):
    """Import what was asked for: a public name, an exception, or a module. Raises AttributeError."""
    if name in _HOMES:
        return getattr(_module(_HOMES[name]), name)
    if name[:1].isupper():
        return getattr(_module("exceptions"), name)
    if name.startswith("_"):
        raise AttributeError(name)
    return _module(name)


def _module(name):
    first = _FIRST if sys.implementation.name == "micropython" and name in ("client", "server") else ()
    try:
        for each in first + (name,):
            __import__("pocketws." + each)
    except ImportError:
        raise AttributeError("pocketws has no %s" % name) from None
    return sys.modules["pocketws." + name]

"""Servers to measure, one module each, with what an application would write and the library's own defaults.

Each has `main(ready)`, a coroutine function that calls `ready` with its port, and serves:

    /echo       sends every message back
    /stream     after a message with a number, sends so many messages of 1 KiB
    /broadcast  after any message, sends one of 64 B to all who are connected there

Compression is off; anything else is as it comes.
"""

KIB = bytes(1024)
NOTE = bytes(64)

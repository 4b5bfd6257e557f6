"""pocketws: WebSockets (RFC 6455) for CPython and MicroPython, small enough to read.

Nothing is imported until it is asked for, so a board loads only what it uses.
"""

__version__ = "0.1.0"

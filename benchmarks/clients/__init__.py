"""Clients to measure, one module each, with what an application would write and the library's own defaults.

Each has `connect(url, text)`, a coroutine function that returns three more: send(message), recv(), close();
and perhaps `finish()`, which is called in the end. The messages are str where `text` is true, and bytes
otherwise. Compression is off; anything else is as it comes.
"""

TEXT = "sixteen letters!"
BINARY = bytes(range(256)) * 256

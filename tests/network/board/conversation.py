"""What the programs that talk to a peer share, on MicroPython."""

from pocketws import ConnectionClosed

UNIT = bytes(range(256))


def code_of(close):
    return None if close is None else close.code


def seen_of(error):
    """Return what there is to see of an exception: [class, arguments], or [class, code received, code sent, cause]."""
    if isinstance(error, ConnectionClosed):
        return [type(error).__name__, code_of(error.rcvd), code_of(error.sent), type(error.__cause__).__name__]
    return [type(error).__name__, [arg if isinstance(arg, int) else str(arg) for arg in error.args]]


async def exchange(ws, messages):
    """Send each message, which is to come back. A number stands for as many bytes."""
    for message in messages:
        message = UNIT * (message // 256) + UNIT[: message % 256] if isinstance(message, int) else message
        await ws.send(message)
        if await ws.recv() != message:
            raise ValueError("another message came back")


async def receive(ws, seen):
    """Receive to the end; note texts, but only the sizes of large ones and of bytes."""
    try:
        while True:
            message = await ws.recv()
            seen.append(message if isinstance(message, str) and len(message) < 100 else len(message))
    except ConnectionClosed as error:
        seen.append(seen_of(error))

"""The network as connection.py sees it: the one seam between two runtimes' asyncio.

link_cpython.py and link_micropython.py hold the same names; this file picks.

A link belongs to one connection, and calls

    connection.made(link)           the TCP (and TLS) connection stands
    connection.feed(data)           bytes came in, which are not kept
    connection.ended()              the peer sends nothing more (CPython only; elsewhere it is lost at once)
    connection.data_to_send(size)   for the next bytes to send; b"" for none
    connection.lost(error)          it is gone, once: error is an Exception, or None for an orderly end

and a connection calls

    link.write(data)        send these bytes, before all that data_to_send() will give
    link.send(at_once)      send what data_to_send() gives, in the loop's next turn or at once; True: now drain()
    await link.drain()      until so little is waiting that more makes sense
    link.pending()          how many bytes wait, at least: 0 if the network took all
    link.blocked            so much is waiting that drain() waits
    link.pause(), resume()  stop reading, and go on
    link.finish()           nothing more will be sent; read on, since the peer may still send
    link.close()            the same where the peer has said that it will not
    link.abort(error)       end now
    link.local_address, link.remote_address

None of these raises, and none waits but drain(). No name here knows what a WebSocket is. What
would be a copy too many goes by connection.protocol instead: see FrameParser.room and fastlane.py.

Beside it: `open_link` and `start_server`, which make links; `Waiter`, for one task that waits
for one result; `call_later`; `clock` and `seconds_since`; `wait_for`; `deque`; `log`.
"""

from .compat import MICROPYTHON

if MICROPYTHON:
    from .link_micropython import (
        Link,
        Waiter,
        call_later,
        clock,
        deque,
        log,
        open_link,
        seconds_since,
        start_server,
        wait_for,
    )
else:
    from .link_cpython import (
        Link,
        Waiter,
        call_later,
        clock,
        deque,
        log,
        open_link,
        seconds_since,
        start_server,
        wait_for,
    )

__all__ = (
    "Link",
    "Waiter",
    "call_later",
    "clock",
    "deque",
    "log",
    "open_link",
    "seconds_since",
    "start_server",
    "wait_for",
)

"""The module socket, whose getaddrinfo() leads to the network that the outside pulls the cable of.

An address that it returns is one of this computer's, behind which a relay stands. A socket
is a real one, and as fast as it comes.
"""

import errno as _errno
from socket import *  # noqa: F403
from socket import getaddrinfo as _getaddrinfo

from _board import ask as _ask


def getaddrinfo(host, port, *options):
    """Return the addresses of a host. Raises OSError: -2 for a name not found, EHOSTUNREACH without Wi-Fi."""
    if port == 0:
        return _getaddrinfo("127.0.0.1", 0, *options)
    answer = _ask("listen", port) if host in ("", "0.0.0.0", "::") else _ask("reach", host, port)
    if answer == "unreachable":
        raise OSError(_errno.EHOSTUNREACH)
    if answer == "unknown":
        raise OSError(-2)
    return _getaddrinfo("127.0.0.1", answer, *options)

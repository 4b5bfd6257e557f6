"""Redirects of the opening handshake: RFC 6455 section 4.1 allows to follow them, RFC 9110 section 15.4 says how."""

from .exceptions import SecurityError
from .handshake import parse_uri
from .http import ALPHANUMERIC, Headers, is_made_of

_SECRETS = ("authorization", "cookie", "proxy-authorization")  # not for another origin


def redirected(old, headers, location):
    """Return (WebSocketURI, Headers) for the next attempt to connect.

    old: WebSocketURI and headers: Headers, of the last one. location: str, what the server
    said. To another origin, headers and user information that log in are left out.
    Raises InvalidURI, and SecurityError for a way from wss to ws.
    """
    new = parse_uri(_joined(old, location))
    if old.secure and not new.secure:
        raise SecurityError("the server redirects from wss:// to ws://, where anyone can read along")
    if not same_origin(old, new):
        return new, Headers([(name, value) for name, value in headers if name.lower() not in _SECRETS])
    if new.username is None:
        new.username, new.password = old.username, old.password
    return new, headers


def same_origin(one, other):
    """Tell whether two WebSocketURIs lead to the same server, the same way."""
    return (one.secure, one.host, one.port) == (other.secure, other.host, other.port)


def _joined(uri, location):
    """Return the URI (str) that `location`, as a server at `uri` says it, stands for (RFC 3986 section 5.2).

    http and https become ws and wss: servers redirect with the schemes of HTTP.
    """
    scheme, found, rest = location.partition("://")
    if found and is_made_of(scheme, ALPHANUMERIC + "+-."):
        return {"http": "ws", "https": "wss"}.get(scheme.lower(), scheme) + "://" + rest
    base = "wss" if uri.secure else "ws"
    if location.startswith("//"):
        return base + ":" + location
    base += "://" + uri.host_header
    path, mark, query = location.partition("?")
    if not path:
        return base + uri.path + mark + query
    if not path.startswith("/"):
        path = uri.path.rpartition("/")[0] + "/" + path
    return base + _without_dots(path) + mark + query


def _without_dots(path):
    """Return an absolute path (str) without its segments "." and ".." (RFC 3986 section 5.2.4)."""
    kept = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)

"""The server's side of device/signing.py: who has signed this URL, is it for us, and is it fresh?

    seen = {}
    key_id = signatures.verify(request.path, "pico.example:8443", {"pico": KEY}, time.time(), seen=seen)

It is made from hmac and other modules of CPython, and shares nothing with the board's code.
"""

import base64
import hmac
import re
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import parse_qsl

NAMES = ["authorization", "date", "host"]
_FIELDS = re.compile(
    r'api_key="([^"]*)", algorithm="hmac-sha256", headers="host date request-line", signature="([^"]*)"'
)


class SignatureError(Exception):
    """A URL is not signed as it has to be. The text says what is wrong, and holds nothing that is secret."""


def verify(path_with_query, host, keys, now, window=300, seen=None):
    """Return the name of the key (str) with which the URL of a request was signed. Raises SignatureError.

    path_with_query: str, what the request asks for: path and query, with authorization, date and host.
    host: str, this server's own name, with its port where that is not the scheme's. Do not take it
        from the request: a URL that was signed for another server must not open this one.
    keys: {name: key}, both str. now: seconds since 1970, as time.time() gives them.
    window: for how many seconds a signature counts, and by how many the signer's clock may be ahead.
    seen: dict that the caller keeps, {signature: until when it counts}: each is then taken only once.
        Without it, whoever overhears a URL can use it until the window is over.
    """
    path, _, query = path_with_query.partition("?")
    parameters = _parameters(query)
    key_id, signature = _authorization(parameters["authorization"])
    if key_id not in keys:
        raise SignatureError(f"there is no key {key_id!r}")
    if parameters["host"] != host:
        raise SignatureError(f"signed for the host {parameters['host']!r}, and this is {host!r}")
    date = parameters["date"]
    text = f"host: {host}\ndate: {date}\nGET {path} HTTP/1.1".encode(errors="surrogateescape")
    right = base64.b64encode(hmac.digest(keys[key_id].encode(), text, "sha256"))
    # In constant time: how long == takes tells how much is right.
    if not hmac.compare_digest(signature.encode(), right):
        raise SignatureError("the signature does not fit this host, date and path, or another key made it")
    moment = _seconds(date)
    _check_age(now - moment, window)
    if seen is not None:
        _remember(right, seen, now, moment + window)
    return key_id


def _parameters(query):
    """Return the parameters of a signed URL, {name: value}. What is not signed, or is there twice, is refused."""
    try:
        pairs = parse_qsl(query, strict_parsing=True, errors="strict")
    except ValueError:
        pairs = []
    if sorted(name for name, _ in pairs) != NAMES:
        raise SignatureError(f"expected {', '.join(NAMES)} in the query, once each, and nothing else")
    return dict(pairs)


def _authorization(text):
    """Return (the name of the key, the signature as Base64), both str."""
    try:
        fields = _FIELDS.fullmatch(base64.b64decode(text, validate=True).decode())
    except ValueError:
        fields = None
    if fields is None:
        raise SignatureError("authorization is not the Base64 of api_key, algorithm, headers and signature")
    return fields.groups()


def _seconds(date):
    """Return the moment that `date` names, as RFC 9110 section 5.6.7 writes it, in seconds since 1970."""
    try:
        moment = parsedate_to_datetime(date)
        if format_datetime(moment, usegmt=True) == date:
            return moment.timestamp()
    except ValueError:
        pass
    raise SignatureError(f"{date!r} is no date like 'Sun, 06 Nov 1994 08:49:37 GMT'")


def _check_age(age, window):
    if age > window:
        raise SignatureError(f"signed {age:.0f} s ago; it counted for {window} s")
    if age < -window:
        raise SignatureError(f"signed {-age:.0f} s in the future; one of two clocks is wrong")


def _remember(signature, seen, now, end):
    """Take note of a signature that counts until `end`. Raises SignatureError if it was here before."""
    for old in [old for old, its_end in seen.items() if its_end < now]:
        del seen[old]
    if signature in seen:
        raise SignatureError("this URL was used before; each connection needs a new one")
    seen[signature] = end

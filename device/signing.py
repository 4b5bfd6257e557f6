"""A URL that proves who made it, for which place, and when: what cloud voice APIs ask for in place of a password.

    wss://HOST/PATH?authorization=...&date=...&host=...

The HMAC of these three lines goes along. The key that it takes never does:

    host: HOST
    date: Sun, 06 Nov 1994 08:49:37 GMT
    GET /PATH HTTP/1.1

`authorization` is the Base64 of api_key="KEY_ID", algorithm="hmac-sha256",
headers="host date request-line", signature="BASE64 OF THE HMAC".
"""

import hashlib
import time
from binascii import b2a_base64

from pocketws.handshake import parse_uri

BLOCK = 64  # bytes that SHA-256 works on at a time
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def hmac_sha256(key, data):
    """Return the HMAC-SHA256 of `data` under `key` (RFC 2104 section 2): bytes in, 32 bytes out.

    MicroPython has no module hmac.
    """
    if len(key) > BLOCK:
        key = hashlib.sha256(key).digest()
    key = key + bytes(BLOCK - len(key))
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
    inner.update(data)
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))
    outer.update(inner.digest())
    return outer.digest()


def http_date(now):
    """Return a moment as RFC 9110 section 5.6.7 writes it (str). now: seconds, as time.time() counts them here."""
    year, month, day, hour, minute, second, weekday = time.gmtime(now)[:7]
    text = "%s, %02d %s %04d %02d:%02d:%02d GMT"
    return text % (_DAYS[weekday], day, _MONTHS[month - 1], year, hour, minute, second)


def string_to_sign(host, date, path):
    """Return what is signed (str). host, date, path: str; the host is as in the Host header."""
    return "host: %s\ndate: %s\nGET %s HTTP/1.1" % (host, date, path)


def signed_url(url, key, now, key_id="pico"):
    """Return `url` with a signature in its query (str).

    url: str, ws:// or wss://, without a query: one would be sent, but not signed.
    key: str, which the server knows, too. now: seconds, as time.time() counts them here: set the clock first.
    key_id: str, what the server calls the key; no secret.
    Raises ValueError for a query or an empty key, and InvalidURI.
    """
    place = parse_uri(url)
    if "?" in url:
        raise ValueError("the query of the URL would not be signed; leave it out")
    if not key:
        raise ValueError("an empty key proves nothing")
    date = http_date(now)
    text = string_to_sign(place.host_header, date, place.resource_name)
    signature = _base64(hmac_sha256(key.encode(), text.encode()))
    fields = 'api_key="%s", algorithm="hmac-sha256", headers="host date request-line", signature="%s"'
    authorization = _base64((fields % (key_id, signature)).encode())
    values = (("authorization", authorization), ("date", date), ("host", place.host_header))
    return url + "?" + "&".join(name + "=" + _quoted(value) for name, value in values)


def _base64(data):
    return b2a_base64(data)[:-1].decode()  # without the end of the line


def _quoted(text):
    """Return `text` percent-encoded, but for what RFC 3986 section 2.3 leaves as it is."""
    return "".join(chr(byte) if byte in _UNRESERVED else "%%%02X" % byte for byte in text.encode())

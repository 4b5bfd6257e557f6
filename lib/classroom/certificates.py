"""A certificate for a server in a lesson, made from nothing but Python's own library.

    certfile, keyfile = certificates.make()     # for localhost and 127.0.0.1, for a day

It signs itself, so whoever trusts this very file trusts the server, and no one else does.

WARNING: for lessons only. The arithmetic below takes longer for some keys than for others, and
who can measure that can find the key. In real life, take `openssl`, or a certificate authority.

ECDSA on the curve P-256: FIPS 186-5 and SP 800-186. The file: RFC 5280, RFC 5480, RFC 5915.
"""

import atexit
import base64
import datetime
import hashlib
import ipaddress
import secrets
import shutil
import tempfile
from pathlib import Path

# The curve: y**2 = x**3 - 3x + b modulo P, a point G on it, and the order N of G.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

HOUR = datetime.timedelta(hours=1)


def make(folder=None, names=("localhost", "127.0.0.1")):
    """Write a new certificate and its key as PEM; return their paths, two str.

    folder: where to write them; None for one of their own, which this process removes when it ends.
    names: what the server is called: names of hosts, and IP addresses.
    """
    if folder is None:
        folder = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    private = secrets.randbelow(N - 1) + 1
    public = b"\x04" + b"".join(number.to_bytes(32, "big") for number in times(private, G))
    body = _body(public, names)
    whole = _sequence(body, _ALGORITHM, _bits(_signature(body, private)))
    key = _sequence(_integer(1), _der(0x04, private.to_bytes(32, "big")), _der(0xA0, _CURVE), _der(0xA1, _bits(public)))
    certfile, keyfile = Path(folder) / "server.pem", Path(folder) / "server.key"
    certfile.write_text(_pem("CERTIFICATE", whole))
    keyfile.write_text(_pem("EC PRIVATE KEY", key))
    return str(certfile), str(keyfile)


# ---- the curve


def times(number, point):
    """Return `number` (int) times a point of the curve, by doubling and adding. None is the point at infinity."""
    total = None
    while number:
        if number & 1:
            total = plus(total, point)
        point = plus(point, point)
        number >>= 1
    return total


def plus(one, other):
    """Return the sum of two points of the curve."""
    if one is None or other is None:
        return one or other
    (x, y), (u, v) = one, other
    if x == u and (y + v) % P == 0:
        return None
    slope = (3 * x * x - 3) * pow(2 * y, -1, P) if one == other else (v - y) * pow(u - x, -1, P)
    new = (slope * slope - x - u) % P
    return new, (slope * (x - new) - y) % P


def _signature(data, private):
    """Return the ECDSA signature with SHA-256 of `data` (bytes), in DER."""
    number = int.from_bytes(hashlib.sha256(data).digest(), "big")
    r = s = 0
    while not (r and s):
        once = secrets.randbelow(N - 1) + 1
        r = times(once, G)[0] % N
        s = pow(once, -1, N) * (number + r * private) % N
    return _sequence(_integer(r), _integer(s))


# ---- the certificate, in DER


def _der(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _sequence(*parts):
    return _der(0x30, *parts)


def _integer(number):
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _bits(data):
    return _der(0x03, b"\0", data)


def _oid(text):
    return _der(0x06, bytes.fromhex(text))


_CURVE = _oid("2a8648ce3d030107")  # P-256
_ALGORITHM = _sequence(_oid("2a8648ce3d040302"))  # ECDSA with SHA-256


def _body(public, names):
    """Return what is signed: RFC 5280 section 4.1.2."""
    now = datetime.datetime.now(datetime.UTC)
    moments = [_der(0x17, f"{moment:%y%m%d%H%M%SZ}".encode()) for moment in (now - HOUR, now + 24 * HOUR)]
    name = _sequence(_der(0x31, _sequence(_oid("550403"), _der(0x0C, b"a server of a lesson"))))
    key = _sequence(_sequence(_oid("2a8648ce3d0201"), _CURVE), _bits(public))
    alternative = _sequence(_oid("551d11"), _der(0x04, _sequence(*map(_name, names))))
    return _sequence(
        _der(0xA0, _integer(2)),  # version 3
        _integer(secrets.randbits(120)),
        _ALGORITHM,
        name,
        _sequence(*moments),
        name,
        key,
        _der(0xA3, _sequence(alternative)),
    )


def _name(text):
    try:
        return _der(0x87, ipaddress.ip_address(text).packed)
    except ValueError:
        return _der(0x82, text.encode())


def _pem(label, data):
    text = base64.b64encode(data).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])

"""Signed URLs: device/signing.py on both runtimes, against RFC 4231, hmac and a cloud API; and the server's side."""

import hashlib
import hmac
import json
import random
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from classroom import signatures
from classroom.signatures import SignatureError, verify
from tests.test_micropython import ROOT, micropython

NOW = 1_794_994_577  # Wed, 18 Nov 2026 09:36:17 GMT
HOST = "pico.example:8443"
URL = f"wss://{HOST}/board"
KEYS = {"pico": "sesame-7", "other": "sesame-8"}

# Evaluates the lines that come in, with what signing.py defines, and prints each result, or the error, as JSON.
EVALUATE = """
import json, sys
sys.path[:0] = ["lib", "device"]
from binascii import hexlify, unhexlify
from signing import *
for line in sys.stdin:
    try:
        result = eval(line)
    except Exception as error:
        result = "%s: %s" % (type(error).__name__, error)
    print(json.dumps(result))
"""


@pytest.fixture(params=["cpython", "micropython"])
def signing(request):
    """Return a function that evaluates expressions (str) in a runtime, beside signing.py; it returns a list."""
    if request.param == "micropython":
        command = [micropython(), "-X", "heapsize=192K", "-c", EVALUATE]
    else:
        command = [sys.executable, "-c", EVALUATE]

    def evaluate(*lines):
        done = subprocess.run(command, input="\n".join(lines), cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return evaluate


def hmacs(pairs):
    """Return the expressions for the HMACs of (key, data) pairs, as hexadecimal digits."""
    return [f"hexlify(hmac_sha256(unhexlify({k.hex()!r}), unhexlify({d.hex()!r}))).decode()" for k, d in pairs]


# ---------------------------------------------------------------- HMAC-SHA256

LONG = b"This is a test using a larger than block-size key and a larger than block-size data. "
LONG += b"The key needs to be hashed before being used by the HMAC algorithm."

# RFC 4231 section 4: key, data, HMAC-SHA-256; in test case 5, its first 128 bits
RFC_4231 = [
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    (b"\x0c" * 20, b"Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
    (
        b"\xaa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (b"\xaa" * 131, LONG, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
]


def test_hmac_is_that_of_rfc_4231(signing):
    found = signing(*hmacs([(key, data) for key, data, _ in RFC_4231]))
    wanted = [digest for _, _, digest in RFC_4231]
    assert [one[: len(other)] for one, other in zip(found, wanted, strict=True)] == wanted


def test_hmac_is_that_of_cpython_for_keys_and_data_of_each_length_around_a_block(signing):
    choose = random.Random(19)
    sizes = [0, 1, 31, 32, 63, 64, 65, 127, 128, 129, 1000]
    pairs = [(choose.randbytes(one), choose.randbytes(other)) for one in sizes for other in sizes]
    assert signing(*hmacs(pairs)) == [hmac.digest(key, data, hashlib.sha256).hex() for key, data in pairs]


# ---------------------------------------------------------------- the URL


def test_a_date_is_that_of_rfc_9110(signing):
    moments = [784111777, 0, 951782400, 2**31 - 1, *range(NOW, NOW + 370 * 86400, 86400 + 3599)]
    wanted = [format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True) for moment in moments]
    assert wanted[0] == "Sun, 06 Nov 1994 08:49:37 GMT"  # its example: section 5.6.7
    assert signing(*(f"http_date({moment})" for moment in moments)) == wanted


def test_a_url_is_the_one_in_the_documentation_of_a_cloud_api(signing):
    """The example of a service that turns speech into text. Its key opens nothing."""
    key_id, key = "keyxxxxxxxx8ee279348519exxxxxxxx", "secretxxxxxxxx2df7900c09xxxxxxxx"
    (url,) = signing(f"signed_url('wss://iat-api.xfyun.cn/v2/iat', {key!r}, 1562744143, {key_id!r})")
    assert url == (
        "wss://iat-api.xfyun.cn/v2/iat?authorization=YXBpX2tleT0ia2V5eHh4eHh4eHg4ZWUyNzkzNDg1MTlleHh4eHh4eHgiLCBhbGdvcml0"
        "aG09ImhtYWMtc2hhMjU2IiwgaGVhZGVycz0iaG9zdCBkYXRlIHJlcXVlc3QtbGluZSIsIHNpZ25hdHVyZT0iSHAzVHk0WmtTQm1MOGpLeU9McFFp"
        "djlTcjVudm1lWUVIN1dzTC9aTzJKZz0i&date=Wed%2C%2010%20Jul%202019%2007%3A35%3A43%20GMT&host=iat-api.xfyun.cn"
    )


@pytest.mark.parametrize(
    "url, host, path",
    [
        ("wss://pico.example:8443/board", "pico.example:8443", "/board"),
        ("wss://PICO.example:443/board", "pico.example", "/board"),  # as in the Host header: RFC 6455 section 4.1
        ("ws://pico.example:443", "pico.example:443", "/"),
        ("ws://[::1]:80/a/b%20c", "[::1]", "/a/b%20c"),
    ],
)
def test_a_url_opens_its_own_place(signing, url, host, path):
    (signed,) = signing(f"signed_url({url!r}, 'sesame-7', {NOW})")
    assert signed.startswith(url + "?")
    query = urlsplit(signed).query
    assert dict(parse_qsl(query))["host"] == host and not set(query) & set(' ,:/"')
    assert verify(f"{path}?{query}", host, KEYS, NOW) == "pico"


def test_what_cannot_be_signed_is_refused(signing):
    query, empty, scheme = signing(
        f"signed_url('wss://h/board?room=1', 'k', {NOW})",
        f"signed_url('wss://h/board', '', {NOW})",
        f"signed_url('https://h/board', 'k', {NOW})",
    )
    assert query == "ValueError: the query of the URL would not be signed; leave it out"
    assert empty == "ValueError: an empty key proves nothing"
    assert scheme.startswith("InvalidURI: ")


# ---------------------------------------------------------------- the server's side


@pytest.fixture(scope="module")
def signed():
    """Return a function that gives what a request with a signed URL asks for: path and query."""
    sys.path.append(str(ROOT / "device"))
    try:
        import signing
    finally:
        sys.path.remove(str(ROOT / "device"))

    def target(url=URL, key="sesame-7", now=NOW, key_id="pico"):
        return signing.signed_url(url, key, now, key_id).removeprefix("wss://").partition("/")[2].join(["/", ""])

    return target


def test_the_name_of_the_key_comes_back(signed):
    assert verify(signed(), HOST, KEYS, NOW) == "pico"
    assert verify(signed(key="sesame-8", key_id="other"), HOST, KEYS, NOW) == "other"
    assert verify(signed(key="clé", key_id="é"), HOST, {"é": "clé"}, NOW) == "é"


UNFIT = "does not fit this host, date and path, or another key made it"
QUERY = "expected authorization, date, host in the query, once each, and nothing else"
FORM = "authorization is not the Base64 of api_key, algorithm, headers and signature"

# (what, a change of the request's path and query, or what is signed, part of the error)
REFUSED = [
    ("another key", {"key": "sesame-9"}, UNFIT),
    ("the key of another", {"key": "sesame-8"}, UNFIT),
    ("a key nobody knows", {"key_id": "stranger"}, "there is no key 'stranger'"),
    ("another host", {"url": "wss://evil.example/board"}, "signed for the host 'evil.example', and this is"),
    ("the same host, another port", {"url": "wss://pico.example/board"}, "signed for the host 'pico.example', and"),
    ("another path", lambda target: target.replace("/board", "/admin"), UNFIT),
    ("a path that is no text", lambda target: target.replace("/board", "/\udcff"), UNFIT),
    ("another date", lambda target: target.replace("09%3A36", "09%3A37"), UNFIT),
    ("one more parameter", lambda target: target + "&room=1", QUERY),
    ("a date twice", lambda target: target + "&date=x", QUERY),
    ("no date", lambda target: target.replace("&date=", "&data="), QUERY),
    ("no query", lambda target: "/board", QUERY),
    ("a query that is no text", lambda target: target + "%ff", QUERY),
    ("a broken query", lambda target: target + "&", QUERY),
    ("no Base64", lambda target: target.replace("authorization=", "authorization=!"), FORM),
    ("Base64 of something", lambda target: "/board?authorization=aGVsbG8=&date=x&host=y", FORM),
    ("Base64 of no text", lambda target: "/board?authorization=%2F%2F%2F%2F&date=x&host=y", FORM),
]


@pytest.mark.parametrize("change, wanted", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_url_is_refused_for_what_is_wrong_with_it(signed, change, wanted):
    target = change(signed()) if callable(change) else signed(**change)
    with pytest.raises(SignatureError) as refused:
        verify(target, HOST, KEYS, NOW)
    assert wanted in str(refused.value)
    assert not any(key in str(refused.value) for key in KEYS.values())


@pytest.mark.parametrize(
    "now, wanted",
    [
        (NOW + 300, None),
        (NOW + 301, "signed 301 s ago; it counted for 300 s"),
        (NOW - 300, None),
        (NOW - 301, "signed 301 s in the future; one of two clocks is wrong"),
    ],
)
def test_a_url_counts_for_a_while(signed, now, wanted):
    if wanted is None:
        assert verify(signed(), HOST, KEYS, now) == "pico"
    else:
        with pytest.raises(SignatureError, match=wanted):
            verify(signed(), HOST, KEYS, now)
        assert verify(signed(), HOST, KEYS, now, window=301) == "pico"


@pytest.mark.parametrize(
    "date", ["tomorrow", "2026-11-18", "Wed, 18 Nov 2026 09:36:17", "Wed, 99 Nov 2026 09:36:17 GMT"]
)
def test_a_date_that_is_none_is_refused_though_it_is_signed(signed, date, monkeypatch):
    import signing

    monkeypatch.setattr(signing, "http_date", lambda now: date)
    with pytest.raises(SignatureError, match="is no date like 'Sun, 06 Nov 1994"):
        verify(signed(), HOST, KEYS, NOW)


def test_a_url_is_taken_once_and_forgotten_when_it_is_too_old(signed):
    seen = {}
    assert verify(signed(), HOST, KEYS, NOW, seen=seen) == "pico"
    with pytest.raises(SignatureError, match="used before"):
        verify(signed(), HOST, KEYS, NOW + 300, seen=seen)
    assert verify(signed(now=NOW + 1), HOST, KEYS, NOW + 1, seen=seen) == "pico"
    assert len(seen) == 2
    assert verify(signed(now=NOW + 400), HOST, KEYS, NOW + 400, seen=seen) == "pico"
    assert len(seen) == 1


def test_a_url_that_is_refused_is_not_remembered(signed):
    """Or whoever sends rubbish would fill the memory."""
    seen = {}
    for target, now in ((signed(key="wrong"), NOW), (signed(), NOW + 301)):
        with pytest.raises(SignatureError):
            verify(target, HOST, KEYS, now, seen=seen)
    assert seen == {}


def test_signatures_are_compared_in_constant_time(signed, monkeypatch):
    compared = []
    monkeypatch.setattr(signatures.hmac, "compare_digest", lambda one, other: compared.append(len(one)) or False)
    with pytest.raises(SignatureError, match="does not fit"):
        verify(signed(), HOST, KEYS, NOW)
    assert compared == [44]  # all of the Base64, so nothing was looked at before

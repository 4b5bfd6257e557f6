"""TLS for both roles: contexts that verify, and words for what went wrong (RFC 6455 sections 4.1 and 10.6).

    client                                       server
    client_context(cafile="ca.pem")              server_context("server.pem", "server.key")
    connect(uri, ssl=that context)               serve(handler, host, port, ssl=that context)

A client verifies three things: a CA that it trusts has signed the server's certificate,
the certificate is for this host, and today lies between its dates. The runtimes differ:

                              CPython (OpenSSL)        MicroPython (mbedTLS)
    trusts, if not told       the system's CAs         nobody: it has no CAs
    ssl.SSLContext verifies   all three                nothing, until verify_mode says so
    a certificate is read     as PEM                   as DER, one at a time
    TLS versions              1.2 and 1.3              1.2
    names                     DNS names, IP addresses  the same

The functions here take PEM files on both, and make both verify. Dates need a clock: a
board forgets the time when it loses power, and then refuses every certificate as not
valid yet, or, where its clock starts after the certificate does, misses that one has
expired. So set the clock first, with ntptime.settime().

MicroPython sends the name it connects to as the server name (SNI) even where that is an
IP address, which RFC 6066 section 3 forbids; OpenSSL's servers do not mind.
"""

import ssl
import time
from binascii import a2b_base64

from .compat import MICROPYTHON

_CERTIFICATES = (b"CERTIFICATE",)
_KEYS = (b"PRIVATE KEY", b"EC PRIVATE KEY", b"RSA PRIVATE KEY")


# Contexts


def client_context(cafile=None, cadata=None, certfile=None, keyfile=None):
    """Return an SSLContext for connect() that verifies the server: its CA, name and dates.

    cafile: str, the path of a file with the CAs to trust, and no others: any number as
        PEM, or one as DER. cadata: the same as bytes, or, if it is PEM, as str. With
        neither, CPython trusts the system's CAs, and MicroPython, which has none, raises
        ValueError.
    certfile, keyfile: str, the paths of PEM files with the client's own certificate, then
        those between it and the CA, and with its key, not encrypted: for a server that
        demands them. Without keyfile, the key is in certfile, too. MicroPython also takes
        DER. Prefer EC keys: with an RSA one, a board computes for seconds.

    Raises OSError for a file that cannot be read, and ValueError, or on CPython
    ssl.SSLError, for what is no certificate or key.
    """
    authorities = _authorities(cafile, cadata)
    if not MICROPYTHON:
        context = ssl.create_default_context(cadata=b"".join(authorities))  # b"": the system's
    elif authorities:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_mode = ssl.CERT_REQUIRED  # the name is checked with it
        _trust(context, authorities)
    else:
        raise ValueError(
            "MicroPython knows no certificate authorities. Pass ssl=client_context(cafile=...) with the path of the"
            " CA's certificate, or cadata= with its bytes. To connect without knowing to whom, pass"
            " ssl=insecure_client_context()"
        )
    if certfile is not None or keyfile is not None:
        _load_own(context, certfile, keyfile)
    return context


def insecure_client_context():
    """Return an SSLContext for connect() that verifies NOTHING: anyone can be the server.

    The connection is encrypted, but who is between client and server can answer as the
    server, read everything, passwords included, and change it. For experiments on a
    network of your own, with nothing to lose; client_context() is the right one.
    """
    context = _InsecureContext(ssl.PROTOCOL_TLS_CLIENT)
    if not MICROPYTHON:
        context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class _InsecureContext(ssl.SSLContext):
    """What tells verifying() that nobody forgot to verify."""


def server_context(certfile, keyfile=None, cafile=None):
    """Return an SSLContext for serve(), for TLS 1.2 or newer.

    certfile, keyfile: as for client_context. The certificate needs the names or IP
        addresses that clients connect to, as its subjectAltName.
    cafile: str, as for client_context, to demand of clients a certificate that one of
        these CAs has signed (mutual TLS); without it, every client may connect.

    Raises OSError and ValueError as client_context does. A key that does not belong to
    the certificate raises ssl.SSLError on CPython; on MicroPython only handshakes fail.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if not MICROPYTHON:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_own(context, certfile, keyfile)
    if cafile is not None:
        _trust(context, _authorities(cafile))
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def verifying(context):
    """Return the SSLContext that connect() uses, given its argument `ssl`.

    context: SSLContext, or None or True for client_context(). Raises TypeError for anything
    else, and ValueError on MicroPython for a context that verifies nothing, as every one
    does there until told to, unless it comes from insecure_client_context(). On CPython
    an SSLContext(PROTOCOL_TLS_CLIENT) verifies until told not to: any context will do.
    """
    if context is None or context is True:
        return client_context()
    if not hasattr(context, "wrap_socket"):
        raise TypeError("ssl is %r; expected an SSLContext" % (context,))
    # CERT_OPTIONAL, too: mbedTLS then goes on with a server whose certificate it has refused.
    if MICROPYTHON and context.verify_mode != ssl.CERT_REQUIRED and not isinstance(context, _InsecureContext):
        raise ValueError(
            "this SSLContext verifies nothing: anyone could be the server. Pass ssl=client_context(cafile=...), or set"
            " its verify_mode to ssl.CERT_REQUIRED; or, knowing what it means, pass ssl=insecure_client_context()"
        )
    return context


# Files: PEM (RFC 7468) or DER


def _authorities(cafile, cadata=None):
    """Return a list of certificates, as DER."""
    found = []
    if cafile is not None:
        found += _ders(_read(cafile), _CERTIFICATES, cafile)
    if cadata is not None:
        data = cadata.encode() if isinstance(cadata, str) else bytes(cadata)
        found += _ders(data, _CERTIFICATES, "cadata")
    return found


def _trust(context, authorities):
    for authority in authorities:
        context.load_verify_locations(cadata=authority)


def _load_own(context, certfile, keyfile):
    if not MICROPYTHON:
        context.load_cert_chain(certfile, keyfile)
        return
    key = _ders(_read(keyfile or certfile), _KEYS, keyfile or certfile)[0]
    for certificate in _ders(_read(certfile), _CERTIFICATES, certfile):
        context.load_cert_chain(certificate, key)  # each adds to the chain, and reads the same key again


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def _ders(data, labels, source):
    """Return a list of what the PEM in `data` (bytes) has under `labels`, as DER; of `data` itself if it is DER.

    source: str, for the text of the ValueError.
    """
    pieces = data.split(b"-----BEGIN ")
    if len(pieces) == 1 and data[:1] == b"0":  # the tag of an ASN.1 sequence
        return [data]
    found = []
    for piece in pieces[1:]:
        label, _, piece = piece.partition(b"-----")
        body, _, _ = piece.partition(b"-----END ")
        if label in labels and b":" not in body:  # a colon: the headers of an encrypted key
            found.append(a2b_base64(body))
    if not found:
        names = " or ".join([label.decode() for label in labels])
        raise ValueError("%s holds no %s, or only an encrypted one" % (source, names))
    return found


# Errors

_UNKNOWN = "the certificate is self-signed, or signed by a CA that is not trusted here: pass that CA as cafile="
_NAME = (
    "the certificate is for another host: the name or IP address that the URI, or server_hostname=, gives"
    " must be in its subjectAltName"
)
_EXPIRED = "the certificate has expired"
_EARLY = "the certificate is not valid yet"
_REFUSED = "the certificate was refused"
_NO_CA = "no CA was loaded that could have signed the certificate: pass it as cafile="
_NO_CLIENT = "the client has no certificate, and this server demands one"
_WANTED = "the other side demands a certificate: pass certfile= and keyfile="
_REJECTED = "the other side refuses the certificate that it was shown, or got none and demands one"
_CUT = (
    "the other side broke off in the TLS handshake or right after, and does not say why: it may refuse the"
    " certificate it was shown, or demand one (certfile=, keyfile=), or share no version of TLS with this side,"
    " or speak no TLS at all, as on a ws:// port"
)
_NOT_TLS = "the other side does not speak TLS: is it a ws:// port?"

# By X509_V_ERR_..., which CPython has as verify_code.
_VERIFY_CODES = {2: _UNKNOWN, 9: _EARLY, 10: _EXPIRED, 18: _UNKNOWN, 19: _UNKNOWN, 20: _UNKNOWN, 21: _UNKNOWN}
_VERIFY_CODES[62] = _VERIFY_CODES[64] = _NAME

# By the words of mbedTLS, which MicroPython has as lines of a ValueError.
_VERIFY_WORDS = (
    ("Common Name", _NAME),  # and subjectAltName
    ("signed by the trusted CA", _UNKNOWN),
    ("expired", _EXPIRED),
    ("in the future", _EARLY),
)

# By the reason of CPython's SSLError; and by mbedTLS's number, or the system's, which MicroPython has as errno.
_BAD_CERTIFICATE, _EOF = -0x2700, -0x7280
_FAILURES = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": _NO_CLIENT,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _WANTED,
    "TLSV1_ALERT_UNKNOWN_CA": _REJECTED,
    "TLSV1_ALERT_ACCESS_DENIED": _REJECTED,
    "UNEXPECTED_EOF_WHILE_READING": _CUT,
    "HTTP_REQUEST": _NOT_TLS,
    "PACKET_LENGTH_TOO_LONG": _NOT_TLS,
    "WRONG_VERSION_NUMBER": _NOT_TLS,
    _BAD_CERTIFICATE: _REFUSED,
    _EOF: _CUT,
    -0x7200: _NOT_TLS,  # INVALID_RECORD
    -0x7480: _NO_CLIENT,  # NO_CLIENT_CERTIFICATE
    -0x7680: _NO_CA,  # CA_CHAIN_REQUIRED
    -0x7780: _CUT,  # FATAL_ALERT_MESSAGE
    32: _CUT,  # EPIPE
    54: _CUT,  # ECONNRESET of macOS
    104: _CUT,  # ECONNRESET
}
_ENDS = (EOFError,) if MICROPYTHON else (EOFError, ConnectionResetError)  # asyncio's has no number


def explain(error):
    """Return what makes `error`, an exception from a TLS handshake, and what to do: str, or None if it tells nothing.

    EOFError stands for a connection that ended right after: with TLS 1.3, a client learns
    only then that the server refuses it. The words fit both sides.
    """
    code = getattr(error, "verify_code", None)
    if code is not None:  # CPython's SSLCertVerificationError
        return _with_clock(_VERIFY_CODES.get(code) or "%s: %s" % (_REFUSED, error.verify_message))
    if isinstance(error, ValueError):
        return _of_lines(str(error).split("\n"))
    if isinstance(error, OSError):
        reason = getattr(error, "reason", None) or error.errno
        if reason in _FAILURES:
            return _FAILURES[reason]
        if "ALERT" in str(reason):
            return _REJECTED if "CERTIFICATE" in reason else _CUT
    return _CUT if isinstance(error, _ENDS) else None


def _of_lines(lines):
    """Return the words for mbedTLS's reasons, each on a line after an empty one; or None for another ValueError."""
    if lines[0]:
        return None
    return "; ".join([_of_line(line) for line in lines if line]) or None


def _of_line(line):
    for words, text in _VERIFY_WORDS:
        if words in line:
            return _with_clock(text)
    return "%s: %s" % (_REFUSED, line)


def _with_clock(text):
    """Add to a text about dates what this machine takes for today."""
    if text not in (_EXPIRED, _EARLY):
        return text
    today = time.gmtime()
    text += ", says this machine's clock: today is %04d-%02d-%02d" % today[:3]
    if today[0] < 2024:
        text += ". The clock is not set: set it first, on a board with ntptime.settime()"
    return text


def explained(error):
    """Return the exception that connect() raises for `error`: one that a program catches as OSError on both runtimes.

    CPython: `error` itself, such as ssl.SSLCertVerificationError, with explain()'s text as a
    note. MicroPython: OSError(a number of mbedTLS's or the system's, explain()'s text); a
    refused certificate, which is ValueError there, has -0x2700. Where there is nothing to
    explain: `error` as it is.
    """
    text = explain(error)
    if text is None:
        return error
    if not MICROPYTHON:
        error.add_note(text)
        return error
    if isinstance(error, OSError):
        return OSError(error.errno, text)
    return OSError(_EOF if isinstance(error, EOFError) else _BAD_CERTIFICATE, text)

"""What went wrong with TLS, in words that say what to do; tls.py gives these names, too."""

import time

from .compat import MICROPYTHON

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

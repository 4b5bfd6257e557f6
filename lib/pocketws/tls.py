"""TLS for both roles: contexts that verify (RFC 6455 sections 4.1 and 10.6). tls_errors.py has words for failures.

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


def __getattr__(name):
    """Give explain() and explained() of tls_errors.py, whose many words a board loads only when TLS has failed."""
    if name not in ("explain", "explained"):
        raise AttributeError(name)
    from . import tls_errors

    return getattr(tls_errors, name)

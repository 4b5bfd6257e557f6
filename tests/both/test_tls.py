"""The contexts of tls.py, its files and its words, with stand-ins for the ssl module of each runtime.

Real handshakes, with real certificates, are in test_tls.py and test_tls_board.py.
"""

import io
import ssl

from pocketws import tls, tls_errors
from pocketws.compat import MICROPYTHON
from tests.both.helpers import raises


class Context:
    """A stand-in for an SSLContext: remembers what it was told."""

    def __init__(self, protocol):
        self.protocol = protocol
        self.verify_mode = "the runtime's own"
        self.check_hostname = True
        self.minimum_version = None
        self.trusted = []
        self.own = []

    def load_verify_locations(self, cafile=None, cadata=None):
        assert cafile is None
        self.trusted.append(cadata)

    def load_cert_chain(self, certfile, keyfile):
        self.own.append((certfile, keyfile))

    def wrap_socket(self):
        """There, as every context has one."""


class InsecureContext(Context):
    """A stand-in for tls._InsecureContext, which is made of the real ssl."""


class Ssl:
    """A stand-in for the ssl module."""

    CERT_NONE = 0
    CERT_OPTIONAL = 1
    CERT_REQUIRED = 2
    PROTOCOL_TLS_CLIENT = "client"
    PROTOCOL_TLS_SERVER = "server"
    SSLContext = Context

    class TLSVersion:
        TLSv1_2 = "1.2"

    @staticmethod
    def create_default_context(cadata=None):
        context = Context("default")
        context.trusted.append(cadata)
        return context


class Time:
    """A stand-in for the time module."""

    def __init__(self, *today):
        self.today = today

    def gmtime(self):
        return self.today + (12, 30, 0, 0, 1)


class Runtime:
    """Inside `with`, tls.py and tls_errors.py take this for a board, or for CPython, with these files and this date."""

    def __init__(self, board, files=None, today=(2026, 11, 21)):
        self.new = (
            (tls, "MICROPYTHON", board),
            (tls, "ssl", Ssl),
            (tls, "_InsecureContext", InsecureContext),
            (tls_errors, "MICROPYTHON", board),
            (tls_errors, "time", Time(*today)),
        )
        self.open = lambda path, mode: io.BytesIO(files[path])

    def __enter__(self):
        self.old = [(module, name, getattr(module, name)) for module, name, _ in self.new]
        for module, name, new in self.new:
            setattr(module, name, new)
        tls.open = self.open

    def __exit__(self, *error):
        for module, name, old in self.old:
            setattr(module, name, old)
        del tls.open


def board(files=None, today=(2026, 11, 21)):
    return Runtime(True, files, today)


def cpython(files=None):
    return Runtime(False, files)


# What PEM is made of: these bytes are no certificates, and nothing here looks into them.
ONE = b"-----BEGIN CERTIFICATE-----\nMAFB\n-----END CERTIFICATE-----\n"
TWO = b"-----BEGIN CERTIFICATE-----\r\nMAFC\r\nMAFC\r\n-----END CERTIFICATE-----\r\n"
KEY = b"-----BEGIN PRIVATE KEY-----\nMAFL\n-----END PRIVATE KEY-----\n"
EC_PARAMETERS = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
DER_ONE, DER_TWO, DER_KEY = b"0\x01A", b"0\x01B0\x01B", b"0\x01K"
FILES = {
    "one.pem": ONE,
    "two.pem": b"Some words before.\n" + ONE + b"and between\n" + TWO,
    "one.der": DER_ONE,
    "key.pem": KEY,
    "key.der": DER_KEY,
    "all.pem": ONE + EC_PARAMETERS + KEY.replace(b"PRIVATE", b"EC PRIVATE") + TWO,
    "rsa.pem": KEY.replace(b"PRIVATE", b"RSA PRIVATE"),
    "empty": b"",
    "words": b"Not a certificate, and no key.",
    "encrypted.pem": KEY.replace(b"PRIVATE", b"ENCRYPTED PRIVATE"),
    "encrypted-old.pem": KEY.replace(b"MAFL", b"Proc-Type: 4,ENCRYPTED\n\nMAFL"),
}

# mbedTLS's words, as MicroPython raises them.
WRONG_NAME = "\nThe certificate Common Name (CN) does not match with the expected CN\n"
WRONG_CA = "\nThe certificate is not correctly signed by the trusted CA\n"
TOO_LATE = "\nThe certificate validity has expired\n"
TOO_EARLY = "\nThe certificate validity starts in the future\n"
WRONG_USE = "\nUsage does not match the keyUsage extension\n"

CASES = {
    "test_what_a_client_trusts": [
        ("a file", dict(cafile="one.pem"), [DER_ONE]),
        ("a file of DER", dict(cafile="one.der"), [DER_ONE]),
        ("a file of two", dict(cafile="two.pem"), [DER_ONE, DER_TWO]),
        ("a file with keys", dict(cafile="all.pem"), [DER_ONE, DER_TWO]),
        ("bytes of PEM", dict(cadata=ONE + TWO), [DER_ONE, DER_TWO]),
        ("a str of PEM", dict(cadata=TWO.decode()), [DER_TWO]),
        ("bytes of DER", dict(cadata=DER_TWO), [DER_TWO]),
        ("a memoryview", dict(cadata=memoryview(DER_TWO)), [DER_TWO]),
        ("both", dict(cafile="one.pem", cadata=DER_TWO), [DER_ONE, DER_TWO]),
    ],
    "test_what_is_no_ca_is_refused_not_skipped": [
        ("an empty file", dict(cafile="empty")),
        ("no bytes", dict(cadata=b"")),
        ("no text", dict(cadata="")),
        ("words", dict(cafile="words")),
        ("a key", dict(cafile="key.pem")),
        ("a good one and an empty one", dict(cafile="one.pem", cadata=b"")),
    ],
    "test_a_board_loads_certificate_and_key_as_der": [
        ("two files", ("one.pem", "key.pem"), [(DER_ONE, DER_KEY)]),
        ("an RSA key", ("one.pem", "rsa.pem"), [(DER_ONE, DER_KEY)]),
        ("files of DER", ("one.der", "key.der"), [(DER_ONE, DER_KEY)]),
        ("a chain", ("two.pem", "key.pem"), [(DER_ONE, DER_KEY), (DER_TWO, DER_KEY)]),
        ("one file for all", ("all.pem", None), [(DER_ONE, DER_KEY), (DER_TWO, DER_KEY)]),
    ],
    "test_a_board_refuses_what_is_no_key": [
        ("an encrypted one", "encrypted.pem"),
        ("an encrypted one, the old way", "encrypted-old.pem"),
        ("a certificate", "one.pem"),
        ("nothing", "empty"),
    ],
    "test_connect_refuses_what_is_no_context": [("False", False), ("a path", "ca.pem"), ("a number", 0)],
    "test_words_for_what_cpython_raises": [
        ("no CA", dict(verify_code=20), "the certificate is self-signed, or signed by a CA that is not trusted"),
        ("self-signed", dict(verify_code=18), "the certificate is self-signed"),
        ("a name", dict(verify_code=62), "the certificate is for another host"),
        ("an address", dict(verify_code=64), "the certificate is for another host"),
        ("the past", dict(verify_code=10), "the certificate has expired, says this machine's clock"),
        ("the future", dict(verify_code=9), "the certificate is not valid yet, says this machine's clock"),
        ("another code", dict(verify_code=66, verify_message="weak"), "the certificate was refused: weak"),
        ("demanded", dict(reason="TLSV13_ALERT_CERTIFICATE_REQUIRED"), "the other side demands a certificate"),
        ("refused", dict(reason="SSLV3_ALERT_CERTIFICATE_EXPIRED"), "the other side refuses the certificate"),
        ("not known", dict(reason="TLSV1_ALERT_UNKNOWN_CA"), "the other side refuses the certificate"),
        ("missing", dict(reason="PEER_DID_NOT_RETURN_A_CERTIFICATE"), "the client has no certificate"),
        ("broken off", dict(reason="SSLV3_ALERT_HANDSHAKE_FAILURE"), "the other side broke off"),
        ("not TLS", dict(reason="WRONG_VERSION_NUMBER"), "the other side does not speak TLS"),
        ("HTTP", dict(reason="HTTP_REQUEST"), "the other side does not speak TLS"),
        ("something else", dict(reason="NO_CIPHERS_AVAILABLE"), None),
    ],
    "test_words_for_what_a_board_raises": [
        ("no CA", ValueError(WRONG_CA), "the certificate is self-signed, or signed by a CA"),
        ("a name", ValueError(WRONG_NAME), "the certificate is for another host"),
        ("the past", ValueError(TOO_LATE), "the certificate has expired, says this machine's clock: today is 2026-"),
        ("the future", ValueError(TOO_EARLY), "the certificate is not valid yet, says"),
        ("another", ValueError(WRONG_USE), "the certificate was refused: Usage does not match"),
        ("no reason", OSError(-0x2700, "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"), "the certificate was refused"),
        ("nothing loaded", OSError(-0x7680, "MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED"), "no CA was loaded"),
        ("missing", OSError(-0x7480, "MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE"), "the client has no certificate"),
        ("an alert", OSError(-0x7780, "MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE"), "the other side broke off"),
        ("the end", OSError(-0x7280, "MBEDTLS_ERR_SSL_CONN_EOF"), "the other side broke off"),
        ("a pipe", OSError(32, "EPIPE"), "the other side broke off"),
        ("a reset", OSError(104, "ECONNRESET"), "the other side broke off"),
        ("not TLS", OSError(-0x7200, "MBEDTLS_ERR_SSL_INVALID_RECORD"), "the other side does not speak TLS"),
        ("an end right after", EOFError(), "the other side broke off"),
    ],
    "test_what_has_nothing_to_do_with_tls_has_no_words": [
        ("nobody listens", OSError(111, "ECONNREFUSED")),
        ("no number", OSError()),
        ("an argument", ValueError("no such option")),
        ("no words", ValueError()),
        ("text", UnicodeError("byte 0xff")),
        ("something else", RuntimeError(TOO_LATE)),
    ],
    "test_on_a_board_connect_raises_oserror": [
        ("refused", ValueError(TOO_LATE), -0x2700),
        ("a reset", OSError(104, "ECONNRESET"), 104),
        ("not TLS", OSError(-0x7200, "MBEDTLS_ERR_SSL_INVALID_RECORD"), -0x7200),
        ("an end right after", EOFError(), -0x7280),
    ],
}


# Contexts


def test_a_client_on_cpython_trusts_the_systems_cas_unless_told():
    with cpython():
        context = tls.client_context()
    assert context.protocol == "default" and context.trusted == [b""] and context.own == []


def test_a_client_on_a_board_must_be_told_whom_to_trust():
    with board():
        text = str(raises(ValueError, tls.client_context))
    assert "cafile=" in text and "cadata=" in text and "insecure_client_context()" in text


def test_what_a_client_trusts(case):
    _, arguments, ders = case
    with board(FILES):
        context = tls.client_context(**arguments)
    assert context.protocol == "client" and context.verify_mode == Ssl.CERT_REQUIRED
    assert context.trusted == ders and all(type(der) is bytes for der in context.trusted) and context.own == []
    with cpython(FILES):
        context = tls.client_context(**arguments)
    assert context.protocol == "default" and context.trusted == [b"".join(ders)] and context.own == []


def test_what_is_no_ca_is_refused_not_skipped(case):
    _, arguments = case
    for runtime in (board, cpython):  # on CPython, no CA at all would mean the system's
        with runtime(FILES):
            error = raises(ValueError, tls.client_context, **arguments)
        assert "holds no CERTIFICATE" in str(error), error


def test_a_board_loads_certificate_and_key_as_der(case):
    _, (certfile, keyfile), own = case
    with board(FILES):
        context = tls.client_context("one.pem", None, certfile, keyfile)
        assert context.own == own and context.trusted == [DER_ONE]
        context = tls.server_context(certfile, keyfile)
        assert context.own == own and context.trusted == []


def test_a_board_refuses_what_is_no_key(case):
    _, keyfile = case
    with board(FILES):
        error = raises(ValueError, tls.server_context, "one.pem", keyfile)
    assert keyfile in str(error) and "PRIVATE KEY" in str(error), error


def test_cpython_loads_certificate_and_key_itself():
    with cpython(FILES):
        assert tls.client_context(certfile="one.pem", keyfile="key.pem").own == [("one.pem", "key.pem")]
        assert tls.client_context(certfile="all.pem").own == [("all.pem", None)]
        assert tls.server_context("one.pem", "key.pem").own == [("one.pem", "key.pem")]


def test_a_key_without_a_certificate_is_not_overlooked():
    with cpython(FILES):
        assert tls.client_context(keyfile="key.pem").own == [(None, "key.pem")]  # the real ssl raises TypeError


def test_a_server_demands_certificates_only_where_it_has_a_ca():
    for runtime, version in ((board, None), (cpython, "1.2")):
        with runtime(FILES):
            free = tls.server_context("one.pem", "key.pem")
            strict = tls.server_context("one.pem", "key.pem", "two.pem")
        for context in (free, strict):
            assert context.protocol == "server" and context.minimum_version == version
        assert free.verify_mode == "the runtime's own" and free.trusted == []
        assert strict.verify_mode == Ssl.CERT_REQUIRED and strict.trusted == [DER_ONE, DER_TWO]


def test_the_insecure_context_verifies_nothing_and_connect_takes_it():
    for runtime, name_checked in ((board, True), (cpython, False)):
        with runtime():
            context = tls.insecure_client_context()
            assert tls.verifying(context) is context
        assert context.protocol == "client" and context.verify_mode == Ssl.CERT_NONE
        assert context.check_hostname is name_checked  # a board has no such attribute


# What connect() does with its argument `ssl`


def test_without_a_context_connect_makes_one_that_verifies():
    for nothing in (None, True):
        with cpython():
            assert tls.verifying(nothing).protocol == "default"
        with board():
            raises(ValueError, tls.verifying, nothing)


def test_connect_refuses_what_is_no_context(case):
    _, value = case
    for runtime in (board, cpython):
        with runtime():
            assert repr(value) in str(raises(TypeError, tls.verifying, value))


def test_a_board_refuses_a_context_that_verifies_nothing():
    context = Context("client")
    for mode in (Ssl.CERT_NONE, Ssl.CERT_OPTIONAL):
        context.verify_mode = mode
        with board():
            error = raises(ValueError, tls.verifying, context)
        assert "verifies nothing" in str(error)
        with cpython():
            assert tls.verifying(context) is context  # it took two lines of the program to make it so
    context.verify_mode = Ssl.CERT_REQUIRED
    for runtime in (board, cpython):
        with runtime():
            assert tls.verifying(context) is context


def test_the_real_contexts_of_this_runtime():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if MICROPYTHON:
        raises(ValueError, tls.verifying, context)
        raises(ValueError, tls.verifying, None)
        context.verify_mode = ssl.CERT_REQUIRED
        import tls as inner  # MicroPython's own, which its ssl is made of

        assert tls.verifying(inner.SSLContext(ssl.PROTOCOL_TLS_CLIENT)).verify_mode == ssl.CERT_REQUIRED
    assert tls.verifying(context) is context and context.verify_mode == ssl.CERT_REQUIRED
    insecure = tls.insecure_client_context()
    assert tls.verifying(insecure) is insecure and insecure.verify_mode == ssl.CERT_NONE


# Words for errors


class SSLError(OSError):
    """A stand-in for CPython's SSLError and SSLCertVerificationError."""

    def __init__(self, attributes):
        super().__init__(1, "[SSL] some words")
        for name in attributes:
            setattr(self, name, attributes[name])


def check_words(error, words):
    with board():
        text = tls.explain(error)
    assert text is words is None or text.startswith(words), text


def test_words_for_what_cpython_raises(case):
    _, attributes, words = case
    check_words(SSLError(attributes), words)


def test_words_for_what_a_board_raises(case):
    _, error, words = case
    check_words(error, words)


def test_what_has_nothing_to_do_with_tls_has_no_words(case):
    _, error = case
    check_words(error, None)
    for runtime in (board, cpython):
        with runtime():
            assert tls.explained(error) is error


def test_all_reasons_of_a_board_are_told():
    with board():
        first, second = tls.explain(ValueError(TOO_LATE + WRONG_NAME)).split("; ")
    assert "expired" in first and "another host" in second


def test_a_clock_that_was_never_set_is_told():
    error = ValueError(TOO_EARLY)
    with board(today=(2021, 1, 1)):
        text = tls.explain(error)
    assert "today is 2021-01-01" in text and "ntptime.settime()" in text
    with board(today=(2024, 1, 1)):
        text = tls.explain(error)
    assert "today is 2024-01-01" in text and "ntptime" not in text


def test_on_a_board_connect_raises_oserror(case):
    _, error, number = case
    with board():
        other = tls.explained(error)
        assert isinstance(other, OSError) and other.args == (number, tls.explain(error)), other


def test_on_cpython_connect_raises_the_same_error_with_a_note():
    notes = []

    class Refused(SSLError):
        def add_note(self, text):
            notes.append(text)

    error = Refused(dict(verify_code=20))
    with cpython():
        assert tls.explained(error) is error and notes == [tls.explain(error)]

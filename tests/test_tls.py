"""Contexts of tls.py in real handshakes on CPython, and the words for the errors that OpenSSL and asyncio raise.

The two sides pass their bytes through memory, so every alert arrives. What needs a network
is at the end. MicroPython's side is in test_tls_board.py.
"""

import asyncio
import ssl

import pytest
from cryptography.hazmat.primitives import serialization

from pocketws import tls

pytest_plugins = "tests.certificates"

UNKNOWN = "the certificate is self-signed, or signed by a CA that is not trusted here"
HOST = "the certificate is for another host"
EXPIRED = "the certificate has expired, says this machine's clock"
EARLY = "the certificate is not valid yet, says this machine's clock"
WANTED = "the other side demands a certificate"
REJECTED = "the other side refuses the certificate"
MISSING = "the client has no certificate"
CUT = "the other side broke off in the TLS handshake"
NOT_TLS = "the other side does not speak TLS"


class Side:
    """One side of a connection, which greets the other once the handshake is over."""

    def __init__(self, context, **options):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, **options)
        self.steps = [self.tls.do_handshake, lambda: self.tls.write(b"hello"), self.read]
        self.data = self.error = None

    def read(self):
        self.data = self.tls.read(100)

    def go_on(self):
        """Go as far as the bytes from the other side allow; return bytes for it."""
        while self.steps and self.error is None:
            try:
                self.steps[0]()
            except ssl.SSLWantReadError:
                break
            except ssl.SSLError as error:
                self.error = error
            else:
                self.steps.pop(0)
        return self.outgoing.read()


def handshake(client_context, server_context, name="localhost"):
    """Return (client, server), two Sides that have gone as far as they can; name: the server's."""
    client, server = Side(client_context, server_hostname=name), Side(server_context, server_side=True)
    data = client.go_on()
    while data:
        server.incoming.write(data)
        client.incoming.write(server.go_on())
        data = client.go_on()
    return client, server


def check_connected(client, server):
    assert client.error is server.error is None
    assert client.data == server.data == b"hello"


def check_refused(side, words, kind=ssl.SSLError):
    assert isinstance(side.error, kind) and side.data is None, (side.error, side.data)
    assert tls.explain(side.error).startswith(words), (side.error, tls.explain(side.error))


@pytest.fixture
def server(certificates):
    """Return a function that makes the context of a server with the certificate `name`."""

    def make(name, cafile=None):
        cafile = cafile and certificates / cafile
        return tls.server_context(certificates / f"{name}.pem", certificates / f"{name}.key", cafile)

    return make


@pytest.fixture
def client(certificates):
    """Return a function that makes the context of a client that trusts `ca`, perhaps with the certificate `name`."""

    def make(ca="ca.pem", name=None):
        own = (certificates / f"{name}.pem", certificates / f"{name}.key") if name else ()
        return tls.client_context(certificates / ca, None, *own)

    return make


@pytest.mark.parametrize(
    ("certificate", "ca", "name"),
    [
        ("server", "ca.pem", "localhost"),
        ("server", "ca.pem", "127.0.0.1"),
        ("server", "ca.pem", "::1"),
        ("address", "ca.pem", "127.0.0.1"),
        ("address", "ca.pem", "::1"),
        ("chained", "ca.pem", "localhost"),
        ("rsa", "ca.pem", "localhost"),
        ("self_signed", "self_signed.pem", "localhost"),
    ],
)
def test_a_client_connects_to_whom_it_trusts(client, server, certificate, ca, name):
    check_connected(*handshake(client(ca), server(certificate), name))


@pytest.mark.parametrize(
    ("certificate", "ca", "name", "words"),
    [
        ("stranger", "ca.pem", "localhost", UNKNOWN),
        ("self_signed", "ca.pem", "localhost", UNKNOWN),
        ("server", "other.pem", "localhost", UNKNOWN),
        ("elsewhere", "ca.pem", "localhost", HOST),
        ("address", "ca.pem", "localhost", HOST),
        ("name", "ca.pem", "127.0.0.1", HOST),
        ("name", "ca.pem", "::1", HOST),
        ("expired", "ca.pem", "localhost", EXPIRED),
        ("early", "ca.pem", "localhost", EARLY),
    ],
)
def test_a_client_refuses_anyone_else(client, server, certificate, ca, name, words):
    refused, left = handshake(client(ca), server(certificate), name)
    check_refused(refused, words, ssl.SSLCertVerificationError)
    assert left.data is None  # it has not even heard the client's greeting


def test_an_insecure_client_connects_to_anyone(server):
    for certificate in ("stranger", "self_signed", "elsewhere", "expired"):
        check_connected(*handshake(tls.insecure_client_context(), server(certificate)))


def test_a_client_without_a_ca_trusts_the_systems(server, certificates, monkeypatch):
    check_refused(handshake(tls.client_context(), server("server"))[0], UNKNOWN)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))  # now it is one of the system's
    for context in (tls.client_context(), tls.verifying(None), tls.verifying(True)):
        check_connected(*handshake(context, server("server")))


def test_a_client_with_a_ca_trusts_no_other(client, server, certificates, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    check_refused(handshake(client("other.pem"), server("server"))[0], UNKNOWN)


def test_all_cas_of_a_file_count(server, certificates, tmp_path):
    both = (certificates / "other.pem").read_bytes() + (certificates / "ca.pem").read_bytes()
    (tmp_path / "both.pem").write_bytes(both)
    der = ssl.PEM_cert_to_DER_cert((certificates / "ca.pem").read_text())
    (tmp_path / "ca.der").write_bytes(der)
    for arguments in ({"cafile": tmp_path / "both.pem"}, {"cafile": tmp_path / "ca.der"}, {"cadata": both.decode()}):
        check_connected(*handshake(tls.client_context(**arguments), server("server")))
    for name in ("server", "stranger"):
        check_connected(*handshake(tls.client_context(cadata=both), server(name)))


# Mutual TLS


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("name", "server_words", "client_words"),
    [
        (None, MISSING, {"TLSv1_2": CUT, "TLSv1_3": WANTED}),
        ("stranger", UNKNOWN, REJECTED),
        ("expired", EXPIRED, REJECTED),
    ],
)
def test_a_server_with_a_ca_demands_a_certificate_of_it(client, server, version, name, server_words, client_words):
    context = server("server", cafile="ca.pem")
    context.maximum_version = version
    sides = handshake(client(name=name), context)
    check_refused(sides[0], client_words if name else client_words[version.name])
    check_refused(sides[1], server_words)


def test_a_client_shows_its_certificate(client, server):
    sides = handshake(client(name="client"), server("server", cafile="ca.pem"))
    check_connected(*sides)
    assert ("email", "client@example.com") in sides[1].tls.getpeercert()["subjectAltName"]


def test_certificate_and_key_may_share_a_file(client, server, certificates, tmp_path):
    for name in ("client", "server"):
        parts = [(certificates / f"{name}{suffix}").read_bytes() for suffix in (".key", ".pem")]
        (tmp_path / f"{name}.pem").write_bytes(b"".join(parts))
    ca = certificates / "ca.pem"
    sides = (
        tls.client_context(ca, certfile=tmp_path / "client.pem"),
        tls.server_context(tmp_path / "server.pem", None, ca),
    )
    check_connected(*handshake(*sides))


# Other failures


def test_nothing_below_tls_1_2(client, server):
    for context in (client(), server("server"), tls.insecure_client_context()):
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_no_version_in_common(client, server):
    old, new = client(), server("server")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    new.minimum_version = ssl.TLSVersion.TLSv1_3
    refused, _ = handshake(old, new)
    check_refused(refused, CUT)


def test_the_client_names_the_server_it_wants(client, server):
    names = []
    context = server("server")
    context.sni_callback = lambda tls, name, context: names.append(name)
    for name in ("localhost", "127.0.0.1", "::1"):
        check_connected(*handshake(client(), context, name))
    assert names == ["localhost", None, None]  # RFC 6066 section 3: no addresses


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"220 mail.example.com ESMTP\r\n"])
def test_a_client_at_a_plain_server(client, answer):
    side = Side(client(), server_hostname="localhost")
    side.incoming.write(answer)
    side.go_on()
    check_refused(side, NOT_TLS)


@pytest.mark.parametrize("request_line", [b"GET / HTTP/1.1\r\n", b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"])
def test_a_plain_client_at_a_server(server, request_line):
    side = Side(server("server"), server_side=True)
    side.incoming.write(request_line)
    side.go_on()
    check_refused(side, NOT_TLS)


def test_an_end_in_the_handshake(client):
    side = Side(client(), server_hostname="localhost")
    side.incoming.write_eof()
    side.go_on()
    check_refused(side, CUT)


# Files


def test_files_that_are_not_there(certificates):
    for arguments in (("none.pem",), (None, None, "none.pem", "none.key")):
        with pytest.raises(FileNotFoundError):
            tls.client_context(*arguments)
    with pytest.raises(FileNotFoundError):
        tls.server_context(certificates / "server.pem", certificates / "none.key")


def test_files_with_something_else(certificates, tmp_path):
    with pytest.raises(ValueError, match="server.key holds no CERTIFICATE"):
        tls.client_context(certificates / "server.key")
    with pytest.raises(ssl.SSLError):
        tls.client_context(cadata=b"0, and not a certificate")
    with pytest.raises(ssl.SSLError):  # another one's key
        tls.server_context(certificates / "server.pem", certificates / "name.key")
    with pytest.raises(TypeError):
        tls.client_context(certificates / "ca.pem", keyfile=certificates / "client.key")


# Over a network


async def opened(context, handler, ssl_of_server):
    """Return (reader, writer) of a TLS client at a server on loopback that runs `handler`; or raise its error."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=ssl_of_server)
    async with asyncio.timeout(20), server:
        return await asyncio.open_connection(*server.sockets[0].getsockname(), ssl=context)


def test_asyncio_raises_the_same_and_connects_error_stays_that_one(client, server):
    async def greet(reader, writer):
        writer.close()

    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        asyncio.run(opened(client(), greet, server("stranger")))
    assert tls.explained(caught.value) is caught.value
    assert [note.startswith(UNKNOWN) for note in caught.value.__notes__] == [True]


def test_a_server_that_hangs_up(client):
    async def hang_up(reader, writer):
        await reader.read(1)
        writer.close()

    with pytest.raises(ConnectionResetError) as caught:
        asyncio.run(opened(client(), hang_up, None))
    assert tls.explain(caught.value).startswith(CUT)
    assert tls.explained(caught.value) is caught.value


def test_nobody_listens():
    async def refused():
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        server.close()
        await server.wait_closed()
        await asyncio.open_connection(*address, ssl=tls.insecure_client_context())

    with pytest.raises(ConnectionRefusedError) as caught:
        asyncio.run(refused())
    assert tls.explain(caught.value) is None and tls.explained(caught.value) is caught.value


def test_asyncios_server_refuses_a_client_without_saying_so(client, server):
    """With TLS 1.3, the client of asyncio's server learns of it as an end of the stream: EOFError stands for it."""

    async def talk():
        reader, writer = await opened(client(), lambda reader, writer: None, server("server", cafile="ca.pem"))
        try:
            async with asyncio.timeout(20):
                return await reader.read(1)
        finally:
            writer.close()

    try:
        assert asyncio.run(talk()) == b""
        error = EOFError()
    except ConnectionResetError as reset:
        error = reset
    assert tls.explain(error).startswith(CUT)


def test_an_encrypted_key_is_a_boards_problem_to_tell(certificates, tmp_path, monkeypatch):
    """CPython asks for its password; a board cannot."""
    key = serialization.load_pem_private_key((certificates / "server.key").read_bytes(), None)
    formats = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    encrypted = key.private_bytes(*formats, serialization.BestAvailableEncryption(b"secret"))
    (tmp_path / "server.key").write_bytes(encrypted)
    monkeypatch.setattr(tls, "MICROPYTHON", True)
    with pytest.raises(ValueError, match="or only an encrypted one"):
        tls.server_context(str(certificates / "server.pem"), str(tmp_path / "server.key"))

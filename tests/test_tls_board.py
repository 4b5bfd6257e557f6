"""Contexts of tls.py in real handshakes on MicroPython, with a Pico W's heap, and the words for mbedTLS's errors.

Each test runs board_tls.py there, against a peer in this process that blocks: unlike
asyncio's servers, it sends its alerts.
"""

import contextlib
import json
import select
import socket
import ssl
import subprocess

import pytest

from tests.test_micropython import ROOT, micropython

pytest_plugins = "tests.certificates"

SECONDS = 30
UNKNOWN = "the certificate is self-signed, or signed by a CA that is not trusted here"
HOST = "the certificate is for another host"
EXPIRED = "the certificate has expired, says this machine's clock"
EARLY = "the certificate is not valid yet, says this machine's clock"
MISSING = "the client has no certificate"
CUT = "the other side broke off in the TLS handshake"
NOT_TLS = "the other side does not speak TLS"
VERIFY_FAILED = -0x2700


@pytest.fixture
def board(certificates):
    """Return a function that lets a board and `peer`, a function of a socket, talk; it returns what both say."""

    def talk(peer, role, name="localhost", **files):
        arguments = {key: str(certificates / file) for key, file in files.items()}
        with socket.create_server(("127.0.0.1", 0)) as listener:
            settings = {"role": role, "port": listener.getsockname()[1], "name": name, "arguments": arguments or None}
            command = [micropython(), "-X", "heapsize=192K", "tests/board_tls.py"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
            process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)
            try:
                process.stdin.write(json.dumps(settings) + "\n")
                process.stdin.flush()
                select.select([listener, process.stdout], [], [], SECONDS)  # it connects, or says why it cannot
                listener.setblocking(False)
                try:
                    connection, _ = listener.accept()
                except BlockingIOError:
                    process.kill()
                    raise AssertionError(process.communicate()[0]) from None
                with connection:
                    connection.settimeout(SECONDS)
                    heard = peer(connection)
                output = process.communicate(timeout=SECONDS)[0]
            finally:
                process.kill()
                process.wait()
        return json.loads(output), heard

    return talk


def secure_peer(context, **options):
    """Return a peer that speaks TLS, and returns what it heard, or its error."""

    def peer(connection):
        try:
            with context.wrap_socket(connection, **options) as secure:
                secure.sendall(b"howdy")
                heard = secure.recv(5)
                with contextlib.suppress(OSError):
                    secure.unwrap()
                return heard
        except OSError as error:
            return error

    return peer


@pytest.fixture
def server(certificates):
    """Return a function that makes a server with the certificate `name`, which adds to `names` what clients want."""

    def make(name, cafile=None, names=None, maximum=ssl.TLSVersion.MAXIMUM_SUPPORTED):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=cafile and certificates / cafile)
        context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
        if cafile:
            context.verify_mode = ssl.CERT_REQUIRED
        if names is not None:
            context.sni_callback = lambda tls, name, context: names.append(name)
        return secure_peer(context, server_side=True)

    return make


@pytest.fixture
def client(certificates):
    """Return a function that makes a client that trusts `ca`, perhaps with the certificate `name`."""

    def make(ca="ca.pem", name=None, host="localhost"):
        context = ssl.create_default_context(cafile=certificates / ca)
        if name:
            context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
        return secure_peer(context, server_hostname=host)

    return make


def check_connected(said, heard):
    assert said == {"data": "howdy"} and heard == b"hello"


def check_refused(said, words, number=None, error=None):
    """Check that the board's connect() would raise OSError with these words, and perhaps this number."""
    assert said.get("raised") == "OSError", said
    assert said["args"][1].startswith(words) and number in (None, said["args"][0]), said
    assert error in (None, said["error"]), said


# A board as a client


@pytest.mark.parametrize(
    ("certificate", "cafile", "name"),
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
def test_a_client_connects_to_whom_it_trusts_and_names_it(board, server, certificate, cafile, name):
    names = []
    check_connected(*board(server(certificate, names=names), "client", name, cafile=cafile))
    assert names == [name]


@pytest.mark.parametrize(
    ("certificate", "cafile", "name", "words"),
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
def test_a_client_refuses_anyone_else(board, server, certificate, cafile, name, words):
    said, heard = board(server(certificate), "client", name, cafile=cafile)
    check_refused(said, words, VERIFY_FAILED, "ValueError")
    assert isinstance(heard, OSError)  # and not the client's greeting


def test_a_client_tells_all_reasons(board, server):
    said, _ = board(server("expired"), "client", "elsewhere.example", cafile="other.pem")
    check_refused(said, EXPIRED)
    assert HOST in said["args"][1] and UNKNOWN in said["args"][1]


def test_an_insecure_client_connects_to_anyone(board, server):
    check_connected(*board(server("expired"), "client", "elsewhere.example"))


def test_all_cas_of_a_file_count(board, server, certificates, tmp_path):
    parts = [(certificates / name).read_bytes() for name in ("other.pem", "ca.pem")]
    (tmp_path / "both.pem").write_bytes(b"Two of them.\n" + b"".join(parts))
    for name in ("server", "stranger"):
        check_connected(*board(server(name), "client", cafile=tmp_path / "both.pem"))


def test_a_ca_may_be_der(board, server, certificates, tmp_path):
    (tmp_path / "ca.der").write_bytes(ssl.PEM_cert_to_DER_cert((certificates / "ca.pem").read_text()))
    check_connected(*board(server("server"), "client", cafile=tmp_path / "ca.der"))


@pytest.mark.parametrize("name", ["client", "chained", "rsa"])
def test_a_client_shows_its_certificate(board, server, name):
    files = {"certfile": f"{name}.pem", "keyfile": f"{name}.key"}
    check_connected(*board(server("server", "ca.pem"), "client", cafile="ca.pem", **files))


@pytest.mark.parametrize("name", [None, "stranger", "expired"])
def test_a_client_that_a_server_refuses(board, server, name):
    files = {"certfile": f"{name}.pem", "keyfile": f"{name}.key"} if name else {}
    said, heard = board(server("server", "ca.pem"), "client", cafile="ca.pem", **files)
    check_refused(said, CUT, error="OSError")
    assert isinstance(heard, ssl.SSLError)


def test_a_client_at_a_plain_server(board):
    def plain(connection):
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        return connection.recv(1)

    said, heard = board(plain, "client", cafile="ca.pem")
    check_refused(said, NOT_TLS, -0x7200)
    assert heard == b"\x16"  # the first byte of a handshake


def test_a_client_at_a_server_that_hangs_up(board):
    said, _ = board(lambda connection: connection.recv(1000), "client", cafile="ca.pem")
    check_refused(said, CUT)


# A board as a server


@pytest.mark.parametrize("name", ["server", "chained", "rsa"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_server_is_trusted(board, client, name, host):
    files = {"certfile": f"{name}.pem", "keyfile": f"{name}.key"}
    check_connected(*board(client(host=host), "server", **files))


def test_certificate_and_key_may_share_a_file(board, client, certificates, tmp_path):
    parts = [(certificates / name).read_bytes() for name in ("server.key", "server.pem")]
    (tmp_path / "both.pem").write_bytes(b"".join(parts))
    check_connected(*board(client(), "server", certfile=tmp_path / "both.pem"))


def test_a_server_that_a_client_refuses(board, client):
    said, heard = board(client("other.pem"), "server", certfile="server.pem", keyfile="server.key")
    check_refused(said, CUT)
    assert isinstance(heard, ssl.SSLCertVerificationError)


def test_a_server_with_a_ca_takes_clients_with_a_certificate_of_it(board, client):
    files = {"certfile": "server.pem", "keyfile": "server.key", "cafile": "ca.pem"}
    check_connected(*board(client(name="client"), "server", **files))


@pytest.mark.parametrize(
    ("name", "words", "number"),
    [(None, MISSING, -0x7480), ("stranger", UNKNOWN, VERIFY_FAILED), ("expired", EXPIRED, VERIFY_FAILED)],
)
def test_a_server_with_a_ca_refuses_all_others(board, client, name, words, number):
    files = {"certfile": "server.pem", "keyfile": "server.key", "cafile": "ca.pem"}
    said, heard = board(client(name=name), "server", **files)
    check_refused(said, words, number)
    assert isinstance(heard, ssl.SSLError)


def test_a_plain_client_at_a_server(board):
    def plain(connection):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            return connection.recv(100)

    said, heard = board(plain, "server", certfile="server.pem", keyfile="server.key")
    check_refused(said, NOT_TLS, -0x7200)
    assert not heard or heard[0] == 0x15  # an alert at most

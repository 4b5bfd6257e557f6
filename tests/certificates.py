"""Certificates for tests, good and bad, made anew for each session: none is in the repository.

A test module asks for them with `pytest_plugins = "tests.certificates"`, and a test with the
fixture `certificates`: a folder (Path) with NAME.pem and NAME.key for each of these. Keys
are EC ones but for rsa's, in the traditional format unless it says PKCS #8.

    ca              the CA that signs those below; ca.pem only
    server          for localhost, 127.0.0.1 and ::1
    chained         the same, signed by a CA that ca has signed and that chained.pem holds, too; PKCS #8
    rsa             the same, with an RSA key
    name, address   for localhost only; for 127.0.0.1 and ::1 only
    elsewhere       for elsewhere.example
    expired, early  for localhost, until yesterday; from tomorrow
    client          for a client
    other           another CA; other.pem only
    stranger        for localhost, or for a client, signed by other
    self_signed     for localhost, signed by itself; PKCS #8
"""

import datetime

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return make(tmp_path_factory.mktemp("certificates"))


def make(folder):
    """Write all of them into `folder` (Path), and return it."""
    now = datetime.datetime.now(datetime.UTC)
    here = ("localhost", "127.0.0.1", "::1")
    ca, other = trustme.CA(), trustme.CA()
    for name, authority in (("ca", ca), ("other", other)):
        authority.cert_pem.write_to_path(folder / f"{name}.pem")
    leaves = {
        "server": ca.issue_cert(*here),
        "chained": ca.create_child_ca().issue_cert(*here),
        "rsa": ca.issue_cert(*here, key_type=trustme.KeyType.RSA),
        "name": ca.issue_cert("localhost"),
        "address": ca.issue_cert("127.0.0.1", "::1"),
        "elsewhere": ca.issue_cert("elsewhere.example"),
        "expired": ca.issue_cert("localhost", not_before=now - 9 * DAY, not_after=now - DAY),
        "early": ca.issue_cert("localhost", not_before=now + DAY, not_after=now + 9 * DAY),
        "client": ca.issue_cert("client@example.com"),
        "stranger": other.issue_cert("localhost"),
    }
    for name, leaf in leaves.items():
        (folder / f"{name}.pem").write_bytes(b"".join(part.bytes() for part in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(folder / f"{name}.key")
    chained = serialization.load_pem_private_key((folder / "chained.key").read_bytes(), password=None)
    (folder / "chained.key").write_bytes(_pkcs8(chained))
    _write_self_signed(folder, now)
    return folder


def _write_self_signed(folder, now):
    """Write what trustme does not make."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "self-signed")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "self_signed.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "self_signed.key").write_bytes(_pkcs8(key))


def _pkcs8(key):
    """Return a private key of `cryptography` as PEM (bytes) in PKCS #8."""
    formats = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(*formats, serialization.NoEncryption())

"""Certificates for the servers and clients of a lesson, made anew each time.

    certfile, keyfile = certificates.make()     # for localhost and 127.0.0.1, for a day

It signs itself, so whoever trusts this very file trusts the server, and no one else does.

    school = certificates.Authority()           # a certificate authority, a CA
    certfile, keyfile = school.issue("127.0.0.1")

Whoever trusts school.cafile trusts each certificate that the school has issued.
"""

import atexit
import datetime
import ipaddress
import shutil
import tempfile
from pathlib import Path

HOUR = datetime.timedelta(hours=1)
DAY = 24 * HOUR


def make(folder=None, names=("localhost", "127.0.0.1")):
    """Write a new certificate and its key as PEM; return their paths, two str.

    folder: where to write them; None for one of their own, which this process removes when it ends.
    names: what the server is called: names of hosts, and IP addresses.
    """
    return _write(folder or _folder(), "server", *_certificate("a server of a lesson", names=names))


class Authority:
    """A certificate authority (CA), made on the spot: a key that signs the certificates of others.

    cafile: str, the path of its own certificate as PEM, for those who trust it. Its key stays in memory.
    folder: where to write; None for a folder of its own, which this process removes when it ends.
    """

    def __init__(self, folder=None):
        self._folder = Path(folder or _folder())
        self._issued = 0
        self._key, self._certificate = _certificate("a CA of a lesson")
        self.cafile = str(self._folder / "ca.pem")
        Path(self.cafile).write_bytes(_pem(self._certificate))

    def issue(self, *names, days=1):
        """Write a certificate that this CA has signed, and its key, as PEM; return their paths, two str.

        names: str each, what the server or the client is called: names of hosts or persons, and IP addresses.
        days: int, for how long it is valid; -1 for one that expired yesterday.
        """
        self._issued += 1
        signed = _certificate(names[0], names, days, self._key, self._certificate)
        return _write(self._folder, f"issued-{self._issued}", *signed)


def _folder():
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _certificate(title, names=(), days=1, signer=None, authority=None):
    """Return (key, certificate), new ones.

    title: str, its common name. names, days: as for Authority.issue; without names, it is for a CA.
    signer, authority: key and certificate of the CA that signs; without them, it signs itself.

    It holds what RFC 5280 section 4.2.1 asks for, since Python 3.13 accepts no less in a chain.
    """
    from cryptography import x509  # here: only a lesson with TLS has to load it
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, title)])
    issuer = authority.subject if authority else name
    now = datetime.datetime.now(datetime.UTC)
    end = now + days * DAY
    dates = min(now, end) - HOUR, end
    builder = x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number(), *dates)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    signer = signer or key
    signer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(signer_id, critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(_alternative, names))), critical=False)
    else:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_for_signing(), critical=True)
    return key, builder.sign(signer, hashes.SHA256())


def _alternative(text):
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _for_signing():
    """Return the extension that allows a key to sign certificates, and nothing else."""
    from cryptography import x509

    uses = "digital_signature content_commitment key_encipherment data_encipherment key_agreement".split()
    uses += "key_cert_sign crl_sign encipher_only decipher_only".split()
    return x509.KeyUsage(**{use: use == "key_cert_sign" for use in uses})


def _write(folder, name, key, certificate):
    """Write a certificate and its key into `folder`; return their paths, two str. Only the owner may read the key."""
    from cryptography.hazmat.primitives import serialization

    certfile, keyfile = Path(folder) / f"{name}.pem", Path(folder) / f"{name}.key"
    certfile.write_bytes(_pem(certificate))
    keyfile.touch(mode=0o600)
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    keyfile.write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    return str(certfile), str(keyfile)


def _pem(certificate):
    from cryptography.hazmat.primitives import serialization

    return certificate.public_bytes(serialization.Encoding.PEM)

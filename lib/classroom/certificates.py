"""A certificate for a server in a lesson, made anew each time.

    certfile, keyfile = certificates.make()     # for localhost and 127.0.0.1, for a day

It signs itself, so whoever trusts this very file trusts the server, and no one else does.
"""

import atexit
import datetime
import ipaddress
import shutil
import tempfile
from pathlib import Path

HOUR = datetime.timedelta(hours=1)


def make(folder=None, names=("localhost", "127.0.0.1")):
    """Write a new certificate and its key as PEM; return their paths, two str.

    folder: where to write them; None for one of their own, which this process removes when it ends.
    names: what the server is called: names of hosts, and IP addresses.
    """
    from cryptography import x509  # here: only a lesson with TLS has to load it
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    if folder is None:
        folder = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a server of a lesson")])
    now = datetime.datetime.now(datetime.UTC)
    lifetime = (now - HOUR, now + 24 * HOUR)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), *lifetime)
    alternatives = []
    for text in names:
        try:
            alternatives.append(x509.IPAddress(ipaddress.ip_address(text)))
        except ValueError:
            alternatives.append(x509.DNSName(text))
    builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    certfile, keyfile = Path(folder) / "server.pem", Path(folder) / "server.key"
    pem = serialization.Encoding.PEM
    certfile.write_bytes(certificate.public_bytes(pem))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    keyfile.write_bytes(key.private_bytes(pem, *private))
    return str(certfile), str(keyfile)

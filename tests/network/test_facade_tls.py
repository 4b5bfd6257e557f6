"""AsyncWebsocketClient and wss: what cert_reqs verifies, and how files may be given, on both runtimes."""

import asyncio
import json
import ssl
import subprocess

import pytest
import websockets
from cryptography.hazmat.primitives import serialization

from tests.network.board.facade_tls import CONTENT, outcome
from tests.network.helpers import run
from tests.test_micropython import ROOT, micropython

pytest_plugins = "tests.certificates"


@pytest.fixture(scope="module")
def files(certificates):
    """Return the folder of certificates, with client and ca as DER, too, and the client's own in one file."""
    for name in ("ca", "client"):
        pem = (certificates / f"{name}.pem").read_text()
        (certificates / f"{name}.der").write_bytes(ssl.PEM_cert_to_DER_cert(pem))
    key = (certificates / "client.key").read_bytes()
    (certificates / "both.pem").write_bytes((certificates / "client.pem").read_bytes() + key)
    key = serialization.load_pem_private_key(key, password=None)
    for name, form in (("sec1", "TraditionalOpenSSL"), ("pkcs8", "PKCS8")):
        form = getattr(serialization.PrivateFormat, form)
        der = key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())
        (certificates / f"{name}.der").write_bytes(der)
    return certificates


def with_paths(arguments, folder):
    """Return the arguments with the path of each file in `folder` for its name."""

    def path(value):
        head, found, name = value.partition(CONTENT) if isinstance(value, str) else ("", "", None)
        if name is None:
            return value
        return f"{found}{folder / (name or head)}"

    return {name: path(value) for name, value in arguments.items()}


async def echo(ws):
    async for message in ws:
        await ws.send(message)


async def on_cpython(url, arguments):
    return await outcome(url, arguments)


async def on_micropython(url, arguments):
    program = [micropython(), "tests/network/board/facade_tls.py", "lib", url]
    process = await asyncio.create_subprocess_exec(
        *program, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output, _ = await process.communicate(json.dumps(arguments).encode())  # an argument takes 255 bytes at most
    return output.decode().rstrip()


RUNTIMES = pytest.mark.parametrize("runtime", [on_cpython, on_micropython], ids=["CPython", "MicroPython"])


def connect(runtime, files, certificate, arguments, mutual=False):
    """Return the outcome (str) of connecting to a server that shows `certificate`; mutual: it demands the client's."""

    async def main():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files / f"{certificate}.pem", files / f"{certificate}.key")
        if mutual:
            context.load_verify_locations(files / "ca.pem")
            context.verify_mode = ssl.CERT_REQUIRED
        async with websockets.serve(echo, "127.0.0.1", 0, ssl=context) as server:
            url = "wss://localhost:%d/" % server.sockets[0].getsockname()[1]
            return await runtime(url, with_paths(arguments, files))

    return run(main())


CONNECTED = {
    "by default, nothing is verified": ("stranger", {}),
    "not even that it is this host": ("elsewhere", {"cert_reqs": 0}),
    "0, and a CA that did not sign": ("server", {"cert_reqs": 0, "cafile": "other.pem"}),
    "1 without a CA": ("stranger", {"cert_reqs": 1}),
    "1 with the right CA": ("server", {"cert_reqs": 1, "cafile": "ca.pem"}),
    "2 with PEM": ("server", {"cert_reqs": 2, "cafile": "ca.pem"}),
    "2 with the bytes of PEM": ("server", {"cert_reqs": 2, "cafile": CONTENT + "ca.pem"}),
    "2 with DER": ("server", {"cert_reqs": 2, "cafile": "ca.der"}),
    "2 with the bytes of DER": ("server", {"cert_reqs": 2, "cafile": CONTENT + "ca.der"}),
}


@RUNTIMES
@pytest.mark.parametrize("case", CONNECTED.values(), ids=CONNECTED)
def test_connects(runtime, case, files):
    certificate, arguments = case
    assert connect(runtime, files, certificate, arguments) == "connected"


REFUSED = {
    "1 with a CA that did not sign": ("server", {"cert_reqs": 1, "cafile": "other.pem"}),
    "2 with a CA that did not sign": ("server", {"cert_reqs": 2, "cafile": "other.pem"}),
    "2 without a CA": ("server", {"cert_reqs": 2}),
    "2, another host": ("elsewhere", {"cert_reqs": 2, "cafile": "ca.pem"}),
    "2, expired": ("expired", {"cert_reqs": 2, "cafile": "ca.pem"}),
    "2, what is no CA": ("server", {"cert_reqs": 2, "cafile": "client.key"}),
    "2, no such file": ("server", {"cert_reqs": 2, "cafile": "nowhere.pem"}),
    "3": ("server", {"cert_reqs": 3, "cafile": "ca.pem"}),
    "a key without a certificate": ("server", {"keyfile": "client.key"}),
    "what is no key": ("server", {"certfile": CONTENT + "client.der", "keyfile": CONTENT + "client.der"}),
}


@RUNTIMES
@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_raises(runtime, case, files):
    certificate, arguments = case
    found = connect(runtime, files, certificate, arguments)
    assert "Error: " in found and "AssertionError" not in found and "\n  File" not in found


OWN = {
    "PEM": ("client.pem", "client.key"),
    "PEM in one file": ("both.pem", None),
    "the bytes of PEM": (CONTENT + "client.pem", CONTENT + "client.key"),
    "the bytes of PEM in one": (CONTENT + "both.pem", None),
    "DER": ("client.der", "sec1.der"),
    "the bytes of DER": (CONTENT + "client.der", CONTENT + "pkcs8.der"),
    "PEM, and the key as DER": ("client.pem", "pkcs8.der"),
}


@RUNTIMES
@pytest.mark.parametrize("case", OWN.values(), ids=OWN)
def test_the_clients_own_certificate(runtime, case, files):
    certfile, keyfile = case
    arguments = {"certfile": certfile, "cert_reqs": 2, "cafile": "ca.pem"}
    if keyfile:
        arguments["keyfile"] = keyfile
    assert connect(runtime, files, "server", arguments, mutual=True) == "connected"


@RUNTIMES
def test_a_server_that_demands_a_certificate_refuses_a_client_without(runtime, files):
    async def tolerant(url, arguments):
        try:
            return await runtime(url, arguments)
        except Exception as error:
            return repr(error)

    assert "connected" not in connect(tolerant, files, "server", {}, mutual=True)


@RUNTIMES
def test_ws_takes_no_notice_of_files(runtime, tmp_path):
    async def main():
        async with websockets.serve(echo, "127.0.0.1", 0) as server:
            url = "ws://localhost:%d/" % server.sockets[0].getsockname()[1]
            return await runtime(url, with_paths({"cafile": "nowhere", "certfile": "nowhere"}, tmp_path))

    assert run(main()) == "connected"

"""Fixtures for tests with TLS and boards: `pytest_plugins = ("tests.certificates", "tests.network.fixtures")`."""

import pytest

import pocketws
from tests.network.boards import WssClient, WssServer
from tests.network.compiled import compile_library


@pytest.fixture
def server_tls(certificates):
    """Return a function that makes the context of a server with the certificate `name`."""

    def make(name="server", cafile=None, version=None):
        cafile = cafile and certificates / cafile
        context = pocketws.server_context(certificates / f"{name}.pem", certificates / f"{name}.key", cafile)
        if version is not None:
            context.maximum_version = version
        return context

    return make


@pytest.fixture
def client_tls(certificates):
    """Return a function that makes the context of a client that trusts `ca`, perhaps with the certificate `name`."""

    def make(ca="ca.pem", name=None):
        own = (certificates / f"{name}.pem", certificates / f"{name}.key") if name else ()
        return pocketws.client_context(certificates / ca, None, *own)

    return make


@pytest.fixture(scope="session")
def compiled_library(tmp_path_factory):
    return compile_library(tmp_path_factory.mktemp("lib"))


@pytest.fixture
def board_client(compiled_library, certificates):
    """Return a function that makes a WssClient."""
    return lambda: WssClient(compiled_library, certificates)


@pytest.fixture
def board_server(compiled_library, certificates):
    """Return a function that makes a WssServer: with its arguments for server_context(), of which files are names."""
    return lambda *arguments: WssServer(compiled_library, certificates, arguments)

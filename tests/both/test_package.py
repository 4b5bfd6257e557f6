"""The package's public names: imported when they are asked for, and not before."""

import sys

import pocketws
from tests.both.helpers import raises

PUBLIC = ("connect", "ClientConnection", "serve", "broadcast", "Server", "ServerConnection", "State")
HTTP = ("Headers", "Request", "Response")


def test_public_names():
    for name in PUBLIC + HTTP:
        found = getattr(pocketws, name)
        assert found.__name__ == name
    assert pocketws.connect is sys.modules["pocketws.client"].connect
    assert pocketws.serve is sys.modules["pocketws.server"].serve
    assert pocketws.Headers is sys.modules["pocketws.http"].Headers


def test_import_statement():
    from pocketws import ConnectionClosed, ConnectionClosedOK, State
    from pocketws.connection import State as same

    assert issubclass(ConnectionClosedOK, ConnectionClosed)
    assert State is same


def test_every_exception_is_there():
    from pocketws import exceptions

    for name in ("WebSocketException", "InvalidURI", "InvalidHandshake", "InvalidStatus", "ConcurrencyError"):
        assert getattr(pocketws, name) is getattr(exceptions, name)


def test_modules_are_there():
    assert pocketws.frames is sys.modules["pocketws.frames"]
    assert pocketws.exceptions is sys.modules["pocketws.exceptions"]


def test_what_is_not_there():
    for name in ("nothing", "Nothing", "_nothing", "__nothing__", "connects"):
        raises(AttributeError, getattr, pocketws, name)
        assert not hasattr(pocketws, name)
    assert "nothing" in str(raises(AttributeError, getattr, pocketws, "nothing"))


def test_version():
    numbers = pocketws.__version__.split(".")
    assert len(numbers) == 3
    assert all(int(number) >= 0 for number in numbers)


def test_import_of_the_package_loads_nothing_else():
    """It is in memory already, so its source is run again under another name."""
    before = set(sys.modules)
    with open(pocketws.__file__) as file:
        exec(file.read(), {"__name__": "again"})
    assert set(sys.modules) == before

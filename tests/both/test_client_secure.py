"""connect() and wss://, as far as there is no network: which context it uses, and from where to where it redirects."""

import ssl

from pocketws import client as module
from pocketws import tls
from pocketws.compat import MICROPYTHON
from pocketws.exceptions import InvalidMessage, InvalidStatus, SecurityError
from tests.both.memory import asynchronous, fails
from tests.both.memory_network import Network, ending, http

HOST = "example.com"
SECURE = "wss://example.com/"
END = ending(http("400 Bad Request", body="the end"))


class Context:
    """As much of an SSLContext as connect() looks at."""

    verify_mode = ssl.CERT_REQUIRED

    def wrap_socket(self):
        raise AssertionError("there is no socket")


def connect(uri, **options):
    return module.connect(uri, compression=None, **options)


def to(location):
    return ending(http("302 Found", "Location: " + location, "Content-Length: 0"))


@asynchronous
async def test_wss_is_dialled_with_a_context():
    context = Context()
    network = Network()
    with network.of(module):
        network.answers(END, HOST, 443)
        await fails(InvalidStatus, connect(SECURE, ssl=context))
        await fails(InvalidStatus, connect(SECURE, ssl=context, server_hostname="other.example"))
    assert [dial[:4] for dial in network.dials] == [
        (HOST, 443, context, HOST),
        (HOST, 443, context, "other.example"),
    ]


@asynchronous
async def test_redirect_from_ws_to_wss_verifies():
    network = Network()
    with network.of(module):
        network.answers(to("https://example.com/"), HOST, 80)
        network.answers(END, HOST, 443)
        if MICROPYTHON:  # which knows no authorities
            await fails(ValueError, connect("ws://example.com/"))
        else:
            await fails(InvalidStatus, connect("ws://example.com/"))
            assert network.dials[1][2].verify_mode == ssl.CERT_REQUIRED


@asynchronous
async def test_redirect_from_wss_to_wss_is_followed():
    network = Network()
    context = Context()
    with network.of(module):
        network.answers(to("https://example.com:8443/"), HOST, 443)
        network.answers(END, HOST, 8443)
        await fails(InvalidStatus, connect(SECURE, ssl=context))
    assert [dial[:3] for dial in network.dials] == [(HOST, 443, context), (HOST, 8443, context)]


@asynchronous
async def test_tls_that_fails_is_explained():
    """The words are those of tls.explained()."""
    network = Network()

    async def open_link(*arguments):
        raise OSError(104, "reset")

    network.open_link = open_link
    with network.of(module):
        error = await fails(OSError, connect(SECURE, ssl=Context()))
    words = error.args[1] if MICROPYTHON else error.__notes__[0]
    assert words == tls.explain(OSError(104, "reset"))


@asynchronous
async def test_server_that_refuses_ends_the_connection():
    """With TLS 1.3 a client learns so late, and without a word, that its certificate is refused."""
    network = Network()
    with network.of(module):
        network.answers(ending(b""), HOST, 443)
        error = await fails(InvalidMessage, connect(SECURE, ssl=Context()))
        assert tls.explain(EOFError()) in str(error)
        assert isinstance(error.__cause__, EOFError)
        assert module.process_exception(error) is None


@asynchronous
async def test_redirect_from_wss_to_ws_is_refused(case):
    """Anyone could read along there."""
    name, location = case
    network = Network()
    with network.of(module):
        network.answers(to(location), HOST, 443)
        error = await fails(SecurityError, connect(SECURE, ssl=Context()))
        assert "from wss:// to ws://" in str(error)
    assert len(network.dials) == 1


CASES = {
    "test_redirect_from_wss_to_ws_is_refused": (
        ("ws", "ws://example.com/"),
        ("http", "http://example.com/"),
        ("the same port", "ws://example.com:443/"),
    ),
}

"""connect() and servers that redirect: where it goes, what it takes there, and where it does not go."""

from pocketws import client as module
from pocketws.exceptions import InvalidStatus, InvalidURI, SecurityError
from tests.both.memory import STEPS, asynchronous, fails
from tests.both.memory_network import Network, ending, http

HOST, PORT = "example.com", 80
START = "ws://example.com/a/b?c=d"
END = ending(http("400 Bad Request", body="the end"))


def connect(uri=START, **options):
    return module.connect(uri, compression=None, **options)


def to(location, status="302 Found"):
    """Return an answer() that redirects to `location`."""
    return ending(http(status, "Location: " + location, "Content-Length: 0"))


def chain(network, *places, status="302 Found"):
    """Let a server redirect to each of `places`, one after the other, and then answer 400."""
    answers = [to(place, status) for place in places]
    return network.answers(lambda peer: (answers.pop(0) if answers else END)(peer), HOST, PORT)


@asynchronous
async def test_where_a_redirect_leads(case):
    """As RFC 3986 section 5.2 has it; and http stands for ws, https for wss."""
    name, location, address, path = case
    network = Network()
    with network.of(module):
        first = chain(network, location)
        others = first if address == (HOST, PORT) else network.answers(END, *address)
        error = await fails(InvalidStatus, connect())
        assert error.response.body == b"the end"
    assert [dial[:2] for dial in network.dials] == [(HOST, PORT), address]
    assert first[0].lines[0] == "GET /a/b?c=d HTTP/1.1"
    assert others[-1].lines[0] == "GET %s HTTP/1.1" % path


@asynchronous
async def test_status_that_redirects(case):
    name, status, follows = case
    network = Network()
    with network.of(module):
        chain(network, "/there", status=status)
        error = await fails(InvalidStatus, connect())
    assert error.response.status_code == (400 if follows else int(name))
    assert len(network.dials) == (2 if follows else 1)


@asynchronous
async def test_redirect_to_nowhere():
    """Without a Location, or with two of them, there is nowhere to go."""
    for headers in ((), ("Location: /a", "Location: /b")):
        network = Network()
        with network.of(module):
            network.answers(ending(http("302 Found", *headers)), HOST, PORT)
            error = await fails(InvalidStatus, connect())
        assert error.response.status_code == 302
        assert len(network.dials) == 1


@asynchronous
async def test_number_of_redirects(case):
    name, step = case
    network = Network(step)
    with network.of(module):
        chain(network, *["/%d" % number for number in range(10)])
        await fails(InvalidStatus, connect())
        assert len(network.dials) == 11
        chain(network, *["/%d" % number for number in range(11)])
        error = await fails(SecurityError, connect())
        assert str(error) == "the server redirects more than 10 times"
        assert len(network.dials) == 22


@asynchronous
async def test_same_origin_is_told_the_same():
    network = Network()
    with network.of(module):
        peers = chain(network, "/there", "ws://EXAMPLE.com:80/again")
        secrets = [("Authorization", "secret"), ("Cookie", "a=b"), ("X-Test", "1")]
        await fails(InvalidStatus, connect(additional_headers=secrets, origin="http://o", subprotocols=["chat"]))
    assert len(peers) == 3
    for peer in peers:
        for line in ("Authorization: secret", "Cookie: a=b", "X-Test: 1", "Origin: http://o"):
            assert line in peer.lines
        assert "Sec-WebSocket-Protocol: chat" in peer.lines


@asynchronous
async def test_another_origin_is_told_no_secrets(case):
    name, address = case
    network = Network()
    with network.of(module):
        chain(network, "ws://%s:%d/" % address)
        others = network.answers(END, *address)
        headers = {"authorization": "secret", "COOKIE": "a=b", "Proxy-Authorization": "c", "X-Test": "1"}
        await fails(InvalidStatus, connect(additional_headers=headers))
    (peer,) = others
    assert "X-Test: 1" in peer.lines
    assert [line for line in peer.lines if "secret" in line or "a=b" in line or line.startswith("Proxy")] == []
    assert "User-Agent: pocketws/" in "".join(peer.lines)


@asynchronous
async def test_secrets_do_not_come_back_on_the_way_back():
    """What was left out once stays out."""
    network = Network()
    with network.of(module):
        peers = chain(network, "ws://other.example/")
        network.answers(to(START), "other.example", 80)
        await fails(InvalidStatus, connect(additional_headers={"Cookie": "a=b"}))
    assert [peer.header("Cookie") for peer in peers] == ["a=b", None]


@asynchronous
async def test_password_of_the_uri_stays_with_its_origin():
    network = Network()
    uri = "ws://user:password@example.com/"
    with network.of(module):
        peers = chain(network, "/there", "ws://new:login@example.com/", "ws://other.example/")
        others = network.answers(END, "other.example", 80)
        await fails(InvalidStatus, connect(uri))
    found = [peer.header("Authorization") for peer in peers]
    assert found[0] == found[1] == "Basic dXNlcjpwYXNzd29yZA=="
    assert found[2] == "Basic bmV3OmxvZ2lu"
    assert [peer.header("Authorization") for peer in others] == [None]


@asynchronous
async def test_where_it_does_not_go(case):
    name, location, options, kind, text = case
    network = Network()
    with network.of(module):
        chain(network, location)
        error = await fails(kind, connect(**options))
        assert text in str(error)
    assert len(network.dials) == 1


@asynchronous
async def test_own_address_holds_for_the_same_origin():
    network = Network()
    with network.of(module):
        chain(network, "/there")
        await fails(InvalidStatus, connect(local_addr=("::1", 0)))
    assert [dial[4] for dial in network.dials] == [{"local_addr": ("::1", 0)}] * 2


CASES = {
    "test_where_a_redirect_leads": (
        ("absolute path", "/there", (HOST, 80), "/there"),
        ("path with a query", "/there?x=y", (HOST, 80), "/there?x=y"),
        ("relative path", "there", (HOST, 80), "/a/there"),
        ("relative path with a query", "there?x=y/z", (HOST, 80), "/a/there?x=y/z"),
        ("query alone", "?x=y", (HOST, 80), "/a/b?x=y"),
        ("up", "../there", (HOST, 80), "/there"),
        ("up too far", "../../there", (HOST, 80), "/there"),
        ("here", "./there", (HOST, 80), "/a/there"),
        ("dots in an absolute path", "/x/./y/../there", (HOST, 80), "/x/there"),
        ("dots at the end", "/x/y/..", (HOST, 80), "/x/"),
        ("another host", "ws://other.example/there", ("other.example", 80), "/there"),
        ("another port", "ws://example.com:8080", (HOST, 8080), "/"),
        ("host without scheme", "//other.example:81/there", ("other.example", 81), "/there"),
        ("http", "http://other.example/there", ("other.example", 80), "/there"),
        ("HTTP", "HTTP://example.com/there", (HOST, 80), "/there"),
        ("a URI in the query", "?next=http://other.example/", (HOST, 80), "/a/b?next=http://other.example/"),
        ("a URI in the query of a path", "/x?next=ws://y/", (HOST, 80), "/x?next=ws://y/"),
        ("a URI in the query of a name", "x?next=ws://y/", (HOST, 80), "/a/x?next=ws://y/"),
    ),
    "test_status_that_redirects": (
        ("300", "300 Multiple Choices", True),
        ("301", "301 Moved Permanently", True),
        ("302", "302 Found", True),
        ("303", "303 See Other", True),
        ("307", "307 Temporary Redirect", True),
        ("308", "308 Permanent Redirect", True),
        ("304", "304 Not Modified", False),
        ("305", "305 Use Proxy", False),
        ("200", "200 OK", False),
        ("503", "503 Service Unavailable", False),
    ),
    "test_number_of_redirects": STEPS,
    "test_another_origin_is_told_no_secrets": (
        ("host", ("other.example", 80)),
        ("port", (HOST, 8080)),
    ),
    "test_where_it_does_not_go": (
        ("another scheme", "ftp://example.com/", {}, InvalidURI, "ftp"),
        ("no URI", "ws://", {}, InvalidURI, "host"),
        ("own address", "ws://other.example/", {"local_addr": ("::1", 0)}, ValueError, "connect to that"),
        ("own name", "ws://other.example/", {"server_hostname": "x"}, ValueError, "connect to that"),
        ("own socket", "/there", {"sock": object()}, ValueError, "connect to that"),
    ),
}

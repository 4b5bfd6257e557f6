"""Who gets in, and who does not: lesson 14's server, doors and impostor, on both libraries, and in Chromium.

The lesson promises an error for each fault: the tables below hold them. What the lesson's cells define is taken from
the cells, so that the tests try what the student sees.
"""

import asyncio
import contextlib
import re
import ssl
from urllib.parse import urlsplit

import pytest
import websockets

import pocketws
from classroom import certificates, pages, scripts
from classroom.impostor import Impostor
from classroom.workspace import ROOT
from tests import test_scripts
from tests.browser import CHROMIUM, find_chromium
from tests.notebook_rules import code_cells
from tests.thorough import first

LESSON = "\n\n".join(code_cells(ROOT / "notebooks" / "14_letting_the_right_people_in.ipynb"))
NAME = "guarded_server.py"
TOKEN = "sesame-7"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}
OWN = "https://chat.example"  # where the pages come from that guarded_server lets in
LIBRARIES = {library.__name__: library for library in (websockets, pocketws)}

by_library = pytest.mark.parametrize("library", LIBRARIES)
in_all_pairs = pytest.mark.parametrize(
    "ours, theirs", [(one, other) for one in LIBRARIES for other in LIBRARIES], ids=lambda name: name
)


def tried(coroutine, seconds=60, run=asyncio.run):
    async def limited():
        async with asyncio.timeout(seconds):
            return await coroutine

    return run(limited())


def defined(*names, **scope):
    """Return what the lesson's cells define under `names`; scope: other names that it uses."""
    scope |= {"TOKEN": TOKEN, "asyncio": asyncio, "ssl": ssl}
    for name in names:
        exec(scripts.definition(LESSON, name), scope)
    found = [scope[name] for name in names]
    return found[0] if len(found) == 1 else found


@pytest.fixture(scope="module")
def school():
    return certificates.Authority()


@pytest.fixture(scope="module")
def unknown():
    return certificates.Authority()


def knock(library, *args, **options):
    """Await the lesson's `knock`, with the connect() of `library`."""
    names = ("connect", "InvalidStatus", "InvalidMessage")
    return defined("knock", **{name: getattr(library, name) for name in names})(*args, **options)


@contextlib.asynccontextmanager
async def serving(library, handler, **options):
    """Run a server of `library`; give its URL."""
    async with library.serve(handler, "127.0.0.1", 0, **options) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"{'wss' if options.get('ssl') else 'ws'}://127.0.0.1:{port}/"


async def idle(connection):
    await connection.wait_closed()


# ---------------------------------------------------------------- certificates

NOT_SIGNED = "unable to get local issuer certificate"

# {certificate: what a client that trusts the school's CA is told}
ERRORS = {
    "right": "open",
    "wrong name": "IP address mismatch, certificate is not valid for '127.0.0.1'.",
    "expired": "certificate has expired",
    "wrong CA": NOT_SIGNED,
    "self-signed": "self-signed certificate",
}


def issue(kind, school, unknown):
    return {
        "right": lambda: school.issue("127.0.0.1"),
        "wrong name": lambda: school.issue("chat.example"),
        "expired": lambda: school.issue("127.0.0.1", days=-1),
        "wrong CA": lambda: unknown.issue("127.0.0.1"),
        "self-signed": certificates.make,
    }[kind]()


@in_all_pairs
@pytest.mark.parametrize("kind", ERRORS)
def test_a_certificate_is_refused_for_what_is_wrong_with_it(kind, ours, theirs, school, unknown):
    """From ours, a client, to theirs, a server; by the lesson's own two contexts."""
    context = defined("server_context")(*issue(kind, school, unknown))

    async def knocks():
        async with serving(LIBRARIES[theirs], idle, ssl=context) as url:
            trusting = ssl.create_default_context(cafile=school.cafile)
            return await knock(LIBRARIES[ours], url, ssl=trusting)

    assert tried(knocks()).replace("self signed", "self-signed") == ERRORS[kind]


@in_all_pairs
def test_a_self_signed_certificate_is_good_for_those_who_have_it(ours, theirs):
    certfile, keyfile = certificates.make()
    context = defined("server_context")(certfile, keyfile)

    async def knocks():
        async with serving(LIBRARIES[theirs], idle, ssl=context) as url:
            trusting = ssl.create_default_context(cafile=certfile)
            return await knock(LIBRARIES[ours], url, ssl=trusting), await knock(LIBRARIES[ours], url)

    direct, without = tried(knocks())
    assert (direct, without.replace("self signed", "self-signed")) == ("open", "self-signed certificate")


@in_all_pairs
@pytest.mark.parametrize("who, wanted", [("nobody", "hung up"), ("ada", "open"), ("eve", "hung up")])
def test_mutual_tls_lets_in_those_whom_the_ca_knows(who, wanted, ours, theirs, school, unknown):
    context = mutual(school)
    client = ssl.create_default_context(cafile=school.cafile)
    if who != "nobody":
        client.load_cert_chain(*(school if who == "ada" else unknown).issue("ada"))

    async def knocks():
        async with serving(LIBRARIES[theirs], idle, ssl=context) as url:
            return await knock(LIBRARIES[ours], url, ssl=client)

    assert tried(knocks()) == wanted


def mutual(school):
    """Return a server's context that demands a certificate of the school."""
    context = defined("server_context")(*school.issue("127.0.0.1"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(school.cafile)
    return context


# ---------------------------------------------------------------- the man in the middle


def careless():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def four_o_clock(library, url, **options):
    """Say when to meet; return the answer."""
    async with library.connect(url, **options) as connection:
        await connection.send("Meet me at four")
        return await connection.recv()


def later(message):
    return message.replace("four", "five")


@in_all_pairs
@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_the_man_in_the_middle_reads_and_changes_what_an_unguarded_client_sends(scheme, ours, theirs, school):
    """Unguarded: without TLS, or with a client that does not verify."""
    written = []
    diary = defined("diary", written=written)
    context = defined("server_context")(*school.issue("127.0.0.1")) if scheme == "wss" else None
    options = {"ssl": careless()} if scheme == "wss" else {}

    async def meeting():
        async with serving(LIBRARIES[theirs], diary, ssl=context) as url, Impostor(url, later) as impostor:
            answer = await four_o_clock(LIBRARIES[ours], url, port=impostor.port, additional_headers=SHOWN, **options)
            return answer, impostor

    answer, impostor = tried(meeting())
    assert answer == "written" and written == ["Meet me at five"]
    assert impostor.heard == [("client", "Meet me at four"), ("server", "written")]
    assert impostor.requests[0].headers["Authorization"] == SHOWN["Authorization"]  # the token, too


@in_all_pairs
def test_the_man_in_the_middle_learns_nothing_from_a_client_that_verifies(ours, theirs, school):
    written = []
    context = defined("server_context")(*school.issue("127.0.0.1"))
    trusting = ssl.create_default_context(cafile=school.cafile)

    async def meeting():
        diary = defined("diary", written=written)
        async with serving(LIBRARIES[theirs], diary, ssl=context) as url, Impostor(url, later) as impostor:
            with pytest.raises(ssl.SSLCertVerificationError) as caught:
                await four_o_clock(LIBRARIES[ours], url, port=impostor.port, ssl=trusting, additional_headers=SHOWN)
            direct = await four_o_clock(LIBRARIES[ours], url, ssl=trusting)
            return caught.value.verify_message, direct, impostor

    words, direct, impostor = tried(meeting())
    assert (words, direct, written) == (NOT_SIGNED, "written", ["Meet me at four"])
    assert impostor.heard == impostor.requests == impostor.log == []


@in_all_pairs
def test_a_server_that_demands_certificates_is_safe_from_the_man_behind_a_careless_client(ours, theirs, school):
    written, context = [], careless()
    context.load_cert_chain(*school.issue("ada"))

    async def meeting():
        diary = defined("diary", written=written)
        async with serving(LIBRARIES[theirs], diary, ssl=mutual(school)) as url, Impostor(url, later) as impostor:
            return await knock(LIBRARIES[ours], url, port=impostor.port, ssl=context), impostor

    result, impostor = tried(meeting())
    assert result == 502 and written == impostor.heard == []


# ---------------------------------------------------------------- the token, before and after the handshake


@in_all_pairs
def test_a_close_in_the_handler_looks_like_a_normal_end_and_401_does_not(ours, theirs):
    client = LIBRARIES[ours]
    late, early = defined("late", "early", diary=idle)

    async def visits():
        async with serving(LIBRARIES[theirs], late) as url, client.connect(url) as connection:
            async for _ in connection:  # ends without an exception
                raise AssertionError("a message")
            seen = connection.close_code, connection.close_reason
        async with serving(LIBRARIES[theirs], idle, process_request=early) as url:
            with pytest.raises(client.InvalidStatus):
                async for _ in client.connect(url):  # gives up, where it would try again if the network failed
                    raise AssertionError("a connection")
            return seen, await knock(client, url), await knock(client, url, additional_headers=SHOWN)

    assert tried(visits()) == ((1000, "Unauthorized"), 401, "open")


# ---------------------------------------------------------------- guarded_server.py

# (what, options of connect(), path, what comes of it)
KNOCKS = [
    ("the right token", {"additional_headers": SHOWN}, "echo", "open"),
    ("the token in a cookie", {"additional_headers": {"Cookie": f"theme=dark; token={TOKEN}"}}, "echo", "open"),
    ("a query", {"additional_headers": SHOWN}, "shout?room=1", "open"),
    ("no token", {}, "echo", 401),
    ("a wrong token", {"additional_headers": {"Authorization": "Bearer sesame-8"}}, "echo", 401),
    ("a part of the token", {"additional_headers": {"Authorization": "Bearer sesame"}}, "echo", 401),
    ("another scheme", {"additional_headers": {"Authorization": f"Basic {TOKEN}"}}, "echo", 401),
    ("an empty token", {"additional_headers": {"Authorization": "Bearer "}}, "echo", 401),
    ("a wrong cookie", {"additional_headers": {"Cookie": "token=sesame-8; xtoken=sesame-7"}}, "echo", 401),
    ("a token that is not ASCII", {"additional_headers": {"Authorization": "Bearer sésame"}}, "echo", 401),
    ("two tokens, one right", {"additional_headers": [("Authorization", "Bearer x"), *SHOWN.items()]}, "echo", "open"),
    ("two tokens, both wrong", {"additional_headers": [("Authorization", "Bearer x")] * 2}, "echo", 401),
    ("the token in the query", {}, f"echo?token={TOKEN}", 401),
    ("no token, no room", {}, "attic", 401),
    ("no room", {"additional_headers": SHOWN}, "attic", 404),
    ("no path", {"additional_headers": SHOWN}, "", 404),
    ("half a path", {"additional_headers": SHOWN}, "echoes", 404),
    ("its own page", {"additional_headers": SHOWN, "origin": OWN}, "echo", "open"),
    ("a foreign page", {"additional_headers": SHOWN, "origin": "https://evil.example"}, "echo", 403),
    ("a page that begins alike", {"additional_headers": SHOWN, "origin": OWN + ".evil.example"}, "echo", 403),
    ("its own page, without TLS", {"additional_headers": SHOWN, "origin": "http://chat.example"}, "echo", 403),
    ("a page without an origin", {"additional_headers": SHOWN, "origin": "null"}, "echo", 403),
]


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("TOKEN", TOKEN)


@in_all_pairs
@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_the_guarded_server_lets_the_right_people_in(secure, ours, theirs, school):
    arguments, options = ["--origin", OWN], {}
    if secure:
        certfile, keyfile = school.issue("127.0.0.1")
        arguments += ["--certfile", certfile, "--keyfile", keyfile]
        options["ssl"] = ssl.create_default_context(cafile=school.cafile)

    async def knocks():
        async with scripts.running(NAME, *arguments, library=theirs) as script:
            assert script.url.startswith("wss://" if secure else "ws://")
            found = [
                (what, await knock(LIBRARIES[ours], script.url + path, **options, **more))
                for what, more, path, _ in KNOCKS
            ]
            for path, wanted in (("echo", "Grüße"), ("shout", "GRÜSSE")):
                room = LIBRARIES[ours].connect(script.url + path, additional_headers=SHOWN, **options)
                async with room as connection:
                    await connection.send("Grüße")
                    assert await connection.recv() == wanted
            return found, script.lines

    found, lines = tried(knocks())
    assert found == [(what, wanted) for what, _, _, wanted in KNOCKS]
    assert not [line for line in lines if TOKEN in line or "Traceback" in line]


@by_library
def test_the_guarded_server_demands_certificates_where_it_has_a_ca(library, school):
    certfile, keyfile = school.issue("127.0.0.1")
    arguments = "--certfile", certfile, "--keyfile", keyfile, "--cafile", school.cafile
    nobody, ada = [ssl.create_default_context(cafile=school.cafile) for _ in range(2)]
    ada.load_cert_chain(*school.issue("ada"))

    async def knocks():
        async with scripts.running(NAME, *arguments, library=library) as script:
            options = {"additional_headers": SHOWN}
            return [await knock(websockets, script.url + "echo", ssl=who, **options) for who in (nobody, ada)]

    assert tried(knocks()) == ["hung up", "open"]


@by_library
def test_a_refusal_says_what_is_wanted_and_no_more(library):
    async def refusal():
        async with scripts.running(NAME, library=library) as script:
            with pytest.raises(websockets.InvalidStatus) as caught:
                await websockets.connect(script.url)
            return caught.value.response

    response = tried(refusal())
    assert response.headers["WWW-Authenticate"] == "Bearer"  # RFC 9110 section 15.5.2
    assert bytes(response.body) == b"Show the token.\n"


def test_without_a_token_it_makes_one_and_says_it_once(monkeypatch):
    monkeypatch.delenv("TOKEN")

    async def made():
        async with scripts.running(NAME) as script:
            own = (await script.seen("token: ")).removeprefix("token: ")
            headers = {"Authorization": f"Bearer {own}"}
            found = [await knock(websockets, script.url + "echo", additional_headers=headers)]
            found.append(await knock(websockets, script.url + "echo", additional_headers={"Authorization": "Bearer "}))
            return own, found

    (one, found), (other, _) = tried(made()), tried(made())
    assert found == ["open", 401] and one != other and len(one) > 40


@by_library
def test_bad_clients_do_not_change_that(library, monkeypatch):
    """What test_scripts.py does to each other server, with the token and a path."""
    monkeypatch.setattr(
        test_scripts, "connect", lambda url, **more: websockets.connect(url + "echo", additional_headers=SHOWN, **more)
    )
    monkeypatch.setitem(test_scripts.SERVERS, NAME, test_scripts.SERVERS["echo_server.py"])
    test_scripts.test_a_server_serves_and_bad_clients_do_not_change_that(NAME, library)
    test_scripts.test_ctrl_c_ends_a_server_in_order(NAME, library)


# ---------------------------------------------------------------- in Chromium


@pytest.fixture(scope="module")
def in_chromium():
    """Return a function that awaits scenario(page, library) with each of the libraries named; it returns what all give.

    Each scenario has new cookies. They share the browser, and so the event loop, which runs during a scenario only.
    """
    from playwright.async_api import async_playwright

    chromium = find_chromium()

    async def browse(browser, scenario, names):
        results = []
        for name in names:
            context = await browser.new_context()
            try:
                results.append(await scenario(await context.new_page(), LIBRARIES[name]))
            finally:
                await context.close()
        assert all(result == results[0] for result in results), dict(zip(names, results, strict=True))
        return results[0]

    with asyncio.Runner() as runner:
        playwright = runner.run(async_playwright().start())
        browser = runner.run(playwright.chromium.launch(executable_path=chromium, args=CHROMIUM))
        yield lambda scenario, *names: tried(browse(browser, scenario, names or first(LIBRARIES)), run=runner.run)
        runner.run(browser.close())
        runner.run(playwright.stop())


async def told(page, verdicts, count=2):
    """Return what the hostile page found out: {name: text}, once `count` servers have one of the verdicts."""
    await page.locator(", ".join(f"dd.{verdict}" for verdict in verdicts)).nth(count - 1).wait_for()
    names, texts = await page.locator("dt").all_inner_texts(), await page.locator("dd").all_inner_texts()
    return dict(zip(names, texts, strict=True))


SECRET = "Dear diary, the key is under the mat."
READ = f"The server told me: {SECRET}"
LET_IN = "The server let me in."
REFUSED = "The server did not let me in: code 1006."

# In the page: open a WebSocket, and give its first message, or its close code and reason.
OPEN = """([url, offer]) => new Promise(done => {
    const socket = new WebSocket(url, offer);
    socket.onmessage = event => done(event.data);
    socket.onclose = event => done([event.code, event.reason]);
})"""


def trap(library):
    """Return a server of the hostile page, to be used with `async with`."""
    return serving(library, idle, process_request=pages.site("hostile.html"))


def http(url):
    return url.replace("ws", "http", 1)


def test_a_hostile_page_reads_the_diary_unless_the_server_looks_at_the_origin(in_chromium):
    """The lesson's servers. All are on one host, so Ada's cookie, though SameSite=Strict, goes along each time."""
    login, tell = defined("login", "tell")

    async def visit(page, library):
        seen = []

        def watched(connection, request):
            headers = request.headers
            seen.append([headers.get(name) for name in ("Origin", "Cookie", "Referer")])
            return login(connection, request)

        async with serving(library, tell, process_request=watched) as unguarded, trap(library) as hostile:
            own, hostile = http(unguarded).rstrip("/"), http(hostile)
            async with serving(library, tell, process_request=watched, origins=[own]) as guarded:
                query = f"?unguarded={urlsplit(unguarded).port}&guarded={urlsplit(guarded).port}"
                await page.goto(hostile + query)
                before = await told(page, ("read", "refused"))
                await page.goto(own + "/")
                assert await page.locator("body").inner_text() == "You are logged in.\n"
                await page.goto(hostile + query)
                logged_in = await told(page, ("read", "refused"))
                assert seen[-2:] == [[hostile.rstrip("/"), f"token={TOKEN}", None]] * 2
                await page.goto(own + "/")
                return before, logged_in, await page.evaluate(OPEN, [guarded, []])

    before, logged_in, own_page = in_chromium(visit)
    assert before == {"unguarded": REFUSED, "guarded": REFUSED}  # no cookie yet: 401
    assert logged_in == {"unguarded": READ, "guarded": REFUSED}
    assert own_page == SECRET


def test_samesite_keeps_the_cookie_from_a_page_of_another_host(in_chromium):
    """localhost and 127.0.0.1 are two hosts, so two sites."""
    login, tell = defined("login", "tell")

    async def visit(page, library):
        async with serving(library, tell, process_request=login) as url, trap(library) as hostile:
            await page.goto(http(url))
            await page.goto(http(hostile))
            near = await page.evaluate(OPEN, [url, []])
            await page.goto(http(hostile).replace("127.0.0.1", "localhost"))
            return near, await page.evaluate(OPEN, [url, []])

    assert in_chromium(visit) == (SECRET, [1006, ""])


def test_a_hostile_page_gets_into_the_echo_server_and_not_into_the_guarded_one(in_chromium):
    async def visit(page, library):
        cookie = {"name": "token", "value": TOKEN, "domain": "127.0.0.1", "path": "/", "sameSite": "Strict"}
        await page.context.add_cookies([cookie | {"httpOnly": True}])
        async with (
            scripts.running("echo_server.py", library=library.__name__) as unguarded,
            trap(library) as hostile,
            trap(library) as own,
            scripts.running(NAME, "--origin", http(own).rstrip("/"), library=library.__name__) as guarded,
        ):
            query = f"?unguarded={urlsplit(unguarded.url).port}&guarded={urlsplit(guarded.url).port}/echo"
            found = []
            for place in (hostile, own):
                await page.goto(http(place) + query)
                found.append(await told(page, ("open", "refused")))
            return found

    hostile, own = in_chromium(visit)
    assert hostile == {"unguarded": LET_IN, "guarded": REFUSED}
    assert own == {"unguarded": LET_IN, "guarded": LET_IN}  # so it was the origin that mattered


def test_a_page_is_told_1006_whatever_the_status_and_the_close_code_after_the_handshake(in_chromium):
    """Why section 3 says that a page learns nothing of a 401; and a subprotocol may carry the token."""

    async def closes(connection):
        await connection.close(1008, f"offered {connection.request.headers.get('Sec-WebSocket-Protocol')}")

    async def visit(page, library):
        seen = []

        def status(connection, request):
            seen.append(request.path)
            number = int(request.path[1:] or 200)  # 200: the page itself
            return None if number == 101 else connection.respond(number, "a page\n")

        options = {"process_request": status, "select_subprotocol": lambda connection, offered: offered[0]}
        async with serving(library, closes, **options) as url:
            await page.goto(http(url))
            found = [await page.evaluate(OPEN, [f"{url}{number}", []]) for number in (401, 403, 404)]
            found.append(await page.evaluate(OPEN, [f"{url}101", ["chat", f"token.{TOKEN}"]]))
            assert {"/401", "/403", "/404", "/101"} <= set(seen)
            return found

    assert in_chromium(visit) == [[1006, ""]] * 3 + [[1008, f"offered chat, token.{TOKEN}"]]


def test_the_hostile_page_finds_other_ports_directly_and_behind_a_proxy_and_shows_all_as_text(in_chromium):
    async def tell(connection):
        await connection.send("<b id=injected>hello</b>")

    async def visit(page, library):
        async with serving(library, tell) as url, trap(library) as hostile:
            await page.goto(f"{http(hostile)}?%3Ci%3Eone={urlsplit(url).port}&two=x&three=")
            await page.get_by_text("<b id=injected>hello</b>").wait_for()
            assert await page.locator("#injected, dt i").count() == 0
            assert await page.locator("dt").all_inner_texts() == ["<i>one"]
            assert await page.evaluate("addressOf('49152/echo?a=b')") == "ws://127.0.0.1:49152/echo?a=b"
            await page.evaluate("history.pushState({}, '', '/user/ada/proxy/49151/')")
            assert await page.evaluate("addressOf('49152')") == f"{hostile}user/ada/proxy/49152/"

    in_chromium(visit, "websockets")


def test_the_hostile_page_is_one_file_and_harmless_to_its_reader():
    page = (ROOT / "notebooks" / "pages" / "hostile.html").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|https?://|(src|href)=(?!\"data:)", page)
    assert 'lang="en"' in page and "color-scheme: light dark" in page


# ---------------------------------------------------------------- a proxy in between


@in_all_pairs
def test_a_proxy_keeps_what_it_copies(ours, theirs):
    """The lesson's room, directly and through the relay: section 5."""
    facts = {}
    full, visit = defined("full", "visit", facts=facts, connect=LIBRARIES[ours].connect)

    async def both():
        async with serving(LIBRARIES[theirs], full) as url, Impostor(url + "chat?room=1") as proxy:
            return await visit(url + "chat?room=1"), await visit(proxy.url), proxy.log

    direct, proxied, log = tried(both())
    kept = {"path": "/chat?room=1", "token": f"Bearer {TOKEN}"}
    assert direct == kept | {"offer": "chat.v2", "code": 4001}
    assert proxied == kept | {"offer": None, "code": 1000}
    assert log == ["GET /chat?room=1 101"]


def test_only_a_token_in_the_address_is_in_the_access_log():
    """As in the lesson, under Break it."""

    async def ways(library):
        async with serving(library, idle) as url, Impostor(url) as proxy:
            async with library.connect(proxy.url, additional_headers=SHOWN):
                pass
            async with library.connect(f"{proxy.url}?token={TOKEN}"):
                pass
            async with library.connect(proxy.url) as connection:
                await connection.send(TOKEN)
        return proxy.log

    for library in LIBRARIES.values():
        assert tried(ways(library)) == ["GET / 101", f"GET /?token={TOKEN} 101", "GET / 101"]

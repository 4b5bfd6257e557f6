"""Pages from a WebSocket server, on both libraries; how a notebook shows them, and what is left in a saved one."""

import asyncio
import json
import re

import nbformat
import pytest
import websockets

import pocketws
from classroom import authoring, pages
from classroom.workspace import ROOT

LIBRARIES = [websockets, pocketws]
NAMES = [library.__name__ for library in LIBRARIES]
PAGE = "<!doctype html><title>Grüße</title>"


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


@pytest.fixture
def site(page):
    return pages.site(page)


async def echo(ws):
    async for message in ws:
        await ws.send(message)


def talk(library, site, conversation):
    """Run the coroutine function `conversation` with the port of a server of `library`; return its result."""

    async def run():
        async with asyncio.timeout(20):
            async with library.serve(echo, "127.0.0.1", 0, process_request=site) as server:
                return await conversation(server.sockets[0].getsockname()[1])

    return asyncio.run(run())


async def answer(port, request):
    """Return (status, {name: [values]}, body) of the response to `request`, which is sent as it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    data = await reader.read()
    writer.close()
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers.setdefault(name.lower(), []).append(value)
    return int(status.split()[1]), headers, body.decode()


def http(method="GET", path="/", *lines):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
def test_a_browser_gets_the_page(library, site):
    for path in ("/", "/?room=blue"):
        status, headers, body = talk(library, site, lambda port, path=path: answer(port, http(path=path)))
        assert (status, body) == (200, PAGE)
        assert headers["content-type"] == ["text/html; charset=utf-8"]
        assert headers["content-length"] == [str(len(PAGE.encode()))]
        assert headers["cache-control"] == ["no-store"]


@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
def test_its_headers_alone_can_be_had(library, site):
    status, headers, body = talk(library, site, lambda port: answer(port, http("HEAD")))
    assert (status, body) == (200, "")
    assert headers["content-length"] == [str(len(PAGE.encode()))]


@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
def test_there_is_nothing_else(library, site):
    status, headers, body = talk(library, site, lambda port: answer(port, http(path="/../secret")))
    assert status == 404 and "path is /" in body and headers["content-type"][0].startswith("text/plain")
    status, headers, _ = talk(library, site, lambda port: answer(port, http("POST")))
    assert status == 405 and headers["allow"] == ["GET, HEAD"]


@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
def test_a_websocket_that_is_none_is_refused_by_the_library(library, site):
    """It is not given the page either: a client that gets HTML for its handshake learns less."""
    status, _, body = talk(library, site, lambda port: answer(port, http("GET", "/", "Upgrade: WebSocket")))
    assert status in (400, 426) and PAGE not in body


@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
@pytest.mark.parametrize("client", LIBRARIES, ids=NAMES)
def test_websockets_are_let_through(library, client, site):
    async def conversation(port):
        async with client.connect(f"ws://127.0.0.1:{port}/") as ws:
            await ws.send("hello")
            return await ws.recv()

    assert talk(library, site, conversation) == "hello"


def test_a_page_that_changes_is_read_again(page, site):
    async def conversation(port):
        await answer(port, http())
        page.write_text("changed")
        return await answer(port, http())

    assert talk(websockets, site, conversation)[2] == "changed"


def test_a_page_beside_the_notebook_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "clock.html").write_text("mine")
    site = pages.site("clock.html")
    monkeypatch.chdir(ROOT)
    assert talk(websockets, site, lambda port: answer(port, http()))[2] == "mine"


def test_a_page_that_is_not_there_is_named_with_those_that_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="no page 'clok.html'.*clock.html"):
        pages.site("clok.html")
    with pytest.raises(FileNotFoundError, match="no page"):
        pages.site(tmp_path / "clock.html")


@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
def test_a_page_can_be_fetched_from_a_cell(library, site):
    async def conversation(port):
        url = f"ws://127.0.0.1:{port}"
        return [await pages.fetch(url), await pages.fetch(url + "/nowhere")]

    found, missing = talk(library, site, conversation)
    assert found == (200, "text/html; charset=utf-8", PAGE)
    assert (missing.status, missing.kind) == (404, "text/plain; charset=utf-8")


def test_the_text_of_a_page():
    assert pages.text("clock.html").startswith("<!doctype html>")


def test_a_function_of_a_page_is_shown_as_it_stands_there():
    assert pages.code("clock.html", "say") == (
        'function say(text, open) {\n  state.textContent = text;\n  state.className = open ? "open" : "";\n}'
    )
    with pytest.raises(LookupError, match="clock.html has no function 'sa'"):
        pages.code("clock.html", "sa")
    with pytest.raises(FileNotFoundError, match="no page"):
        pages.code("clok.html", "say")


@pytest.mark.parametrize("name", ["address", "again"])
def test_what_all_pages_do_is_the_same_in_each(name):
    assert pages.code("clock.html", name) == pages.code("counter.html", name)


@pytest.mark.parametrize("page", ["clock.html", "counter.html", "dashboard.html"])
def test_a_page_needs_nothing_from_elsewhere_and_takes_no_message_for_html(page):
    text = (ROOT / "notebooks" / "pages" / page).read_text()
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|https?://|(src|href)=(?!\"data:)", text)
    assert "prefers-color-scheme: dark" in text and 'lang="en"' in text


# ---- in a notebook


def facts(url, **options):
    """Return what the script in the notebook is told."""
    html = pages.show(url, **options)._repr_html_()
    return json.loads(re.search(r"const facts = (.*);", html)[1])


def test_the_frames_know_the_port_and_the_path():
    found = facts("ws://127.0.0.1:49152/?room=a&b", height=99, tabs=3)
    assert found == {
        "port": 49152,
        "path": "?room=a&b",
        "elsewhere": "http://127.0.0.1:49152/?room=a&b",
        "height": 99,
        "tabs": 3,
    }
    assert facts("http://localhost:80")["path"] == ""


def test_an_address_cannot_end_the_script():
    assert pages.show("ws://127.0.0.1:1/?</script><b>")._repr_html_().count("</script>") == 1


def test_codespaces_has_a_host_for_each_port(monkeypatch):
    monkeypatch.setenv("CODESPACE_NAME", "fuzzy-lamp")
    monkeypatch.delenv("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", raising=False)
    assert facts("ws://127.0.0.1:49152/")["elsewhere"] == "https://fuzzy-lamp-49152.app.github.dev/"
    monkeypatch.setenv("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", "ports.example")
    assert facts("ws://127.0.0.1:49152/")["elsewhere"] == "https://fuzzy-lamp-49152.ports.example/"


@pytest.mark.parametrize("url", ["wss://127.0.0.1:1/", "ws://127.0.0.1/", "127.0.0.1:80", ""])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValueError, match="expected one like"):
        pages.show(url)


def test_a_saved_notebook_has_a_sentence_without_port_or_address(tmp_path):
    path = tmp_path / "a.ipynb"
    code = "from classroom import pages\npages.show('ws://127.0.0.1:49152/', tabs=3)"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]), path)
    (output,) = authoring.executed(path).cells[0].outputs
    assert list(output.data) == ["text/plain"]
    assert "3 frames" in output.data["text/plain"] and "49152" not in output.data["text/plain"]
    assert "49152" in pages.show("ws://127.0.0.1:49152/")._repr_html_()

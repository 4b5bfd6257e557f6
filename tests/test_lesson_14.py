"""Lesson 14: it leaves nothing behind, runs twice and on pocketws; its certificates, its impostor, its claims."""

import asyncio
import contextlib
import os
import ssl
import stat
import subprocess
import sys
import time

import nbformat
import pytest
import websockets
from websockets import connect, serve

import pocketws
from classroom import certificates, scripts, servers
from classroom.impostor import Impostor
from classroom.workspace import ROOT
from pocketws.handshake import build_request, generate_key, parse_uri
from tests.notebook_rules import LEFT, code_cells, run_cells, text
from tests.test_scripts import SERVE

LESSON = ROOT / "notebooks" / "14_letting_the_right_people_in.ipynb"
CELLS = code_cells(LESSON)
LIBRARIES = [websockets, pocketws]
in_both = pytest.mark.parametrize("library", LIBRARIES, ids=[library.__name__ for library in LIBRARIES])


def tried(coroutine, seconds=30):
    """Run a coroutine, and check that it left no task behind."""

    async def limited():
        async with asyncio.timeout(seconds):
            result = await coroutine
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if left:  # asyncio may still be about to learn of a client that refused a certificate
            await asyncio.wait(left, timeout=5)
        assert all(task.done() for task in left)
        return result

    return asyncio.run(limited())


async def idle(connection):
    await connection.wait_closed()


# ---------------------------------------------------------------- the notebook


@pytest.mark.thorough
def test_nothing_is_left_after_the_lesson_and_it_runs_twice_in_one_kernel():
    results = run_cells(*CELLS, LEFT, *CELLS, LEFT)
    assert results[len(CELLS)] == results[-1] == "[]"


@pytest.mark.thorough
def test_each_cell_may_run_twice_with_any_guess():
    changed = [cell.replace("guess = ...", 'guess = "nonsense"') for cell in CELLS]
    assert changed != CELLS
    assert run_cells(*[cell for cell in changed for _ in range(2)], LEFT)[-1] == "[]"


@pytest.mark.thorough
def test_it_runs_on_pocketws_with_the_same_results():
    changed = [scripts.on("pocketws", cell) for cell in CELLS]
    assert changed != CELLS
    saved = [cell for cell in nbformat.read(LESSON, as_version=4).cells if cell.cell_type == "code"]
    assert run_cells(SERVE, *changed)[1:] == [text(cell.outputs[-1]) if cell.outputs else "" for cell in saved]


BY_TOKEN = {
    "headers.get(...,": 'headers.get("Authorization",',
    "respond(...,": "respond(401,",
    "return ...": "return None",
}
GUARD = (
    '...  # your code here\n\n\ncheck("14.b"',
    'return by_token(connection, request) or by_path(connection, request)\n\n\ncheck("14.b"',
)


def test_with_both_tasks_solved_the_guard_stands_at_the_door():
    solved = []
    for cell in CELLS:
        if 'check("14.a"' in cell:
            for blank, filled in BY_TOKEN.items():
                assert cell.count(blank) == 1
                cell = cell.replace(blank, filled)
        if 'check("14.b"' in cell:
            assert GUARD[0] in cell
            cell = cell.replace(*GUARD)
        solved.append(cell)
    results = run_cells(*solved, "from classroom import checks\nsorted(checks._passed)")
    assert results[-1] == "['14.a', '14.b']"
    assert "[401, 404, 'open']" in results


# ---------------------------------------------------------------- what the lesson says of older code


@in_both
def test_ssl_true_means_the_systems_cas_for_a_client_and_nothing_for_a_server(library):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificates.make())

    async def visits():
        async with library.serve(idle, "127.0.0.1", 0, ssl=context) as server:
            url = f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            for options in ({}, {"ssl": True}):
                with pytest.raises(ssl.SSLCertVerificationError):
                    await library.connect(url, **options)
        with pytest.raises(TypeError):
            await library.serve(idle, "127.0.0.1", 0, ssl=True)

    tried(visits())


@in_both
def test_contexts_of_older_code(library):
    certfile, keyfile = certificates.make()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(certfile, keyfile)
    nobody, that_one = [ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) for _ in range(2)]
    that_one.load_verify_locations(certfile)
    with pytest.deprecated_call():
        anybody = ssl.SSLContext()

    async def visits():
        async with library.serve(idle, "127.0.0.1", 0, ssl=server_context) as server:
            url = f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            for context in (that_one, anybody):
                async with library.connect(url, ssl=context):
                    pass
            with pytest.raises(ssl.SSLCertVerificationError):
                await library.connect(url, ssl=nobody)

    tried(visits())


@in_both
def test_serve_knows_no_path(library):
    async def start():
        with pytest.raises(TypeError, match="path"):
            await library.serve(idle, "127.0.0.1", 0, path="/ws")

    tried(start())


def test_the_your_turn_with_a_path_leaves_no_server():
    async def start():
        with pytest.raises(TypeError, match="unexpected keyword argument 'path'"):
            await servers.start("routed", idle, path="/ws")
        assert servers.running() == []
        await servers.stop_all()

    tried(start())


# ---------------------------------------------------------------- classroom.certificates

STRICT = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN  # what Python 3.13 asks for by itself


@pytest.mark.parametrize("flags", [0, STRICT], ids=["as it is", "as Python 3.13"])
def test_an_authoritys_certificates_are_good_for_those_who_trust_it(flags, tmp_path):
    school, unknown = certificates.Authority(tmp_path), certificates.Authority()
    assert school.cafile == str(tmp_path / "ca.pem")
    trusting = ssl.create_default_context(cafile=school.cafile)
    trusting.verify_flags |= flags
    for issued, name, wanted in (
        (school.issue("localhost", "127.0.0.1", "::1"), "::1", None),
        (school.issue("localhost", "127.0.0.1"), "localhost", None),
        (school.issue("localhost"), "127.0.0.1", "IP address mismatch"),
        (school.issue("chat.example"), "localhost", "Hostname mismatch"),
        (school.issue("localhost", days=-1), "localhost", "certificate has expired"),
        (school.issue("localhost", days=400), "localhost", None),
        (unknown.issue("localhost"), "localhost", "unable to get local issuer certificate"),
    ):
        assert refusal(trusting, issued, name) == wanted
    own = certificates.make(names=["localhost"])
    trusting = ssl.create_default_context(cafile=own[0])
    trusting.verify_flags |= flags
    assert refusal(trusting, own, "localhost") is None


def refusal(context, issued, name):
    """Return why a client refuses a server with the certificate and key in `issued`, its first words, or None."""
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(*issued)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLCertVerificationError as error:
            return error.verify_message.partition(",")[0]
    return None


def test_an_issued_certificate_cannot_issue_others(tmp_path):
    """A server's key must not make it a CA: openssl says so by the flag that only the CA's certificate has."""
    from cryptography import x509

    school = certificates.Authority(tmp_path)
    certfile, _ = school.issue("localhost")
    found = []
    for path in (school.cafile, certfile):
        with open(path, "rb") as file:
            certificate = x509.load_pem_x509_certificate(file.read())
        with contextlib.suppress(x509.ExtensionNotFound):
            found.append((path, certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca))
    assert found == [(school.cafile, True)]


def test_only_the_owner_may_read_a_key(tmp_path):
    files = [certificates.make(tmp_path), certificates.Authority(tmp_path).issue("localhost")]
    assert [stat.S_IMODE(os.stat(keyfile).st_mode) for _, keyfile in files] == [0o600, 0o600]
    assert b"PRIVATE KEY" not in (tmp_path / "ca.pem").read_bytes()
    certificates.make(tmp_path)  # again: the same files


def test_its_folder_is_gone_when_the_process_ends():
    program = "from classroom import certificates; print(certificates.Authority().cafile)"
    path = subprocess.check_output([sys.executable, "-c", program], text=True).strip()
    assert path.endswith("ca.pem") and not os.path.exists(os.path.dirname(path))


# ---------------------------------------------------------------- classroom.impostor


async def echo(connection):
    async for message in connection:
        await connection.send(message)


@contextlib.asynccontextmanager
async def relayed(handler=echo, change=None, path="", **options):
    """Run a server with an impostor before it; give the impostor."""
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        scheme = "wss" if options.get("ssl") else "ws"
        async with Impostor(f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/{path}", change) as impostor:
            yield impostor


@in_both
def test_it_passes_on_messages_of_both_kinds_and_changes_those_of_the_client(library):
    async def talk():
        async with relayed(change=lambda message: message[::-1], path="chat?room=1") as impostor:
            async with library.connect(impostor.url) as connection:
                for message, wanted in (
                    ("abc", "cba"),
                    (b"\x00\xff", b"\xff\x00"),
                    ("", ""),
                    ("x" * 200_000, "x" * 200_000),
                ):
                    await connection.send(message)
                    assert await connection.recv() == wanted
        return impostor

    impostor = tried(talk())
    assert impostor.heard[:3] == [("client", "abc"), ("server", "cba"), ("client", b"\x00\xff")]
    assert impostor.log == ["GET /chat?room=1 101"] and impostor.requests[0].path == "/chat?room=1"
    assert impostor.url.endswith(f":{impostor.port}/chat?room=1")


def test_each_client_has_a_line_of_its_own():
    async def talk():
        async with relayed() as impostor, connect(impostor.url) as one, connect(impostor.url + "?2") as two:
            await one.send("1")
            await two.send("2")
            assert [await two.recv(), await one.recv()] == ["2", "1"]
            return impostor.log

    assert tried(talk()) == ["GET / 101", "GET /?2 101"]


def test_it_copies_three_headers_and_no_others():
    seen = []

    async def look(connection):
        seen.extend(connection.request.headers.raw_items())

    async def visit():
        async with relayed(look) as impostor:
            headers = {"Authorization": "Bearer 7", "Cookie": "a=b", "X-Own": "1"}
            async with connect(impostor.url, additional_headers=headers, origin="https://a.example") as connection:
                await connection.wait_closed()

    tried(visit())
    assert {("Authorization", "Bearer 7"), ("Cookie", "a=b"), ("Origin", "https://a.example")} <= set(seen)
    assert "X-Own" not in dict(seen)


def test_it_passes_on_a_refusal():
    def refuse(connection, request):
        return connection.respond(401, "Grüße: show a token.\n")

    async def visit():
        async with relayed(process_request=refuse) as impostor:
            with pytest.raises(websockets.InvalidStatus) as caught:
                await connect(impostor.url)
            return caught.value.response, impostor.log

    response, log = tried(visit())
    assert (response.status_code, bytes(response.body).decode()) == (401, "Grüße: show a token.\n")
    assert log == ["GET / 401"]


def test_a_server_that_is_not_there_is_a_bad_gateway():
    async def visit():
        async with serve(echo, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with Impostor(url) as impostor:
            with pytest.raises(websockets.InvalidStatus) as caught:
                await connect(impostor.url)
        return caught.value.response.status_code, impostor.log

    assert tried(visit()) == (502, ["GET / 502"])


def test_the_close_code_does_not_pass_and_the_end_does():
    codes = asyncio.Queue()

    async def tell(connection):
        await connection.wait_closed()
        codes.put_nowait(connection.close_code)

    async def close(connection):
        await connection.close(4001)

    async def visits():
        async with relayed(tell) as impostor:
            connection = await connect(impostor.url)
            await connection.close(4002)
            first = await codes.get()
        async with relayed(close) as impostor, connect(impostor.url) as connection:
            await connection.wait_closed()
            return first, connection.close_code

    assert tried(visits()) == (1000, 1000)


def test_it_ends_with_clients_still_there_and_with_one_gone_in_the_middle():
    async def visits():
        async with relayed() as impostor:
            gone = await connect(impostor.url)
            gone.transport.abort()
            stays = await connect(impostor.url)
            await stays.send("a")
            assert await stays.recv() == "a"
        start = time.monotonic()
        await stays.wait_closed()
        assert stays.close_code == 1001 and time.monotonic() - start < 5

    tried(visits())


def test_a_client_that_leaves_in_the_opening_handshake_leaves_no_connection_to_the_server():
    arrived, go, opened, codes = asyncio.Event(), asyncio.Event(), asyncio.Event(), []

    async def hesitate(connection, request):
        arrived.set()
        await go.wait()

    async def tell(connection):
        opened.set()
        await connection.wait_closed()
        codes.append(connection.close_code)

    async def visit():
        async with relayed(tell, process_request=hesitate) as impostor:
            _, writer = await asyncio.open_connection("127.0.0.1", impostor.port)
            writer.write(build_request(parse_uri(impostor.url), generate_key()).serialize())
            await arrived.wait()
            writer.transport.abort()
            go.set()
            await opened.wait()
        return codes

    assert tried(visit()) == [1000]  # and not 1001, with which the server itself would end it


def test_before_a_wss_server_it_shows_a_certificate_that_nobody_trusts():
    school = certificates.Authority()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*school.issue("127.0.0.1"))

    async def visit():
        async with relayed(ssl=context) as impostor:
            assert impostor.url.startswith("wss://")
            with pytest.raises(ssl.SSLCertVerificationError, match="local issuer"):
                await connect(impostor.url, ssl=ssl.create_default_context(cafile=school.cafile))
            names_only = ssl.create_default_context()
            names_only.check_hostname, names_only.verify_mode = False, ssl.CERT_NONE
            async with connect(impostor.url, ssl=names_only) as connection:
                await connection.send("a")
                assert await connection.recv() == "a"

    tried(visit())

"""Lesson 08: it leaves nothing behind, and the client that a student has built in the end does what ours does.

docs/student-client.md says in words what the tables below say in names.
"""

import asyncio
import os
import ssl

import nbformat
import pytest
import websockets

from async_websocketclient import AsyncWebsocketClient as Library
from classroom import certificates, small_client
from classroom.workspace import ROOT
from conformance import ClientTest, cases
from conformance.model import CLIENT, INFORMATIONAL, NON_STRICT, OK, UNIMPLEMENTED
from pocketws.exceptions import InvalidStatus
from pocketws.frames import OP_BINARY, OP_PONG, OP_TEXT, FrameParser
from pocketws.handshake import parse_uri
from tests.autobahn.endpoints import CPYTHON, SERVER, Endpoint
from tests.autobahn.suite import free_port, running, wait_until_up
from tests.network import test_facade
from tests.network.board import facade
from tests.network.helpers import run
from tests.notebook_rules import LEFT, code_cells
from tests.student_client import LESSONS, defined_in, definitions, said, same, solved, student
from tests.test_conformance import not_ok

pytest_plugins = "tests.certificates"

LESSON = LESSONS[1]
MODULE = ROOT / "lib" / "classroom" / "small_client.py"


# ---------------------------------------------------------------- the notebook

SOLVED = {
    "client.handshake(...)": "client.handshake(uri)",
    "except (..., EOFError)": "except (OSError, EOFError)",
    "asyncio.sleep(...)": "asyncio.sleep(delay)",
    "    ...  # your code here": "    return [min(first * 2**turn, longest) for turn in range(count)]",
}


@pytest.mark.thorough
def test_it_runs_twice_in_one_kernel_cell_by_cell_and_leaves_no_server_and_no_task():
    cells = code_cells(LESSON)
    each_twice = [source for source in cells for _ in range(2)]
    words = said(*each_twice, LEFT, *cells, LEFT)
    count = len(each_twice)
    first, between, again, last = words[:count], words[count], words[count + 1 : -1], words[-1]
    assert first[::2] == first[1::2] == again
    assert between == last == "[]"
    revealed = [each.split(". You wrote no prediction")[0] for each in again if "no prediction" in each]
    assert revealed == ["False", "3", "[1002, 1007, 1009]", "1006", "[True, False, True]", "['cut']"]


@pytest.mark.thorough
@pytest.mark.parametrize("share", [0.6, 0.8])
def test_a_lesson_left_in_the_middle_is_cleaned_up_by_its_last_cell(share):
    *cells, clean_up = code_cells(LESSON)
    assert said(*cells[: int(len(cells) * share)], clean_up, LEFT)[-1] == "[]"


def test_solved_tasks_pass_and_are_used():
    *cells, clean_up = code_cells(LESSON)
    *words, used, _ = said(*solved(cells, SOLVED), "(again is reconnect, delays)", clean_up)
    assert sum(each.startswith("[ok] Task 08.") for each in words) == 2
    assert used == "(True, [0.01, 0.02, 0.04, 0.04, 0.04])"


def test_two_readers_of_one_stream_are_refused_as_the_lesson_says():
    async def main():
        async with websockets.serve(lambda connection: connection.wait_closed(), "127.0.0.1", 0) as server:
            place = parse_uri("ws://127.0.0.1:%d/" % server.sockets[0].getsockname()[1])
            client = await small_client.open_connection(small_client.FrameStream, place)
            with pytest.raises(RuntimeError) as caught:
                await asyncio.gather(first := asyncio.ensure_future(client.recv_frame()), client.recv_frame())
            first.cancel()
            client.writer.close()
            return str(caught.value)

    text = run(main())
    assert text == "read() called while another coroutine is already waiting for incoming data"
    assert text in "".join(cell.source for cell in nbformat.read(LESSON, as_version=4).cells)


# ---------------------------------------------------------------- the module is what the cells say

TAUGHT = {
    *("shake_hands", "FrameSender", "FrameStream"),
    *("OneWriter", "OneReader", "Answering", "Joining", "Strict", "Closing", "Connection", "AsyncWebsocketClient"),
    "reconnect",
}
GIVEN = {"Inbox", "open_connection", "tls_context", "Opening", "sort_headers", "backoff"}


def test_what_the_module_defines_is_written_in_a_lesson_or_given():
    assert set(defined_in(MODULE)) == TAUGHT | GIVEN


@pytest.mark.parametrize("name", sorted(TAUGHT))
def test_the_cells_and_the_module_have_the_same_code(name):
    lesson = definitions(LESSONS[0]) | definitions(LESSONS[1])
    assert same(lesson[name]) == same(defined_in(MODULE)[name])


def test_every_class_of_the_client_comes_from_a_cell_or_is_given():
    client = student()
    classes = {each.__name__ for each in (*client.__mro__, *client.kind.__mro__)} - {"object"}
    assert classes <= TAUGHT | GIVEN
    assert {each.__module__ for each in client.kind.__mro__[:-1]} == {"builtins"}  # built here, out of the cells


# ---------------------------------------------------------------- the tests of lib/async_websocketclient.py

# Of tests/network/test_facade.py and test_facade_tls.py, what is not run with the student's client, and why.
LEFT_OUT = {
    "test_on_micropython": "asyncio of MicroPython has no Condition and no timeout(); lesson 17 is about that runtime",
    "test_a_program_that_only_sends_learns_that_it_is_closed": "open() does not count what was sent in vain",
    "test_send_behind_a_message_that_is_never_finished": "it does not send fragments",
    "test_a_connection_left_open_ends_with_its_event_loop": "a connection belongs to the loop that opened it",
    "test_facade_tls.py, DER and bytes": "files are given by their paths, as PEM",
    "test_facade_tls.py, a key without a certificate": "is not looked at",
}
CLIENTS = {"student": student, "module": lambda: small_client.AsyncWebsocketClient, "library": lambda: Library}


@pytest.fixture(params=CLIENTS)
def client_class(request, monkeypatch):
    """Let the facade's tests test another class, and return it."""
    found = CLIENTS[request.param]()
    for module in (facade, test_facade):
        monkeypatch.setattr(module, "AsyncWebsocketClient", found)
    return found


def test_every_test_of_the_facade_is_run_here_or_left_for_a_reason():
    here = {
        "test_names_arguments_and_defaults_are_those_of_the_library_it_replaces",
        "test_on_cpython",
        "test_it_is_open_until_all_is_received",
        "test_after_close_nothing_is_received",
    }
    found = {name for name in vars(test_facade) if name.startswith("test_")}
    assert found == here | {name for name in LEFT_OUT if ".py" not in name}


def test_names_arguments_and_defaults(client_class):
    test_facade.test_names_arguments_and_defaults_are_those_of_the_library_it_replaces()


@pytest.mark.parametrize("check", facade.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("serve", test_facade.SERVERS.values(), ids=test_facade.SERVERS)
def test_the_checks_of_the_facade(client_class, serve, check):
    test_facade.test_on_cpython(serve, check)


@pytest.fixture
def ended(client_class, monkeypatch):
    """The facade's tests look at `state`, which only pocketws has; waiting for the end is enough."""

    async def ended(url):
        client = client_class()
        await client.handshake(url + "three")
        await client.connection.wait_closed()
        return client

    monkeypatch.setattr(test_facade, "ended", ended)


def test_it_is_open_until_all_is_received(ended):
    test_facade.test_it_is_open_until_all_is_received()


def test_after_close_nothing_is_received(ended):
    test_facade.test_after_close_nothing_is_received()


# ---------------------------------------------------------------- TLS


async def echo(connection):
    async for message in connection:
        await connection.send(message)


def over_tls(certfile, keyfile, ca=None, /, **arguments):
    """Return what comes back through TLS from a server with that certificate; ca: it demands one of the client."""

    async def main():
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certfile, keyfile)
        if ca:
            context.load_verify_locations(ca)
            context.verify_mode = ssl.CERT_REQUIRED
        async with websockets.serve(echo, "127.0.0.1", 0, ssl=context) as server:
            client = student()()
            await client.handshake("wss://localhost:%d/" % server.sockets[0].getsockname()[1], **arguments)
            await client.send("secret")
            try:
                return await client.recv()
            finally:
                await client.close()

    return run(main())


ACCEPTED = {
    "by default, nothing is verified": ("stranger", {}),
    "0 is no verification": ("elsewhere", {"cert_reqs": 0, "cafile": "ca.pem"}),
    "1 without a CA": ("stranger", {"cert_reqs": 1}),
    "1 with the right CA": ("server", {"cert_reqs": 1, "cafile": "ca.pem"}),
    "2 with the right CA": ("server", {"cert_reqs": 2, "cafile": "ca.pem"}),
    "a chain": ("chained", {"cert_reqs": 2, "cafile": "ca.pem"}),
}
REFUSED = {
    "another CA": ("server", {"cert_reqs": 2, "cafile": "other.pem"}),
    "1 and another CA": ("server", {"cert_reqs": 1, "cafile": "other.pem"}),
    "no CA": ("server", {"cert_reqs": 2}),
    "another host": ("elsewhere", {"cert_reqs": 2, "cafile": "ca.pem"}),
    "an address only": ("address", {"cert_reqs": 2, "cafile": "ca.pem"}),
    "expired": ("expired", {"cert_reqs": 2, "cafile": "ca.pem"}),
}


def with_folder(folder, arguments):
    """Return the arguments with files in `folder` (Path) for their names."""
    return {name: str(folder / value) if isinstance(value, str) else value for name, value in arguments.items()}


@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED)
def test_a_server_that_proves_its_name_as_far_as_it_is_asked_to(certificates, case):
    name, arguments = case
    files = certificates / f"{name}.pem", certificates / f"{name}.key"
    assert over_tls(*files, **with_folder(certificates, arguments)) == "secret"


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_server_that_cannot_prove_its_name_is_refused(certificates, case):
    name, arguments = case
    files = certificates / f"{name}.pem", certificates / f"{name}.key"
    with pytest.raises(ssl.SSLCertVerificationError):
        over_tls(*files, **with_folder(certificates, arguments))


def test_the_clients_own_certificate(certificates):
    own = {"certfile": "client.pem", "keyfile": "client.key", "cafile": "ca.pem"}
    files = certificates / "server.pem", certificates / "server.key", certificates / "ca.pem"
    assert over_tls(*files, cert_reqs=2, **with_folder(certificates, own)) == "secret"


def test_cert_reqs_is_0_1_or_2(certificates):
    with pytest.raises(ValueError):
        over_tls(certificates / "server.pem", certificates / "server.key", cert_reqs=3)


def test_a_certificate_of_the_classroom_proves_the_name_to_those_who_trust_it(tmp_path):
    certfile, keyfile = certificates.make(tmp_path)
    assert over_tls(certfile, keyfile, cafile=certfile, cert_reqs=2) == "secret"
    for wrong in ({"cert_reqs": 2}, {"cert_reqs": 2, "cafile": certificates.make()[0]}):
        with pytest.raises(ssl.SSLCertVerificationError):
            over_tls(certfile, keyfile, **wrong)


def test_a_certificate_of_the_classroom_is_for_the_names_it_is_given(tmp_path):
    certfile, keyfile = certificates.make(tmp_path, names=["elsewhere.example"])
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        over_tls(certfile, keyfile, cafile=certfile, cert_reqs=2)


# ---------------------------------------------------------------- four real servers

SERVERS = ("websockets", "aiohttp", "hypercorn", "pocketws")
MESSAGES = ("hello", "", "gr\u00fc\u00dfe \U0001f310", b"", b"\x00\xff", bytes(range(256)) * 1200, "\u20ac" * 100_000)


@pytest.mark.parametrize("library", SERVERS)
def test_real_servers(library, tmp_path):
    endpoint = Endpoint(CPYTHON, library, SERVER, (), False, ())
    port = free_port()

    async def main():
        client = student()()
        for _ in range(2):
            assert await client.handshake(f"ws://127.0.0.1:{port}/") is True
            for message in MESSAGES:
                await client.send(message)
                assert await client.recv() == message
            texts = [f"message {number}" for number in range(20)]
            await asyncio.gather(*map(client.send, texts))
            assert sorted([await client.recv() for _ in texts]) == sorted(texts)
            assert await client.close() is False
            assert client.connection.close_code == 1000
            assert await client.recv() is None

    with running(endpoint.command(str(port)), endpoint, tmp_path / "log") as process:
        wait_until_up(process, port)
        run(main())


# ---------------------------------------------------------------- the conformance suite

# A broken rule right behind a message, in one packet: we close before the program has answered the message.
BEHIND = ("3.2", "4.1.3", "4.1.4", "4.2.3", "4.2.4", "5.15")
# A text is checked when it is complete, and not at the first byte that cannot be right.
LATE = ("6.4.1", "6.4.2", "6.4.3", "6.4.4")
# An informational response before 101 (RFC 9110 section 15.2) is taken for a refusal.
INFORMED = ("R9",)
EXPECTED = dict.fromkeys((*BEHIND, *LATE, *INFORMED), NON_STRICT)
EXPECTED |= dict.fromkeys(("7.1.6", "7.13.1", "7.13.2"), INFORMATIONAL)  # nobody is right or wrong


def test_the_conformance_suite():
    """Every case is played. What is neither OK, nor about compression, which was not agreed on, is in the list."""
    large = student(MAX_SIZE=1 << 25)

    async def client(url):
        while True:
            client = large()
            try:
                await client.handshake(url)
                while (message := await client.recv()) is not None:
                    await client.send(message)
            except InvalidStatus as error:
                if error.response.status_code == 410:
                    return
            except Exception:  # a rule was broken on purpose, and the client noticed
                pass
            finally:
                await client.close()

    async def main():
        async with ClientTest(cases("*", role=CLIENT)) as test:
            visitor = asyncio.create_task(client(test.url))
            results = await test.wait()
            await visitor
            return results

    results = asyncio.run(asyncio.wait_for(main(), 100))
    found = not_ok(results)
    without = {number for number, verdict in found.items() if verdict == UNIMPLEMENTED}
    assert {number.split(".")[0].rstrip("0123456789") or number.split(".")[0] for number in without} <= {
        "12",
        "13",
        "D",
    }
    assert {number: verdict for number, verdict in found.items() if number not in without} == EXPECTED
    assert sum(result.verdict == OK for result in results) == len(results) - len(found) > 300


def test_the_document_names_each_case_that_is_not_ok():
    text = (ROOT / "docs" / "student-client.md").read_text()
    for number in EXPECTED:
        assert f" {number}" in text or f"({number}" in text, number
    for name in LEFT_OUT:
        assert f"`{name.split(', ')[0]}`" in text, name


# ---------------------------------------------------------------- what the lesson says of the client


async def until(condition):
    """Wait until condition() is true: for what no event tells. The time-out is that of run()."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0)


async def open_pair(**constants):
    """Return (connection of a new student's client, reader, writer of its server), without a handshake."""
    ready = asyncio.Queue()
    server = await asyncio.start_server(lambda *streams: ready.put_nowait(streams), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    connection = student(**constants).kind(*await asyncio.open_connection(host, port))
    server.close()
    return connection, *await ready.get()


def test_frames_that_go_out_at_the_same_time_stay_whole():
    async def main():
        connection, reader, writer = await open_pair(CLOSE_TIMEOUT=0.2)
        connection.chunk = 3
        connection.writer.drain = lambda: asyncio.sleep(0)  # a network that always has to be waited for
        messages = ["one", b"two", "three"]
        await asyncio.gather(*map(connection.send, messages), connection.send_frame(OP_PONG, b"hi"))
        parser = FrameParser(masked=True)
        parser.feed(await reader.readexactly(6 * 4 + 3 + 3 + 5 + 2))
        frames = [parser.next_frame() for _ in range(4)]
        await connection.close()
        writer.transport.abort()
        return [(frame.opcode, bytes(frame.data)) for frame in frames]

    assert run(main()) == [(OP_TEXT, b"one"), (OP_BINARY, b"two"), (OP_TEXT, b"three"), (OP_PONG, b"hi")]


def test_the_server_ends_tcp_first():
    async def main():
        connection, reader, writer = await open_pair()
        writer.write(b"\x88\x02\x03\xe8")
        answer = await reader.readexactly(8)
        await until(lambda: connection.inbox.ended)
        for _ in range(20):
            await asyncio.sleep(0)
        assert answer[0] == 0x88 and not connection.writer.transport.is_closing()
        writer.close()
        await connection.wait_closed()
        assert connection.writer.transport.is_closing()

    run(main())


def test_a_server_that_does_not_end_tcp_is_cut_off():
    async def main():
        connection, reader, writer = await open_pair(CLOSE_TIMEOUT=0.05)
        writer.write(b"\x88\x02\x03\xe8")
        await connection.wait_closed()
        writer.transport.abort()
        return connection.close_code

    assert run(main()) == 1000


def test_a_cancelled_send_cuts_the_line_rather_than_leave_half_a_frame():
    async def main():
        connection, reader, writer = await open_pair()
        sending = asyncio.create_task(connection.send(bytes(1 << 24)))
        await until(lambda: connection.writer.transport.get_write_buffer_size())  # the network takes no more
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await connection.wait_closed()
        assert await connection.recv() is None
        writer.transport.abort()

    run(main())


def test_a_full_inbox_makes_the_server_wait_and_does_not_hold_up_close():
    async def main():
        connection, reader, writer = await open_pair(CLOSE_TIMEOUT=0.2)
        writer.write(b"\x81\x01a" * 100)
        await until(lambda: len(connection.inbox.messages) >= small_client.MAX_QUEUE)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(connection.inbox.messages) == small_client.MAX_QUEUE
        await connection.close()
        assert await connection.recv() is None and not connection.is_open()
        writer.transport.abort()

    run(main())


def test_fragments_are_limited_as_one_message():
    async def main():
        connection, reader, writer = await open_pair(MAX_SIZE=1000, CLOSE_TIMEOUT=0.2)
        writer.write(b"\x01\x7d" + b"a" * 125 + (b"\x00\x7d" + b"a" * 125) * 7 + b"\x80\x01")  # 1001 with the last
        await connection.wait_closed()
        frame = await reader.read(4)
        assert frame[0] == 0x88
        writer.transport.abort()
        return connection.inbox.messages

    assert not run(main())


def test_a_ping_is_answered_after_our_close_frame_and_a_message_is_not_sent():
    async def main():
        connection, reader, writer = await open_pair(CLOSE_TIMEOUT=1)
        closing = asyncio.create_task(connection.close())
        assert (await reader.readexactly(8))[0] == 0x88
        with pytest.raises(ConnectionError):
            await connection.send("too late")
        writer.write(b"\x89\x00")
        assert (await reader.readexactly(6))[0] == 0x8A
        writer.write(b"\x88\x02\x03\xe8")
        writer.close()
        await closing
        return connection.close_code

    assert run(main()) == 1000


def test_open_connection_leaves_no_socket_where_the_server_refuses():
    async def main():
        def refuse(connection, request):
            return connection.respond(403, "not you\n")

        async with websockets.serve(None, "127.0.0.1", 0, process_request=refuse) as server:
            before = len(os.listdir("/dev/fd"))
            place = parse_uri("ws://127.0.0.1:%d/" % server.sockets[0].getsockname()[1])
            for _ in range(3):
                with pytest.raises(InvalidStatus):
                    await small_client.open_connection(small_client.Connection, place)
            await until(lambda: len(os.listdir("/dev/fd")) <= before)

    run(main())


def test_backoff_doubles_up_to_the_limit_and_takes_a_random_part():
    delays = small_client.backoff(1, 5)
    for most in (1, 2, 4, 5, 5):
        assert most / 2 <= next(delays) <= most


@pytest.mark.parametrize("delays, tries", [([], 0), ([0], 1), ([0, 0, 0], 3)])
def test_reconnect_gives_up_after_the_last_delay(delays, tries):
    class Client:
        count = 0

        async def handshake(self, uri):
            self.count += 1
            raise ConnectionRefusedError

    client = Client()
    assert run(small_client.reconnect(client, "ws://127.0.0.1/", delays)) is False
    assert client.count == tries

"""The conformance suite: its cases as data, its judgement on endpoints good and bad, and its command line."""

import asyncio
import contextlib
import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.asyncio.server import serve

import conformance
from conformance import CannotOpen, Times, cases, check, deflate, payloads, report, run
from conformance.cases import every, texts
from conformance.model import (
    CLEAN,
    CLIENT,
    FAILED,
    FAILS,
    INFORMATIONAL,
    LEFT_OPEN,
    NON_STRICT,
    NOT_UTF8,
    OK,
    SERVER,
    UNCLEAN,
    UNIMPLEMENTED,
    WRONG_CODE,
    Deflate,
    Ending,
    Exchange,
    Filled,
    Frame,
    Result,
    binary,
    describe,
    ping,
    text,
)
from conformance.opening import REQUEST, RESPONSE, Target, as_bytes, changed
from conformance.peer import encode, fragments
from conformance.play import judge_end
from conformance.suite import one
from pocketws.handshake import accept_key, parse_extensions
from pocketws.http import Headers

pytest_plugins = "tests.certificates"

QUICK = Times(reply=1.0, silence=0.1, fast=0.3, end=0.3)
SECONDS = 60  # for what a test waits for at most
LARGE = 1 << 25  # bytes of a message that is large enough for every case


async def echo(connection):
    async for message in connection:
        await connection.send(message)


def in_loop(coroutine):
    """Run a coroutine, with a time-out, and return what it returns."""

    async def limited():
        async with asyncio.timeout(SECONDS):
            return await coroutine

    return asyncio.run(limited())


@contextlib.asynccontextmanager
async def websockets_server(handler=echo, **options):
    """Run a `websockets` server; give its URL."""
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        scheme = "wss" if "ssl" in options else "ws"
        yield f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}/"


@contextlib.asynccontextmanager
async def plain_server(talk):
    """Run a TCP server; give its URL. talk: coroutine function that takes a StreamReader and a StreamWriter."""

    async def serve_one(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    async with server:
        yield "ws://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]


# ---------------------------------------------------------------- the cases as data

# How many cases Autobahn has in each of its sections.
AUTOBAHN = {"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1, "12": 90, "13": 126}


def test_every_case_of_autobahn_has_its_number():
    numbers = [case.id for case in every() if case.id[0].isdigit()]
    assert len(numbers) == sum(AUTOBAHN.values()) == 517
    counts = {}
    for number in numbers:
        section = number.partition(".")[0]
        counts[section] = counts.get(section, 0) + 1
    assert counts == AUTOBAHN


def test_each_case_is_there_once_and_says_what_it_does():
    table = every()
    assert len({case.id for case in table}) == len(table)
    assert all(case.title and case.section and case.roles for case in table)
    assert [case.id for case in every(full=True)] == [case.id for case in table]


@pytest.mark.parametrize(
    "wanted, exclude, first, last, count",
    [
        ("5.3", "", "5.3", "5.3", 1),
        ("6.4", "", "6.4.1", "6.4.4", 4),
        ("1-7", "", "1.1.1", "7.13.2", 246),
        ("10,1", "", "1.1.1", "10.1.1", 17),
        ("9.*.6", "", "9.1.6", "9.8.6", 8),
        ("2", "2.1*", "2.2", "2.9", 8),
        ("H", "", "H1", "H52", 38),
        ("H1", "", "H1", "H1", 1),
        (" L1 , 1.1.1,", "", "1.1.1", "L1", 2),
    ],
)
def test_selection(wanted, exclude, first, last, count):
    chosen = cases(wanted, exclude)
    assert (chosen[0].id, chosen[-1].id, len(chosen)) == (first, last, count)


def test_selection_by_role():
    assert {case.id[0] for case in cases(role=SERVER)}.isdisjoint("RK")
    assert {case.id[0] for case in cases(role=CLIENT)}.isdisjoint("HN")


@pytest.mark.parametrize("wanted", ["99", "X1", "1-", "nothing"])
def test_a_pattern_that_names_nothing_is_refused(wanted):
    with pytest.raises(ValueError, match="names no case"):
        cases(wanted)


def test_sequences_by_the_scheme_are_what_utf8_makes_of_characters():
    for number in (0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF):
        assert texts.scheme(number) == chr(number).encode()
    for number in range(0xD800, 0xE000):
        assert texts.scheme(number) == chr(number).encode("utf-8", "surrogatepass")
    assert texts.scheme(0x200000).hex() == "f888808080"
    assert texts.scheme((1 << 31) - 1).hex() == "fdbfbfbfbfbf"
    assert texts.scheme(0x2F, 2).hex() == "c0af"


def test_how_many_texts_of_each_group_are_valid():
    valid = [sum(map(texts.is_utf8, samples)) for _, samples in texts.GROUPS]
    assert valid == [5, 5, 4, 0, 4, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 34, 7]


# id, frame, whether our role masks, the bytes
FRAMES = [
    ("RFC 6455, 5.7: unmasked", text("Hello"), False, "810548656c6c6f"),
    ("5.7: masked", text("Hello", key=b"\x37\xfa\x21\x3d"), True, "818537fa213d7f9f4d5158"),
    ("5.7: first fragment", text("Hel", fin=False), False, "010348656c"),
    ("5.7: Ping", ping("Hello"), False, "890548656c6c6f"),
    ("against our role, with a mask", text("a", masked=True, key=bytes(4)), False, "81810000000061"),
    ("against our role, without", text("a", masked=False), True, "810161"),
    ("all reserved bits", Frame(3, rsv=7), False, "f300"),
    ("length of 16 bits", text("a", form=2), False, "817e000161"),
    ("length of 64 bits", text("a", form=8), False, "817f000000000000000161"),
    ("a length that is not true", binary("a", form=8, announced=1 << 63), False, "827f800000000000000061"),
]


@pytest.mark.parametrize("frame, mask, data", [row[1:] for row in FRAMES], ids=[row[0] for row in FRAMES])
def test_frames_as_bytes(frame, mask, data):
    assert encode(frame, mask).hex() == data


@pytest.mark.parametrize("size, head", [(125, "827d"), (126, "827e007e"), (65535, "827effff"), (65536, "827f0000")])
def test_lengths_take_the_shortest_form(size, head):
    data = encode(binary(Filled(b"abc", size)), False)
    assert data.hex().startswith(head) and data.endswith((b"abc" * size)[:size])


@pytest.mark.parametrize(
    "data, size, payloads, finals",
    [
        (b"", 1, [b""], [True]),
        (b"ab", 2, [b"ab"], [True]),
        (b"abc", 2, [b"ab", b"c"], [False, True]),
        (b"abcd", 2, [b"ab", b"cd", b""], [False, False, True]),
    ],
)
def test_fragments(data, size, payloads, finals):
    frames = fragments(1, data, size, rsv=4)
    assert [frame.payload for frame in frames] == payloads
    assert [frame.fin for frame in frames] == finals
    assert [frame.opcode for frame in frames] == [1] + [0] * (len(frames) - 1)
    assert [frame.rsv for frame in frames] == [4] + [0] * (len(frames) - 1)


@pytest.mark.parametrize("sample", payloads._SAMPLES)
def test_samples_are_always_the_same_and_go_round(sample):
    whole = payloads._SAMPLES[sample]()
    assert len(whole) >= payloads.SIZE
    parts = list(payloads.messages(sample, True, 1000, len(whole) // 1000 + 2))
    assert {len(part) for part in parts} == {1000}
    assert b"".join(parts)[: len(whole)] == whole
    assert b"".join(parts)[len(whole) :] == whole[: 1000 * len(parts) - len(whole)]
    payloads._SAMPLES[sample].cache_clear()
    assert payloads._SAMPLES[sample]() == whole


def test_a_message_of_text_is_counted_in_characters():
    for part in payloads.messages("json", False, 777, 10):
        assert len(part.decode()) == 777


def test_a_handshake_with_changes():
    lines = changed(REQUEST, "=POST / HTTP/1.1", "-Host", "upgrade: h2c", "X: y", "+Upgrade: b")
    assert lines[0] == "POST / HTTP/1.1"
    assert [line for line in lines if line.lower().startswith("upgrade")] == ["upgrade: h2c", "Upgrade: b"]
    assert "X: y" in lines and not any(line.startswith("Host") for line in lines)


# ---------------------------------------------------------------- permessage-deflate


def extensions(value):
    return parse_extensions(Headers([("Sec-WebSocket-Extensions", value)]))


OFFERS = [
    (Deflate(), "permessage-deflate; client_no_context_takeover; client_max_window_bits"),
    (Deflate(bare=True), "permessage-deflate"),
    (Deflate(context=True), "permessage-deflate; client_max_window_bits"),
    (
        Deflate(True, 9, fallback=Deflate(bare=True)),
        "permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover; "
        "server_max_window_bits=9, permessage-deflate",
    ),
]


@pytest.mark.parametrize("wanted, value", OFFERS, ids=range(len(OFFERS)))
def test_offers(wanted, value):
    assert deflate.offer(wanted) == value


# what we asked for, the response, what is wrong with it
RESPONSES = [
    (Deflate(), "permessage-deflate", None),
    (Deflate(), "permessage-deflate; server_max_window_bits=8", None),
    (Deflate(), "permessage-deflate; client_max_window_bits=10; client_no_context_takeover", None),
    (Deflate(True), "permessage-deflate; server_no_context_takeover", None),
    (Deflate(max_bits=9), "permessage-deflate; server_max_window_bits=9", None),
    (Deflate(True, 9, fallback=Deflate()), "permessage-deflate", None),
    (Deflate(), "x-other", "did not offer"),
    (Deflate(), "permessage-deflate, permessage-deflate", "did not offer"),
    (Deflate(), "permessage-deflate; x-other", "does not allow"),
    (Deflate(), "permessage-deflate; server_max_window_bits=16", "does not allow"),
    (Deflate(), "permessage-deflate; server_no_context_takeover=1", "does not allow"),
    (Deflate(), "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", "does not allow"),
    (Deflate(), "permessage-deflate; client_max_window_bits", "without a value"),
    (Deflate(True), "permessage-deflate", "other parameters"),
    (Deflate(max_bits=9), "permessage-deflate; server_max_window_bits=10", "other parameters"),
    (Deflate(max_bits=9), "permessage-deflate", "other parameters"),
    (Deflate(bare=True), "permessage-deflate; client_max_window_bits=10", "other parameters"),
]


@pytest.mark.parametrize("wanted, value, fault", RESPONSES, ids=[row[1] for row in RESPONSES])
def test_what_a_server_agrees_to(wanted, value, fault):
    if fault is None:
        assert deflate.agreed(wanted, extensions(value)) is not None
    else:
        with pytest.raises(ValueError, match=fault):
            deflate.agreed(wanted, extensions(value))


# what we want of a client, its offers, our answer
ANSWERS = [
    (Deflate(), "permessage-deflate", "permessage-deflate"),
    (Deflate(), "x-other", None),
    (Deflate(), "permessage-deflate; x-other", None),
    (Deflate(), "permessage-deflate; x-other, permessage-deflate", "permessage-deflate"),
    (Deflate(True), "permessage-deflate", "permessage-deflate; client_no_context_takeover"),
    (Deflate(max_bits=9), "permessage-deflate", None),
    (Deflate(max_bits=9), "permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=9"),
    (Deflate(max_bits=9, fallback=Deflate()), "permessage-deflate", "permessage-deflate"),
    (Deflate(), "permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=9"),
]


@pytest.mark.parametrize("wanted, value, expected", ANSWERS, ids=[f"{row[0]} {row[1]}" for row in ANSWERS])
def test_what_we_answer_to_a_client(wanted, value, expected):
    assert deflate.answer(wanted, extensions(value))[0] == expected


@pytest.mark.parametrize("parameters", [{}, {"client_no_context_takeover": None, "client_max_window_bits": "9"}])
def test_what_a_codec_compresses_its_peer_decompresses(parameters):
    ours, theirs = deflate.Codec(SERVER, parameters), deflate.Codec(CLIENT, parameters)
    messages = [b"Hello" * 100, b"", bytes(range(256)) * 300, b"Hello" * 100]
    sizes = []
    for message in messages:
        data = ours.compress(message)
        sizes.append(len(data))
        assert theirs.decompress(data) == message
    assert (sizes[3] == sizes[0]) == ("client_no_context_takeover" in parameters)


# ---------------------------------------------------------------- the judge


class Seen:
    """What the judge looks at."""

    def __init__(self, ours_first=None, closed=False, close_code=None, over=True):
        self.ours_first = ours_first
        self.closed = closed
        self.close_code = close_code
        self.over = over


THEIRS = Ending(codes=(1002,), clean=False)  # an end for a Close frame of ours that is the fault
ENDS = [
    ("we closed, and they answered", CLEAN, Seen(True, True, 1000), True, OK),
    ("they answered without a code", CLEAN, Seen(True, True, None), True, OK),
    ("with another code", CLEAN, Seen(True, True, 1002), True, WRONG_CODE),
    ("they did not answer", CLEAN, Seen(True, False), True, UNCLEAN),
    ("they answered and left TCP open", CLEAN, Seen(True, True, 1000), False, UNCLEAN),
    ("they closed first", CLEAN, Seen(False, True, 1000), True, FAILED),
    ("they cut first", CLEAN, Seen(None), True, FAILED),
    ("they failed, with a Close frame", FAILS, Seen(False, True, 1002), True, OK),
    ("with another code", FAILS, Seen(False, True, 1007), True, WRONG_CODE),
    ("they failed by cutting", FAILS, Seen(None), True, OK),
    ("they failed and left TCP open", FAILS, Seen(False, True, 1002), False, LEFT_OPEN),
    ("they did not fail", FAILS, Seen(True, True, 1000), True, FAILED),
    ("they did nothing", FAILS, Seen(over=False), False, FAILED),
    ("they refused our Close frame", THEIRS, Seen(True, True, 1002), True, OK),
    ("they took it", THEIRS, Seen(True, True, 1000), True, WRONG_CODE),
    ("they cut after it", THEIRS, Seen(True), True, OK),
]


@pytest.mark.parametrize("ending, seen, ended, verdict", [row[1:] for row in ENDS], ids=range(len(ENDS)))
def test_how_an_end_is_judged(ending, seen, ended, verdict):
    assert judge_end(ending, seen, ended) == verdict


@pytest.mark.parametrize(
    "exchange, closing, verdict",
    [
        (OK, OK, OK),
        (OK, WRONG_CODE, NON_STRICT),
        (OK, LEFT_OPEN, NON_STRICT),
        (OK, UNCLEAN, FAILED),
        (OK, FAILED, FAILED),
        (NON_STRICT, OK, NON_STRICT),
        (FAILED, OK, FAILED),
        (UNIMPLEMENTED, OK, UNIMPLEMENTED),
        (UNIMPLEMENTED, FAILED, FAILED),
        (INFORMATIONAL, INFORMATIONAL, INFORMATIONAL),
    ],
)
def test_the_verdict_is_the_worse_of_two(exchange, closing, verdict):
    result = Result(every()[0], exchange, closing, "", "")
    assert result.verdict == verdict and result.passed == (verdict != FAILED)


def test_replies_in_words():
    assert describe(()) == "no reply"
    assert describe((("text", b"Hello"), ("pong", b""), ("binary", b"\xff\0"), ("text", b"*" * 99))) == (
        "text 'Hello', empty pong, binary ff00, text of 99 bytes"
    )


# ---------------------------------------------------------------- a server under test

# What is not OK about `websockets`. The limit of 4096 fragments is its own.
WEBSOCKETS = {
    "3.2": NON_STRICT,  # the message before the fault is not sent back any more
    "4.1.3": NON_STRICT,
    "4.1.4": NON_STRICT,
    "4.2.3": NON_STRICT,
    "4.2.4": NON_STRICT,
    "5.15": NON_STRICT,
    "6.4.1": NON_STRICT,  # UTF-8 is looked at when the message is whole
    "6.4.2": NON_STRICT,
    "6.4.3": NON_STRICT,
    "6.4.4": NON_STRICT,
    "7.1.5": FAILED,
    "7.1.6": INFORMATIONAL,
    "7.13.1": INFORMATIONAL,
    "7.13.2": INFORMATIONAL,
    "9.3.1": FAILED,
    "9.4.1": FAILED,
    "H10": NON_STRICT,
    "H25": FAILED,  # a request without Host opens a connection
    "H26": FAILED,
    "H38": FAILED,  # another version is refused with 400, without the version that would do
    "H39": FAILED,
    "T7": NON_STRICT,
    **{f"L{number}": NON_STRICT for number in range(1, 14)},  # longer forms of a length are taken
}
SOME = "1-7,9,10,12.*.1,13.*.1,H,N,L,M,T,C,D"


def not_ok(results):
    return {result.case.id: result.verdict for result in results if result.verdict != OK}


def test_the_websockets_server():
    async def test():
        async with websockets_server(max_size=LARGE) as url:
            return await run(url, cases(SOME, role=SERVER))

    results = in_loop(test())
    assert not_ok(results) == WEBSOCKETS
    assert not results.passed


def test_what_a_server_does_without_is_not_implemented():
    async def test():
        async with websockets_server(compression=None) as url:
            return await run(url, cases("12.1,D1,D20,N7,1.1.1"))

    results = in_loop(test())
    assert {result.case.id[:2]: result.verdict for result in results} == {
        "1.": OK,
        "12": UNIMPLEMENTED,
        "N7": OK,  # it need not agree
        "D1": UNIMPLEMENTED,
        "D2": UNIMPLEMENTED,
    }
    assert results.passed and report.details(results) == ""
    lines = report.table(results, 200).splitlines()
    assert [line.split()[0] for line in lines[2:-2]] == ["1.1.1", "12.1.1", "N7", "D1", "D20"]
    assert "this and 17 more, to 12.1.18" in lines[3]


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda message: message[:-1] + message[:1], "1 right messages, then binary of 64 bytes with other content"),
        (lambda message: message[:-1], "1 right messages, then binary of 63 bytes"),
        (lambda message: None, "1 right messages, then Close 1000"),
    ],
)
def test_a_series_ends_with_the_first_wrong_message(change, words):
    async def handler(connection):
        await connection.send(await connection.recv())
        wrong = change(await connection.recv())
        if wrong is not None:
            await connection.send(wrong)
            await connection.wait_closed()

    async def test():
        async with websockets_server(handler) as url:
            return await run(url, cases("9.8.3"), QUICK)

    (result,) = in_loop(test())
    assert result.verdict == FAILED and result.got == words


def test_a_server_that_says_more_than_a_series_asks_for():
    async def handler(connection):
        for _ in range(30):
            await connection.send(await connection.recv())
        await connection.send("one more")
        await connection.wait_closed()

    async def test():
        async with websockets_server(handler) as url:
            return await run(url, cases("9.7.3"), QUICK)

    (result,) = in_loop(test())
    assert result.verdict == FAILED and "text 'one more'" in result.got


def test_a_case_as_a_test_of_pytest(tmp_path):
    """What the documentation says works: one test for each case, in a module of its own."""
    module = tmp_path / "test_mine.py"
    module.write_text(
        "import pytest\n"
        "from conformance import cases, check\n"
        "@pytest.mark.parametrize('case', cases('2.1,2.2,H25', role='server'), ids=str)\n"
        "def test_server(case, request):\n"
        "    result = check(request.config.getoption('--basetemp-url'), case)\n"
        "    assert result.passed, result\n"
    )
    (tmp_path / "conftest.py").write_text("def pytest_addoption(parser): parser.addoption('--basetemp-url')\n")

    async def test():
        async with websockets_server() as url:
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp-url={url}", "."]
            alone = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the plugins take longer than the tests
            process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env=alone, stdout=subprocess.PIPE)
            return (await process.communicate())[0].decode()

    output = in_loop(test())
    assert "1 failed, 2 passed" in output
    assert "test_server[H25]" in output and "H25 FAILED: no Host" in output


def test_check_plays_one_case():
    async def test():
        async with websockets_server() as url:
            return await asyncio.to_thread(check, url, cases("5.6")[0])

    result = in_loop(test())
    assert result.verdict == OK and result.passed
    assert result.expected == "pong 'between', text 'fragment 1fragment 2', then Close 1000 in answer to ours"
    assert result.got == result.expected
    assert 0 < result.seconds < SECONDS and any("<- pong" in line for line in result.wire)


def test_results_show_themselves_as_a_table():
    async def test():
        async with websockets_server() as url:
            return await run(url, cases("2.1,2.5,H25"))

    results = in_loop(test())
    lines = repr(results).splitlines()
    assert [word for word in lines[0].split() if word in ("case", "verdict", "RFC", "expected", "got")]
    assert [line.split()[:2] for line in lines[2:5]] == [["2.1", "OK"], ["2.5", "OK"], ["H25", "FAILED"]]
    assert lines[-1] == "3 cases: 2 OK, 1 FAILED"
    assert max(map(len, report.table(results, 100).splitlines())) <= 100


# Servers that do one thing wrong, each as what it sends once the handshake is done. %s: the payload that came.


def faulty(answer, hold=False):
    """Return a server that does the handshake, and answers the first frame with `answer(payload)`, bytes.

    hold: bool, keep TCP open until the client ends it.
    """

    async def talk(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if b"-Key" in line).decode()
        writer.write(as_bytes(RESPONSE, accept=accept_key(key)))
        first, second = await reader.readexactly(2)
        mask = await reader.readexactly(4)
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(await reader.readexactly(second & 0x7F)))
        writer.write(answer(payload))
        await writer.drain()
        rest = reader.read(-1) if hold else reader.readexactly(6)
        await rest

    return talk


def frame(opcode, payload, more=0x80):
    return bytes((more | opcode, len(payload))) + payload


CLOSE = frame(8, b"\x03\xe8")
FAULTY = [
    ("another text", lambda data: frame(1, b"Hell0"), FAILED, "got text 'Hell0'"),
    ("binary instead", lambda data: frame(2, data), FAILED, "got binary 'Hello'"),
    ("twice", lambda data: frame(1, data) * 2, FAILED, "got text 'Hello', text 'Hello'"),
    ("masked", lambda data: b"\x81\x85\0\0\0\0" + data, FAILED, "a server must not mask"),
    ("reserved bit", lambda data: frame(1, data, 0x90), FAILED, "RSV1-3 is 001"),
    ("compressed, unasked", lambda data: frame(1, data, 0xC0), FAILED, "RSV1-3 is 100"),
    ("longer length", lambda data: b"\x81\x7e\0\x05" + data, FAILED, "shorter form"),
    ("a fragment of nothing", lambda data: frame(0, data), FAILED, "a continuation without a message"),
    ("a message within another", lambda data: frame(1, data, 0) + frame(1, data), FAILED, "a message within another"),
    ("half a code", lambda data: frame(1, data) + frame(8, b"\x03"), FAILED, "half a code"),
    ("more after Close", lambda data: frame(1, data) + CLOSE + frame(9, b""), FAILED, "a frame after the Close frame"),
    ("Close first", lambda data: CLOSE, FAILED, "got Close 1000"),
    ("half a frame", lambda data: b"\x81", FAILED, "got a cut connection"),
]


@pytest.mark.parametrize("answer, verdict, words", [row[1:] for row in FAULTY], ids=[row[0] for row in FAULTY])
def test_a_faulty_server_is_caught(answer, verdict, words):
    hello = Exchange("hello", "text", "5.6", (text("Hello"),), (("text", b"Hello"),))

    async def test():
        async with plain_server(faulty(answer)) as url:
            return await one(hello, Target(url), QUICK)

    result = in_loop(test())
    assert result.verdict == verdict
    assert words.removeprefix("got ") in result.got


def test_a_server_that_leaves_tcp_open_is_unclean():
    closing = cases("7.3.3")[0]

    async def test():
        async with plain_server(faulty(lambda data: CLOSE, hold=True)) as url:
            return await one(closing, Target(url), QUICK)

    result = in_loop(test())
    assert (result.exchange, result.closing) == (OK, UNCLEAN)
    assert "a TCP connection that stays open" in result.got


def test_a_server_that_fails_without_ending_tcp_is_not_strict():
    async def test():
        async with plain_server(faulty(lambda data: frame(8, b"\x03\xea"), hold=True)) as url:
            return await one(cases("4.1.2")[0], Target(url), QUICK)

    result = in_loop(test())
    assert (result.exchange, result.closing, result.verdict) == (OK, LEFT_OPEN, NON_STRICT)


@pytest.mark.parametrize("number", ["3.1", "4.1.2", "L13"])
def test_a_server_that_does_nothing_has_not_failed_the_connection(number):
    async def test():
        async with plain_server(faulty(lambda data: b"", hold=True)) as url:
            return await one(cases(number)[0], Target(url), QUICK)

    result = in_loop(test())
    assert result.verdict == FAILED
    assert result.got == "nothing more, and no Close frame"


@pytest.mark.parametrize("pong, verdict", [(b"still there?", FAILED), (b"", FAILED)])
def test_a_server_that_goes_on_after_a_fault_is_found_with_a_ping(pong, verdict):
    """It may answer our own Ping, or one that it was not sent; neither fails the connection."""

    async def test():
        async with plain_server(faulty(lambda data: frame(10, pong), hold=True)) as url:
            return await one(cases("4.1.2")[0], Target(url), QUICK)

    assert in_loop(test()).verdict == verdict


def test_a_peer_that_pings_is_answered():
    got = []

    async def handler(connection):
        message = await connection.recv()
        latency = await (await connection.ping(b"and you?"))
        got.append(latency)
        await connection.send(message)
        await connection.wait_closed()

    async def test():
        async with websockets_server(handler) as url:
            return await run(url, cases("1.1.2"))

    assert in_loop(test())[0].verdict == OK and got


def test_a_server_that_stops_in_the_middle_fails_only_the_rest():
    async def once(reader, writer):
        server.close()  # takes no further connection; the probe was the first
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Go\r\n\r\n")

    async def test():
        nonlocal server
        server = await asyncio.start_server(once, "127.0.0.1", 0)
        url = "ws://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]
        return await run(url, cases("1.1.1,H1"), QUICK)

    server = None
    results = in_loop(test())
    assert [result.verdict for result in results] == [FAILED, FAILED]
    assert "no TCP connection" in results[0].got


# what is listening, the words of the error
async def silent(reader, writer):
    await reader.read(-1)


async def not_found(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


async def babble(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"220 mail.example.com ESMTP\r\n")


async def hang_up(reader, writer):
    await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize(
    "talk, words",
    [
        (silent, "the server does not answer within"),
        (not_found, "404 Not Found"),
        (babble, "the server does not speak HTTP"),
        (hang_up, "the server cuts the connection"),
    ],
)
def test_what_is_no_websocket_server_is_said_at_once(talk, words):
    async def test():
        async with plain_server(talk) as url:
            await run(url, cases("1.1.1"), Times(reply=0.2))

    with pytest.raises(CannotOpen, match=words):
        in_loop(test())


async def fine(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


async def wrong_accept(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(as_bytes(RESPONSE, accept="s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))


async def chosen_extension(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if b"-Key" in line).decode()
    writer.write(as_bytes(RESPONSE + ("Sec-WebSocket-Extensions: x-nobody",), accept=accept_key(key)))


# what a server does with requests, the case, the verdict, what the result says of it
REQUESTS = [
    (silent, "H1", FAILED, "no answer"),
    (babble, "H1", FAILED, "the version is '220'"),
    (hang_up, "H1", FAILED, "a cut connection"),
    (hang_up, "H20", OK, "a cut connection"),
    (hang_up, "H10", NON_STRICT, "a cut connection"),
    (not_found, "H1", FAILED, "status 404"),
    (not_found, "H20", OK, "status 404"),
    (not_found, "H38", FAILED, "status 404: the response has no Sec-WebSocket-Version: 13"),
    (fine, "H20", FAILED, "status 200: neither 101 nor an error"),
    (wrong_accept, "H1", FAILED, "Sec-WebSocket-Accept is 's3pP"),
    (wrong_accept, "H12", FAILED, "a cut connection"),  # right for this key; but then nothing is sent back
    (wrong_accept, "H20", FAILED, "status 101"),
    (chosen_extension, "N4", FAILED, "which we did not offer"),
    (chosen_extension, "N7", FAILED, "which we did not offer"),
]


@pytest.mark.parametrize(
    "talk, number, verdict, words", REQUESTS, ids=[f"{row[0].__name__} {row[1]}" for row in REQUESTS]
)
def test_what_becomes_of_a_request(talk, number, verdict, words):
    async def test():
        async with plain_server(talk) as url:
            return await one(cases(number)[0], Target(url), Times(reply=0.3, end=0.1))

    result = in_loop(test())
    assert (result.verdict, words in result.got) == (verdict, True), result


def test_a_huge_request_need_not_be_read_to_its_end():
    async def impatient(reader, writer):
        await reader.readuntil(b"\r\n")
        writer.write(b"HTTP/1.1 431 Too Large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async def test():
        async with plain_server(impatient) as url:
            return await one(cases("H50")[0], Target(url), Times())

    result = in_loop(test())
    assert (result.verdict, result.got) == (OK, "status 431")


def test_a_case_for_clients_is_no_case_for_a_server():
    with pytest.raises(ValueError, match="R1 is a case for clients"):
        check("ws://127.0.0.1:1/", cases("R1")[0])

    async def test():
        async with websockets_server() as url:
            return await run(url, cases("R1,2.1,K"))

    assert [result.case.id for result in in_loop(test())] == ["2.1"]


def test_nobody_listens():
    async def test():
        async with plain_server(silent) as url:
            pass
        await run(url, cases("1.1.1"))

    with pytest.raises(CannotOpen, match="no TCP connection to 127.0.0.1:"):
        in_loop(test())


def server_context(certificates, name="server"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    return context


def test_wss(certificates):
    trusting = ssl.create_default_context(cafile=certificates / "ca.pem")

    async def test():
        async with websockets_server(max_size=LARGE, ssl=server_context(certificates)) as url:
            chosen = cases("1-5,7,9,H1,H50", "9.3.1,9.4.1")
            return await run(url, chosen, tls=trusting), await run(url, cases("1.1.1"), tls=trusting, at_once=1)

    results, again = in_loop(test())
    assert not_ok(results) == {
        number: verdict
        for number, verdict in WEBSOCKETS.items()
        if number[0] in "134579" and number not in ("9.3.1", "9.4.1")
    }
    assert again.passed


def test_wss_with_a_certificate_that_is_not_trusted(certificates):
    async def test():
        async with websockets_server(ssl=server_context(certificates, "self_signed")) as url:
            await run(url, cases("1.1.1"))

    with pytest.raises(CannotOpen, match="no TLS connection"):
        in_loop(test())


def test_names_in_the_package():
    assert all(hasattr(conformance, name) for name in conformance.__all__)
    assert Path(conformance.__file__).parent.name == "conformance"
    assert NOT_UTF8.codes == (1007,)

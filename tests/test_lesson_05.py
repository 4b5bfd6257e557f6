"""Lesson 05: it leaves nothing behind, runs twice in a kernel, and what the student builds agrees with pocketws."""

import random

import pytest

from classroom import checks
from classroom.messages import frames_in, named, opened
from classroom.workspace import ROOT
from pocketws.exceptions import ProtocolError
from pocketws.frames import OP_CLOSE, OP_CONT, OP_PING, OP_PONG, OP_TEXT, Frame
from pocketws.protocol import CLOSED, OPEN, SERVER
from tests.notebook_rules import LEFT, code_cells, run_cells

CELLS = code_cells(ROOT / "notebooks" / "05_messages.ipynb")

PING = """
def on_ping(endpoint, frame):
    endpoint.events.append(("ping", frame.data))
    endpoint.send(OP_PONG, frame.data)

check("05.a", on_ping)
"""

CLOSE = """
def on_close(endpoint, frame):
    code, reason = 1005, ""
    if frame.data:
        code, reason = int.from_bytes(frame.data[:2], "big"), frame.data[2:].decode()
    endpoint.events.append(("close", (code, reason)))
    endpoint.send(OP_CLOSE, frame.data)
    endpoint.open = False

check("05.b", on_close)
"""


@pytest.mark.thorough
def test_nothing_is_left_after_the_lesson_and_it_runs_twice_in_one_kernel():
    results = run_cells(*CELLS, LEFT, *CELLS, LEFT)
    assert results[len(CELLS)] == results[-1] == "[]"


@pytest.fixture
def lesson(monkeypatch):
    """Return the names that the lesson's cells define, with both tasks solved."""
    cards = []
    monkeypatch.setattr(checks, "_show", lambda card: cards.append(str(card)))
    scope = {}
    for source in CELLS:
        if 'check("05.a"' in source:
            source = source[: source.index("def on_ping")] + PING
        if 'check("05.b"' in source:
            source = CLOSE
        source, value = source.rsplit("\n", 1) if "mine.events == events" in source else (source, "None")
        exec(compile(source, "<cell>", "exec"), scope)
        if value != "None":
            scope["agree"] = eval(value, scope)
    assert [card.startswith("[ok]") for card in cards] == [True, True]
    return scope


def test_with_both_tasks_solved_the_endpoint_agrees_with_the_library(lesson):
    assert lesson["agree"] is True
    assert [name for name, data in lesson["mine"].events] == ["ping", "text", "pong", "close"]


def test_the_endpoint_agrees_on_random_conversations_however_they_are_chopped(lesson):
    choose = random.Random(5)
    handlers = {OP_TEXT: lesson["on_part"], OP_CONT: lesson["on_part"], OP_PING: lesson["on_ping"]}
    handlers |= {OP_PONG: lesson["on_pong"], OP_CLOSE: lesson["on_close"]}
    for _ in range(200):
        wire = conversation(choose)
        mine, library = lesson["Endpoint"](handlers), opened()
        events = named(library.receive_data(wire))
        while wire:
            size = choose.randrange(1, 9)
            mine.receive(wire[:size])
            wire = wire[size:]
        assert mine.events == events
        assert frames_in(mine.output) == frames_in(library.data_to_send())


def conversation(choose):
    """Return the bytes of a few text messages in pieces, control frames between them, and perhaps a Close frame."""
    frames = []
    for _ in range(choose.randrange(4)):
        data = "".join(choose.choice("a€é😀") for _ in range(choose.randrange(6))).encode()
        places = sorted(choose.randrange(len(data) + 1) for _ in range(choose.randrange(4)))
        edges = [0, *places, len(data)]
        for at, (start, end) in enumerate(zip(edges, edges[1:], strict=False)):
            frames.append(Frame(OP_CONT if at else OP_TEXT, data[start:end], fin=at == len(places)))
            if choose.random() < 0.3:
                frames.append(Frame(choose.choice((OP_PING, OP_PONG)), b"hi"[: choose.randrange(3)]))
    if choose.random() < 0.5:
        frames.append(Frame(OP_CLOSE, choose.choice((b"", b"\x03\xe8", b"\x03\xe9bye"))))
    return b"".join(frame.serialize() for frame in frames)


# ---------------------------------------------------------------- classroom.messages


def test_opened_takes_a_role():
    assert opened().state == opened(SERVER).state == OPEN
    assert opened().role == "client" and opened(SERVER).role == "server"


def test_named_gives_names_and_data():
    wire = Frame(OP_PING, b"hi").serialize() + Frame(OP_TEXT, "é".encode()).serialize() + Frame(OP_CLOSE).serialize()
    assert named(opened().receive_data(wire)) == [("ping", b"hi"), ("text", "é"), ("close", (1005, ""))]
    assert named([]) == []


def test_frames_in_reads_masked_and_unmasked_frames_and_leaves_half_a_frame_out():
    wire = Frame(OP_TEXT, b"a").serialize() + Frame(OP_PONG, b"b").serialize(b"1234")
    assert frames_in(wire) == frames_in(wire + b"\x81\x05He") == [("text", b"a"), ("pong", b"b")]
    assert frames_in(b"") == []


def test_frames_in_refuses_what_is_no_frame():
    with pytest.raises(ProtocolError):
        frames_in(b"\xff\xff")


@pytest.mark.parametrize("ending, code", [("88 02 03 e8", 1000), ("88 00", 1005), ("", 1006), ("01 02 61 ff", 1006)])
def test_every_way_to_closed_but_that_from_close_done_brings_1006(ending, code):
    """As the lesson says of the picture; the last one failed before."""
    library = opened()
    library.receive_data(bytes.fromhex(ending))
    library.receive_eof()
    assert (library.state, library.close_code) == (CLOSED, code)


@pytest.mark.parametrize("early", ["connecting", "close sent"])
def test_an_end_before_the_closing_handshake_brings_1006(early):
    from pocketws.protocol import CLIENT, Protocol

    library = Protocol(CLIENT)
    if early == "close sent":
        library.opened()
        library.send_close(1000)
    assert library.state == early
    library.receive_eof()
    assert library.close_code == 1006

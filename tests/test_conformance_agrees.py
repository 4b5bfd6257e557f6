"""Our conformance suite and the Autobahn testsuite come to the same verdicts, case by case.

    python -m tests.test_conformance_agrees        writes docs/conformance-differences.md

Autobahn's verdicts are those in docs/conformance/, which `python -m tests.autobahn` writes.
Ours are made here, on the same endpoints; sections 9, 12 and 13 in their reduced size, and of
12 and 13 a part, unless CONFORMANCE_FULL=1 is set in the environment: then it takes hours.
"""

import asyncio
import os
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from conformance import ClientTest, Times, cases, run
from conformance.model import CLIENT, SERVER
from tests.autobahn import report
from tests.autobahn.endpoints import CPYTHON, ENDPOINTS
from tests.autobahn.suite import free_port, running, wait_until_up

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "conformance-differences.md"
FULL = os.environ.get("CONFORMANCE_FULL") == "1"
SECONDS = 20_000 if FULL else 100  # for all cases of one endpoint
TIMES = Times(reply=60.0, end=10.0)  # a machine that does other things beside must not make a difference
SOME = "1-7,9,10,12.*.1,12.*.11,13.*.1,13.*.11"

RACE = (
    "Autobahn leaves it to chance whether the first message is sent back before the bad frame behind it is seen, and "
    "calls it NON-STRICT if it is not. We wait for the message, but where both go out in one write."
)
REDUCED = (
    "`websockets` takes 4096 fragments at most. Reduced, these messages have fewer; in full (`--full`) we see "
    "FAILED, too."
)

# Where the two differ. peer: what the name of the endpoint has in it, or "" for any.
Difference = namedtuple("Difference", "numbers peer autobahn ours why full", defaults=(True,))

DIFFERENCES = [
    Difference("3.3,3.4,4.1.5,4.2.5", "", "NON-STRICT", "OK", RACE),
    Difference("9.3.2,9.3.3,9.4.2,9.4.3", "websockets", "FAILED", "OK", REDUCED, False),
]
LIBRARIES = ("pocketws", "websockets", "wsproto", "aiohttp", "hypercorn")
COMPARED = [
    each
    for each in ENDPOINTS
    if each.runtime == CPYTHON and each.library in LIBRARIES and (report.FOLDER / f"{each.name}.json").exists()
]


def explained(endpoint, number, autobahn, ours):
    """Return the Difference that explains what the two say of a case, or None."""
    for each in DIFFERENCES:
        applies = each.peer in endpoint.name and not (FULL and not each.full)
        if applies and number in each.numbers.split(",") and (autobahn, ours) == (each.autobahn, each.ours):
            return each
    return None


def plain(text):
    """Return what docs/conformance/ says of a case, in the shorter of two ways in which it may be said."""
    return "FAILED" if text == "FAILED, close FAILED" else text


async def play_server(endpoint, folder):
    """Play all cases with a server; return Results."""
    port = free_port()
    with running(endpoint.command(str(port)), endpoint, folder / "log") as process:
        await asyncio.to_thread(wait_until_up, process, port)
        return await run(f"ws://127.0.0.1:{port}/", cases("*" if FULL else SOME, role=SERVER, full=FULL), TIMES)


async def play_client(endpoint, folder):
    """Play all cases with a client; return Results."""
    chosen = cases("*" if FULL else SOME, role=CLIENT, full=FULL)
    async with ClientTest(chosen, times=TIMES) as test:
        with running(endpoint.command(test.url.rstrip("/"), endpoint.name), endpoint, folder / "log") as process:
            waiting = asyncio.create_task(test.wait(SECONDS))
            while not waiting.done() and process.poll() is None:
                await asyncio.wait([waiting], timeout=0.5)
            assert test.over, f"the client ended, with {process.returncode}, before the last case"
            return await waiting


def verdicts(endpoint, folder):
    """Return {id: verdict, as docs/conformance/ has it} of Autobahn's cases."""

    async def limited():
        async with asyncio.timeout(SECONDS):
            return await (play_server if endpoint.role == SERVER else play_client)(endpoint, folder)

    results = asyncio.run(limited())
    return {r.case.id: plain(report.outcome(r.exchange, r.closing)) for r in results if r.case.id[0].isdigit()}


def test_there_is_something_to_compare():
    names = {each.name for each in COMPARED}
    wanted = {
        "cpython-websockets-server",
        "cpython-websockets-client",
        "cpython-wsproto-server",
        "cpython-aiohttp-server",
    }
    if not wanted <= names and not os.environ.get("CI"):
        pytest.skip(f"no results of Autobahn for {', '.join(sorted(wanted - names))}: run python -m tests.autobahn")
    assert wanted <= names


@pytest.mark.thorough
@pytest.mark.timeout(SECONDS + 20)
@pytest.mark.parametrize("endpoint", COMPARED, ids=lambda each: each.name)
def test_case_by_case(endpoint, tmp_path):
    autobahn = {number: plain(text) for number, text in report.load()[endpoint]["cases"].items()}
    ours = verdicts(endpoint, tmp_path)
    assert set(ours) <= set(autobahn)
    different = {number: (autobahn[number], ours[number]) for number in ours if autobahn[number] != ours[number]}
    assert {number: pair for number, pair in different.items() if explained(endpoint, number, *pair) is None} == {}, (
        "(Autobahn's verdict, ours) that nothing in DIFFERENCES explains"
    )


HEAD = """\
# Where our conformance suite and Autobahn differ

`python -m conformance` has a case for each of the 517 cases of the
[Autobahn testsuite](https://github.com/crossbario/autobahn-testsuite), under the same number.
`tests/test_conformance_agrees.py` plays them with the endpoints on CPython of which [conformance/](conformance) has
Autobahn's results, and compares the verdicts: of what was sent back, and of how the connection ended. Section 9 is
reduced there, and a part of 12 and 13 is played; with `CONFORMANCE_FULL=1` all of it is, in full. What differs:

| cases | endpoint | Autobahn | ours | why |
|---|---|---|---|---|
"""
TAIL = """
Some things are done in another way, which makes no difference to these verdicts: the payloads are our own, those of
sections 12 and 13 among them; in 3.6 the frame with reserved bits is the Ping that Autobahn's text speaks of, not a
binary frame; in 3.7 the Close frame has a code; section 9 compares contents, not only lengths; and a peer is asked with
a Ping where Autobahn waits for a second.
"""


def document():
    """Return the text of docs/conformance-differences.md."""
    rows = []
    for each in DIFFERENCES:
        peer = each.peer or "any"
        numbers = each.numbers.replace(",", ", ")
        rows.append(f"| {numbers} | {peer} | {each.autobahn} | {each.ours} | {each.why} |")
    return HEAD + "\n".join(rows) + "\n" + TAIL


def test_the_document_is_up_to_date():
    assert DOCUMENT.read_text(encoding="utf-8") == document()


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
    sys.exit()

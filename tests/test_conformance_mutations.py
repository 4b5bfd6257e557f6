"""Deliberate faults, each in a copy of lib/pocketws, and the cases of the conformance suite that catch them.

    python -m tests.test_conformance_mutations     plays every case on every fault, and writes
                                                   docs/conformance-mutations.md

The tests play only the cases named in FAULTS, on the copy with the fault and on one without.
"""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

import pytest

from conformance import ClientTest, Times, cases, run
from conformance.model import CLIENT, INFORMATIONAL, OK, SERVER

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "conformance-mutations.md"
ECHO = ROOT / "lib" / "conformance" / "echo.py"
IMPATIENT = Times(reply=1.0, silence=0.1, fast=0.3, end=0.3)  # enough to see a fault
PATIENT = Times(reply=30.0, end=10.0)  # and to see none
ERRORS = "errors.txt"  # what the endpoint writes to standard error
SECONDS = 60  # for what a test waits for at most
PLAYED = "1-7,9.*.1,10,12.*.3,13.*.3,H,R,N,L,M,K,T,C,D"  # for the document
IDS = [case.id for case in cases(PLAYED)]

# what: str, in words. old, new: str, what is replaced; it occurs once in lib/pocketws.
# caught: str, some of the cases that catch it. role: what the copy is under test as.
# A fault that only makes an endpoint crash would not do: it may cut the connection where it must fail it.
Fault = namedtuple("Fault", "what old new caught role", defaults=(SERVER,))

FAULTS = [
    Fault("reserved bits are ignored", "if header.rsv & ~rsv:", "if False:", "3.1,3.2,3.3"),
    Fault(
        "reserved opcodes are ignored",
        'raise ProtocolError("opcode 0x%x is reserved" % header.opcode, "5.2", "opcode")\n'
        "    name = OPCODE_NAMES[header.opcode]",
        'pass\n    name = OPCODE_NAMES.get(header.opcode, "unknown")',
        "4.1.1,4.2.5",
    ),
    Fault("a control frame may be fragmented", "if control and not header.fin:", "if False:", "5.1,C8"),
    Fault("a control frame may be long", "MAX_CONTROL = 125", "MAX_CONTROL = 1000", "2.5,7.3.6"),
    Fault(
        "a server takes frames without a mask",
        "if masked is not None and masked != bool(header.mask_key):",
        "if False:",
        "M1,M3,M5",
    ),
    Fault(
        "a length may be longer than it needs to be",
        "if extended and length < (126 if extended == 2 else 1 << 16):",
        "if False:",
        "L1,L6,L9",
    ),
    Fault("the first bit of a length may be 1", "if length >> 63:", "if False:", "L12,L13"),
    Fault(
        "a payload that arrives in pieces is unmasked wrongly",
        "    turn = start % 4\n    return key[turn:] + key[:turn]",
        "    return key",
        "1.2.8,M12",
    ),
    Fault(
        "lengths from 126 are sent in 64 bits",
        "    elif length < 1 << 16:\n        head",
        "    elif False:\n        head",
        "1.1.3,1.2.6",
    ),
    Fault(
        "any close code will do",
        "    if not _may_be_sent(code):\n        raise ProtocolError(",
        "    if False:\n        raise ProtocolError(",
        "7.9.1,7.9.5,C4",
    ),
    Fault(
        "half a close code will do",
        "    if not payload:\n        return Close(1005",
        "    if len(payload) < 2:\n        return Close(1005",
        "7.3.2",
    ),
    Fault(
        "a Ping is answered without its payload",
        "self._send(OP_PONG, payload)",
        'self._send(OP_PONG, b"")',
        "2.2,2.10,5.6",
    ),
    Fault("a Ping is not answered", "self._send_answer(payload)", "pass", "2.1,5.7"),
    Fault(
        "a message may begin within another",
        "        elif message is not None:\n            raise",
        "        elif False:\n            raise",
        "5.18",
    ),
    Fault(
        "a Close frame gets another code in answer",
        "self._send_close(data, payload)",
        'self._send_close(data, b"\\x03\\xe9")',
        "7.3.3,7.7.12,C9",
    ),
    Fault(
        "a Close frame is not answered",
        "self._peer_closed_first = self.state == CLOSE_RECEIVED",
        'self._go("send Close") if self.state == CLOSE_RECEIVED else None',
        "7.3.1,1.1.1",
    ),
    Fault(
        "frames behind a Close frame are answered",
        "_READING = (OPEN, CLOSE_SENT)",
        "_READING = (OPEN, CLOSE_SENT, CLOSE_DONE)",
        "7.1.3",
    ),
    Fault("a fault is passed over", "self._give_up(error)", "pass", "3.1,4.1.1,6.3.1"),
    Fault(
        "every fault is told with 1002",
        "code, reason = error.close_code, str(error)",
        "code, reason = 1002, str(error)",
        "6.3.1,T3",
    ),
    Fault(
        "the server leaves the end of TCP to the client",
        "return self.state == FAILED or (self.state == CLOSE_DONE and self.role == SERVER)",
        "return False",
        "1.1.1,7.3.3",
    ),
    Fault(
        "text is looked at only when its frame is whole",
        "_IN_PIECES = ((OP_TEXT, OP_CONT)",
        "_IN_PIECES = (()",
        "6.4.3,6.4.4",
    ),
    Fault(
        "a text may end within a character",
        "            if final:\n                raise",
        "            if False:\n                raise",
        "T4",
    ),
    Fault(
        "what is not UTF-8 is replaced",
        'text = str(data, "utf-8")',
        'text = str(data, "utf-8", "replace")',
        "6.3.1,6.12.1,6.20.1",
    ),
    Fault(
        "a compressed continuation frame may have RSV1",
        "            if frame.rsv1:\n                raise",
        "            if False:\n                raise",
        "D20",
    ),
    Fault(
        "the context of earlier messages is forgotten",
        "return (self._window + out[-size:])[-size:]",
        'return b""',
        "D7,D11",
    ),
    Fault("any method opens a connection", 'if request.method != "GET":', "if False:", "H20,H21"),
    Fault("any version opens a connection", "if version != VERSION:", "if False:", "H37,H38"),
    Fault(
        "any key opens a connection",
        "return len(data) == 16 and _base64(data) == text",
        "return True",
        "H33,H35",
    ),
    Fault(
        "Upgrade may ask for anything",
        'if "websocket" not in [token.lower() for token in upgrade]:',
        "if False:",
        "H27,H28",
    ),
    Fault(
        "the accept key is made with another GUID",
        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
        "258EAFA5-E914-47DA-95CA-5AB0DC85B11C",
        "H1,H12",
    ),
    Fault(
        "headers may be as long as they like",
        "        self.max_line = max_line\n",
        "        self.max_line = max_head = 1 << 30\n",
        "H50,H52",
    ),
    Fault(
        "a client takes any answer to its key",
        "if accept != accept_key(key):",
        "if accept is None:",
        "R31,R32,R33",
        CLIENT,
    ),
    Fault(
        "a client takes any status",
        "if response.status_code != 101:",
        "if False:",
        "R20,R21",
        CLIENT,
    ),
    Fault(
        "a client takes a subprotocol that it did not ask for",
        "if subprotocol is not None and subprotocol not in subprotocols:",
        "if False:",
        "R35",
        CLIENT,
    ),
    Fault(
        "a client takes masked frames",
        "if masked is not None and masked != bool(header.mask_key):",
        "if False:",
        "M6,M10",
        CLIENT,
    ),
    Fault("a client always masks with the same key", "key = os.urandom(4)", 'key = b"1234"', "K2", CLIENT),
    Fault(
        "a client does not mask",
        'key = os.urandom(4) if self.role == CLIENT else b""',
        'key = b""',
        "1.1.1,2.1,7.3.1",
        CLIENT,
    ),
    Fault(
        "a client always sends the same key",
        "return _base64(os.urandom(16))",
        "return _base64(bytes(16))",
        "K1",
        CLIENT,
    ),
]


def broken_copy(fault, folder):
    """Copy lib/pocketws into `folder` (Path) and put the fault in, or none; return the name of the file that has it."""
    copy = folder / "pocketws"
    shutil.copytree(ROOT / "lib" / "pocketws", copy, ignore=shutil.ignore_patterns("__pycache__"))
    if fault is None:
        return None
    texts = {path: path.read_text(encoding="utf-8") for path in copy.glob("*.py")}
    found = [path for path, text in texts.items() for _ in range(text.count(fault.old))]
    assert len(found) == 1, f"lib/pocketws has changed: {fault.old!r} occurs {len(found)} times"
    found[0].write_text(texts[found[0]].replace(fault.old, fault.new), encoding="utf-8")
    return found[0].name


def errors_of(folder):
    return open(folder / ERRORS, "ab")


@contextlib.asynccontextmanager
async def echo(folder, *arguments):
    """Run the suite's echo server or client on the pocketws in `folder`; give the process."""
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONUNBUFFERED": "1"}
    with errors_of(folder) as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            str(ECHO),
            *arguments,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def play(role, wanted, folder, times):
    """Play cases on the pocketws in `folder` (Path); return Results."""
    chosen = cases(wanted, role=role)
    if role == SERVER:
        async with echo(folder, "server") as process:
            url = (await process.stdout.readline()).decode().strip()
            return await run(url, chosen, times)
    async with ClientTest(chosen, times=times) as test:
        while not test.over:  # a fault may end the client
            async with echo(folder, "client", test.url) as process:
                waits = [asyncio.create_task(test.wait(SECONDS)), asyncio.create_task(process.wait())]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for wait in waits:
                    wait.cancel()
                await asyncio.gather(*waits, return_exceptions=True)
        return test.results


def catching(role, wanted, folder, times=IMPATIENT):
    """Return {id: Result} of the cases that are not OK on the pocketws in `folder`."""

    async def limited():
        async with asyncio.timeout(SECONDS):
            return await play(role, wanted, folder, times)

    results = asyncio.run(limited())
    return {result.case.id: result for result in results if result.verdict not in (OK, INFORMATIONAL)}


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.what.replace(" ", "-") for fault in FAULTS])
def test_the_fault_is_caught(fault, tmp_path):
    broken_copy(fault, tmp_path)
    found = catching(fault.role, fault.caught, tmp_path)
    assert sorted(found) == sorted(case.id for case in cases(fault.caught))
    assert "Traceback" not in (tmp_path / ERRORS).read_text(), "it crashes, which is another fault"


@pytest.mark.parametrize("role", [SERVER, CLIENT])
def test_without_a_fault_the_same_cases_are_well(role, tmp_path):
    broken_copy(None, tmp_path)
    wanted = ",".join(fault.caught for fault in FAULTS if fault.role == role)
    assert catching(role, wanted, tmp_path, PATIENT) == {}


def test_the_document_has_a_row_for_each_fault():
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ") and ".py`" in line]
    assert [row[0].removeprefix("| ") for row in rows] == [fault.what for fault in FAULTS]
    for row, fault in zip(rows, FAULTS, strict=True):
        assert set(case.id for case in cases(fault.caught)) <= set(expand(row[3])), fault.what


# ---------------------------------------------------------------- the document

HEAD = """\
# Faults that our conformance suite catches

Each row is a fault that was put, alone, into a copy of `lib/pocketws`, which then ran as an echo server or client
(`lib/conformance/echo.py`), and the cases of `python -m conformance` that were not OK, which without the fault are.
The end of the last column is what the first of these cases saw. `tests/test_conformance_mutations.py` has the faults as
patches, and tests that some of the cases catch them; `python -m tests.test_conformance_mutations` writes this page.

| fault | in | as | cases that catch it | what the first one saw |
|---|---|---|---|---|
"""


def expand(text):
    """Return the ids that `shorten` put into a text."""
    found = []
    for item in text.split(", "):
        first, _, last = item.partition(" to ")
        found += IDS[IDS.index(first) : IDS.index(last or first) + 1]
    return found


def shorten(numbers, role):
    """Return ids as text; three and more that follow each other are written "3.1 to 3.7"."""
    places = sorted(IDS.index(number) for number in numbers)
    groups = []
    for place in places:
        if groups and place == groups[-1][-1] + 1:
            groups[-1].append(place)
        else:
            groups.append([place])
    parts = []
    for group in groups:
        first, last = IDS[group[0]], IDS[group[-1]]
        parts += [f"{first} to {last}"] if len(group) > 2 else [IDS[place] for place in group]
    return ", ".join(parts)


def write():
    """Play all cases on every fault, and write the document."""
    rows = []
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as folder:
            file = broken_copy(fault, Path(folder))
            found = catching(fault.role, PLAYED if fault.role == SERVER else "1-3,5,7,R,M,K,D", Path(folder))
        first = found[cases(fault.caught)[0].id]
        saw = f"{first.case.id}: {first.got}".replace("|", "\\|")
        rows.append(f"| {fault.what} | `{file}` | {fault.role} | {shorten(found, fault.role)} | {saw[:110]} |")
        print(rows[-1], flush=True)
    DOCUMENT.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()

"""Writes the table of docs/strangers.md, between its marks: `python -m tests.strangers.table`"""

import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

from classroom.doctor import find_chromium
from tests.strangers import matrix
from tests.strangers.peers import NODE

PATH = Path(__file__).parent.parent.parent / "docs" / "strangers.md"
BEGIN = "<!-- begin: python -m tests.strangers.table writes what follows -->"
END = "<!-- end -->"


def render(versions):
    """Return the table and its notes (str). versions: {title of a peer: str}."""
    titles = [f"{peer.title} {versions[peer.title]} {peer.role}" for peer in matrix.PEERS]
    numbers = {}  # of the notes, as they come
    rows = []
    for row in matrix.ROWS:
        cells = [_cell(matrix.cell(peer, row), numbers) for peer in matrix.PEERS]
        rows.append(_line([row.words, *cells]))
    notes = [f"{number}. {matrix.NOTES[key]}" for key, number in numbers.items()]
    return "\n".join([_line(["", *titles]), "|---" * (len(titles) + 1) + "|", *rows, "", *notes])


def _line(cells):
    return "| " + " | ".join(cells) + " |"


def _cell(cell, numbers):
    """Return a cell's text; notes that are new get the next number."""
    return " ".join([cell.mark] + [f"[{numbers.setdefault(key, len(numbers) + 1)}]" for key in cell.notes])


def versions_in(text):
    """Return the versions that the table in `text` tells: {title of a peer: str}."""
    heading = text[text.index(BEGIN) :]
    return {peer.title: re.search(rf"\| {peer.title} ([^|]+) {peer.role} \|", heading)[1] for peer in matrix.PEERS}


def installed_versions():
    """Return those of what is installed here."""
    of = importlib.metadata.version
    ws = json.loads((NODE / "node_modules" / "ws" / "package.json").read_text())["version"]
    return {
        "websockets": of("websockets"),
        "aiohttp": of("aiohttp"),
        "hypercorn": f"{of('hypercorn')} (wsproto {of('wsproto')})",
        "uvicorn": f"{of('uvicorn')} (websockets {of('websockets')})",
        "ws": f"{ws} (node {_said_by('node')})",
        "Chromium": _said_by(find_chromium()),
    }


def _said_by(program):
    """Return the version that `program` tells: str, its first two numbers."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"\d+\.\d+", said)[0]


def write_in(text, versions):
    """Return `text` with the table for these versions. Raises ValueError if it lacks the marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the text lacks the marks {BEGIN} and {END}")
    return f"{before}{begin}\n\n{render(versions)}\n\n{end}{after}"


def main():
    PATH.write_text(write_in(PATH.read_text(encoding="utf-8"), installed_versions()), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

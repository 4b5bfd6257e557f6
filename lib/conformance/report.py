"""Results as a table for people, and as JSON for programs."""

import collections
import itertools
import json
import shutil
import sys

from . import model

WIDE = 120  # characters of a table where no terminal tells its width
_HEAD = ("case", "verdict", "RFC", "what we do", "expected", "got")


def table(results, width=None):
    """Return Results as a table with a summary: str, one line for each case, cut to `width` characters."""
    rows = list(_rows([result for result in results if result is not None]))
    width = width or shutil.get_terminal_size((WIDE, 24)).columns
    fixed = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)][:3]
    room = max(width - sum(fixed) - 2 * 5, 45)
    widths = fixed + [room // 3, room // 3, room - 2 * (room // 3)]
    lines = [_line(row, widths) for row in [_HEAD, tuple("-" * width for width in widths), *rows]]
    return "\n".join([*lines, "", summary(results)])


def _rows(results):
    """Yield the cells of each line. What is not implemented, case after case, takes one line."""
    for verdict, group in itertools.groupby(results, lambda result: result.verdict):
        group = list(group)
        if verdict == model.UNIMPLEMENTED and len(group) > 2:
            first, last = group[0].case, group[-1].case
            yield first.id, verdict, first.section, f"this and {len(group) - 1} more, to {last.id}", "", group[0].got
        else:
            for result in group:
                case = result.case
                yield case.id, result.verdict, case.section, case.title, result.expected, result.got


def _line(row, widths):
    cells = [cell if len(cell) <= width else cell[: width - 1] + "…" for cell, width in zip(row, widths, strict=True)]
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def summary(results):
    """Return one line: how many cases of each verdict, and how long they took."""
    done = [result for result in results if result is not None]
    counts = collections.Counter(result.verdict for result in done)
    parts = [f"{counts[verdict]} {verdict}" for verdict in model.VERDICTS if counts[verdict]]
    missing = len(results) - len(done)
    return f"{len(done)} cases: " + ", ".join(parts or ["none"]) + (f"; {missing} not played" if missing else "")


def details(results, wire=False):
    """Return in full what is not as a strict endpoint has it: str. wire: bool, with all that was sent."""
    blocks = []
    for result in results:
        if result is None or result.verdict in (model.OK, model.UNIMPLEMENTED, model.INFORMATIONAL):
            continue
        lines = [
            f"{result.case.id} {result.verdict}: {result.case.title} (RFC {rfc(result.case.section)})",
            f"  expected: {result.expected}",
            f"  got:      {result.got}",
        ]
        if result.closing not in (model.OK, model.INFORMATIONAL):
            lines.append(f"  the end:  {result.closing}")
        if wire:
            lines += ["    " + line for line in result.wire]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def rfc(section):
    """Return a section as words: "6455 section 5.2"."""
    number, colon, rest = section.partition(": ")
    return f"{number} section {rest}" if colon else f"6455 section {section}"


def as_json(results, **about):
    """Return Results as JSON: str. about: what else to note, such as target and role."""
    rows = [
        {
            "id": result.case.id,
            "title": result.case.title,
            "section": rfc(result.case.section),
            "verdict": result.verdict,
            "exchange": result.exchange,
            "closing": result.closing,
            "expected": result.expected,
            "got": result.got,
            "seconds": round(result.seconds, 3),
        }
        for result in results
        if result is not None
    ]
    counts = collections.Counter(row["verdict"] for row in rows)
    about["python"] = sys.version.split()[0]
    return json.dumps({**about, "counts": counts, "results": rows}, indent=1) + "\n"

"""All cases, and how to choose among them.

The tables are data; only lengths.py has a few lines of judging.
"""

import fnmatch
import re

from . import closing, compression, framing, lengths, limits, opening, texts

_FAMILIES = "HRNLMKTCD"  # our own cases, in the order in which they are shown after those with numbers


def every(role=None, full=False):
    """Return all cases, those for a peer of `role` ("server", "client") or all.

    full: bool, sections 9, 12 and 13 in Autobahn's sizes, which takes minutes.
    """
    tables = (
        framing.cases(),
        texts.cases(),
        closing.cases(),
        limits.cases(full),
        compression.cases(full),
        opening.cases(),
        lengths.cases(),
    )
    found = [case for table in tables for case in table if role is None or role in case.roles]
    return sorted(found, key=order)


def cases(wanted="*", exclude="", role=None, full=False):
    """Return the cases that a pattern names, in order.

    wanted, exclude: str, a list with commas of ids ("5.3", "H1"), groups ("6.4", "7", "H"), ranges of
    sections ("1-7") and wildcards ("9.*.6"). role, full: see `every`.
    Raises ValueError for an item that names no case.
    """
    table = every(full=full)
    chosen = _matching(wanted, table) - _matching(exclude, table)
    return [case for case in table if case.id in chosen and (role is None or role in case.roles)]


def _matching(wanted, table):
    """Return the ids of the cases in `table` that a pattern names. Raises ValueError."""
    found = set()
    for item in filter(None, (item.strip() for item in wanted.split(","))):
        these = [case.id for case in table if _matches(item, case.id)]
        if not these:
            raise ValueError(f"{item!r} names no case; examples: 5.3, 6.4, 1-7, 9.*.6, H1, L")
        found.update(these)
    return found


def _matches(item, number):
    if item == number or number.startswith(item + ".") or (item in _FAMILIES and number.startswith(item)):
        return True
    section = number.partition(".")[0]
    first, dash, last = item.partition("-")
    if dash and first.isdigit() and last.isdigit() and section.isdigit():
        return int(first) <= int(section) <= int(last)
    return "*" in item and fnmatch.fnmatchcase(number, item)


def order(case):
    """Return what cases are sorted by: numbers as numbers, and our own families behind Autobahn's sections."""
    family = _FAMILIES.find(case.id[0]) + 1
    return family, [int(number) for number in re.findall(r"\d+", case.id)]

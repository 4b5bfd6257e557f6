"""Run the benchmarks: `python -m benchmarks`, which `make bench` calls.

Without arguments: every row, five rounds, about a quarter of an hour. The figures go to
benchmarks/results.json, the tables and plots into docs. With arguments that choose or shorten,
they are only shown. Exit code 1 if something that should have been measured was not.
"""

import argparse
import contextlib
import fnmatch
import os
import signal
import sys
import time
from pathlib import Path

from . import board, codec, imports, install, linear, report
from .clients import group as clients
from .peers import BOARD_BASE, PEERS
from .process import Failed, allow_files, unbind
from .rows import GROUPS, ROWS
from .servers import group as servers

ROUNDS, SECONDS = 5, 0.5
QUICK_ROUNDS, QUICK_SECONDS = 1, 0.3  # no shorter: the clock, and what else the machine does, would show
MODULES = {
    "server": servers,
    "client": clients,
    "mask": codec,
    "parse": codec,
    "import": imports,
    "board": board,
    "linear": linear,
}


def arguments(words):
    names = "\n".join(f"  {group:<8}{', '.join(_of(group))}" for group in GROUPS)
    peers = "\n".join(f"  {peer.name:<24}{peer.note}" for peer in PEERS)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__.partition("\n\n")[2],
        epilog=f"rows:\n{names}\n\npeers:\n{peers}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", metavar="ROW", help="these rows; patterns such as 'server-*' will do")
    parser.add_argument("--peers", nargs="+", metavar="PEER", help="these peers, or patterns of them")
    parser.add_argument("--quick", action="store_true", help="one short round, without uvloop, in under two minutes")
    parser.add_argument("--rounds", type=int, help=f"so many rounds (default: {ROUNDS})")
    parser.add_argument("--seconds", type=float, help=f"of each measurement (default: {SECONDS}; below 0.3 is noise)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args(words)
    options.whole = not (options.only or options.peers or options.quick or options.rounds or options.seconds)
    everyone = options.peers is None
    options.rows = _chosen(parser, "--only", options.only, ROWS)
    options.peers = _chosen(parser, "--peers", options.peers, PEERS)
    options.rounds = options.rounds if options.rounds is not None else QUICK_ROUNDS if options.quick else ROUNDS
    options.seconds = options.seconds if options.seconds is not None else QUICK_SECONDS if options.quick else SECONDS
    if options.quick and everyone:
        options.peers = [peer for peer in options.peers if "uvloop" not in peer.variants]
    if options.rounds < 1:
        parser.error("--rounds is 1 or more")
    if not options.seconds > 0:
        parser.error("--seconds is more than 0")
    if not any(takes_part(row, peer) for row in options.rows for peer in options.peers):
        parser.error("none of these peers takes part in any of these rows")
    return options


def _of(group):
    return [row.name for row in ROWS if row.group == group]


def _chosen(parser, option, patterns, everything):
    """Return those of `everything` whose names match one of the patterns (None: all of them)."""
    for pattern in patterns or ():
        if not any(fnmatch.fnmatchcase(each.name, pattern) for each in everything):
            names = ", ".join(each.name for each in everything)
            parser.error(f"{option}: there is no {pattern!r}; there are: {names}")
    return [
        each
        for each in everything
        if patterns is None or any(fnmatch.fnmatchcase(each.name, pattern) for pattern in patterns)
    ]


def takes_part(row, peer):
    """Tell whether `peer` (Peer) is measured in `row` (Row)."""
    return peer.wants(row) and MODULES[row.group].has(row, peer)


def left_out(rows, peers):
    """Install what some of the peers need, and return {name: why} for those of them that cannot take part."""
    wanted = [peer for peer in peers if any(takes_part(row, peer) for row in rows)]
    why = install.install() if any(peer.needs for peer in wanted) else None
    found = {peer.name: why or peer.missing() for peer in wanted if peer.missing()}
    if any(row.group == "board" for row in rows):
        if board.missing():
            found["MicroPython"] = board.missing()
        elif any(peer.name == BOARD_BASE for peer in wanted) and (why := install.install_for_board()):
            found[BOARD_BASE] = why
    return found


class Progress:
    """One line in a terminal, now and then a line in a log."""

    def __init__(self, total):
        self.total = total
        self.number = 0
        self.terminal = sys.stderr.isatty()
        self.last = None

    def show(self, number, row, peer):
        self.number += 1
        line = f"round {number}: {self.number} of {self.total}: {row.name}, {peer.name}"
        if self.terminal:
            print(f"\r{line:<79}", end="\n" if self.number == self.total else "", file=sys.stderr, flush=True)
        elif self.number == self.total or self.last is None or time.monotonic() - self.last > 10:
            print(line, file=sys.stderr, flush=True)
            self.last = time.monotonic()


def measure(rows, peers, rounds, seconds):
    """Return ({row name: {peer name: list of process.Measured, one for each round}}, list of complaints).

    In each round all peers take their turns at one row and then at the next, each time another one first.
    """
    found, complaints = {}, []
    pairs = [(row, peer) for row in rows for peer in peers if takes_part(row, peer)]
    progress = Progress(rounds * len(pairs))
    for number in range(rounds):
        turn = number % len(peers)
        for module in dict.fromkeys(MODULES[row.group] for row, _ in pairs):
            with contextlib.ExitStack() as stack:
                group = module.Group(stack, seconds)
                for row in rows:
                    for peer in peers[turn:] + peers[:turn]:
                        if MODULES[row.group] is not module or (row, peer) not in pairs:
                            continue
                        progress.show(number + 1, row, peer)
                        try:
                            measured = group.measure(row, peer)
                        except (Failed, OSError) as error:
                            complaints.append(f"{row.name}, round {number + 1}: {error}")
                            continue
                        finally:
                            unbind()
                        found.setdefault(row.name, {}).setdefault(peer.name, []).append(measured)
    return found, complaints


def main(words):
    options = arguments(words)
    try:
        return run(options)
    except Failed as error:
        print("failed:", error, file=sys.stderr)
        return 1


def run(options):
    """Measure what `options` say, show and perhaps keep the figures; return the exit code."""
    missing = left_out(options.rows, options.peers)
    rows = [row for row in options.rows if not (row.group == "board" and "MicroPython" in missing)]
    peers = [peer for peer in options.peers if peer.name not in missing]
    allow_files(4096)  # for 1,000 connections, at both ends
    load = round(os.getloadavg()[0], 1)
    if load >= 1:
        print(f"Other programs keep this machine busy (load average {load}): expect low figures that vary.", flush=True)
    found, complaints = measure(rows, peers, options.rounds, options.seconds)
    # A peer that failed once has no round for each of the base's: it counts as not measured.
    for of in found.values():
        for peer in [peer for peer, values in of.items() if len(values) < options.rounds]:
            del of[peer]
    data = report.results(found, missing, options.rounds, options.seconds, load)
    print(report.text(data))
    for complaint in complaints:
        print("failed:", complaint, file=sys.stderr)
    if options.json:
        options.json.write_text(report.dump(data))
    if options.whole and not complaints and not missing:
        report.save(data)
        print("\nWritten: benchmarks/results.json, docs/benchmarks.md and its plots.")
    elif options.whole:
        print("\nNot written, as something is missing.")
    return 1 if complaints or missing and (os.environ.get("CI") or options.whole) else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C does, end with us what we started
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

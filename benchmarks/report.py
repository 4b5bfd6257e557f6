"""What is kept of a run, benchmarks/results.json, and the tables made of it.

The results are a dict:

    date: str     versions: {name: str}
    machine: {"cpu": str, "cores": int, "system": str, "load": float, how many others ran before it began}
    rounds: int   seconds: float, of each measurement
    left_out: {peer: why}
    rows: {row: {"title": str, "unit": str, "better": "more", "less" or None, "cores": int, "base": peer or None,
                 "figures": {peer: [float, ...]}, "busy": {peer: [float, ...]}, "other": {peer: [float, ...]}}}

The lists have an item for each round. busy and other, where the system tells them, are as in process.Measured.
"""

import datetime
import json
import os
import platform
import re
import statistics
import subprocess
from collections import namedtuple
from pathlib import Path

from . import board, install
from .peers import BASE, BOARD_BASE, PEERS
from .process import CPUS, ROOT
from .rows import GROUPS, LESS, ROWS

RESULTS = Path(__file__).with_name("results.json")
DOCUMENT = ROOT / "docs" / "benchmarks.md"
IMAGES = ROOT / "docs" / "images"
BEGIN = "<!-- results: `make bench` writes from here -->"
END = "<!-- to here -->"
PACKAGES = ("websockets", "aiohttp", "wsproto", "picows", "uvloop", "numpy")

# Of one peer in one row, all floats: the median figure; the ratios to the base, round by round, their median, and
# their ends; busy and other, as in process.Measured, medians too; the CPU time in us that it took for one of what is
# counted, and how many times less that is than the base's. All but the first are None where they are not known.
Summary = namedtuple("Summary", "figure ratio lowest highest busy other cost saving")


def results(found, left_out, rounds, seconds, load):
    """Return the results of a run.

    found: {row name: {peer name: list of process.Measured}}. left_out: {peer name: why}.
    load: float, the load average before the run.
    """
    named = {}
    for row in ROWS:
        of = found.get(row.name, {})
        if not of:
            continue
        base = BOARD_BASE if row.group == "board" else BASE
        named[row.name] = {
            "title": row.title,
            "unit": row.unit,
            "better": row.better,
            "cores": row.cores,
            "base": base if row.better else None,
            "figures": {peer: [float("%.4g" % one.figure) for one in each] for peer, each in of.items()},
            "busy": _shares(of, "busy"),
            "other": _shares(of, "other"),
        }
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": {"cpu": _cpu(), "cores": len(CPUS) or os.cpu_count(), "system": _system(), "load": load},
        "versions": _versions(),
        "rounds": rounds,
        "seconds": seconds,
        "left_out": left_out,
        "rows": named,
    }


def _shares(of, name):
    """Return {peer: list of float}, the shares called `name`, for the peers of which all are known."""
    shares = {peer: [getattr(one, name) for one in each] for peer, each in of.items()}
    return {peer: [round(share, 3) for share in each] for peer, each in shares.items() if None not in each}


def _cpu():
    """Return the model of the CPU: str."""
    try:
        found = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    except OSError:
        pass
    try:
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return platform.machine()


def _system():
    return f"{platform.system()} {platform.machine()}"


def _versions():
    import pocketws

    versions = {platform.python_implementation(): platform.python_version(), "pocketws": pocketws.__version__}
    versions |= {name: found for name in PACKAGES if (found := install.version(name))}
    return versions | board.versions()


def dump(data):
    """Return the text of a JSON file, with a line for each peer in each row."""
    return re.sub(r"\[[^][{}]*\]", _in_one_line, json.dumps(data, indent=1)) + "\n"


def _in_one_line(found):
    return json.dumps(json.loads(found[0]))


def summaries(row):
    """Return {peer: Summary} of one of the results' rows. Where the base has no figure, ratios are None."""
    found = {}
    base = row["figures"].get(row["base"], [])
    for peer, figures in row["figures"].items():
        ratios = [
            base_figure / figure if row["better"] == LESS else figure / base_figure
            for figure, base_figure in zip(figures, base, strict=False)
            if figure and base_figure
        ]
        costs = _costs(row, peer)
        savings = [theirs / own for own, theirs in zip(costs, _costs(row, row["base"]), strict=False) if own]
        found[peer] = Summary(
            statistics.median(figures),
            _median(ratios),
            min(ratios, default=None),
            max(ratios, default=None),
            _median(row["busy"].get(peer)),
            _median(row["other"].get(peer)),
            _median(costs),
            _median(savings),
        )
    return found


def _median(values):
    return statistics.median(values) if values else None


def _costs(row, peer):
    """Return the CPU time in us for one of what `row` counts, for each round: list of float."""
    pairs = zip(row["busy"].get(peer, []), row["figures"].get(peer, []), strict=False)
    return [1e6 * share / figure for share, figure in pairs]


def figure(value):
    """Return a figure as text, with three digits that count or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(value):
    """Return a ratio as text, with two digits that count at least, empty for None."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def spread(summary):
    """Return the ends of the ratios as text: "1.70–1.85"."""
    return "" if summary.ratio is None else f"{ratio(summary.lowest)}–{ratio(summary.highest)}"


def percent(share):
    """Return a share as text, empty for None."""
    return "" if share is None else f"{share:.0%}"


def text(data):
    """Return the results for a terminal: str."""
    lines = []
    for group, title in GROUPS.items():
        rows = _rows(data, group)
        if rows:
            lines += ["", title, "=" * len(title)]
        for name, row in rows.items():
            better = f", {row['better']} is better" if row["better"] else ""
            lines += ["", f"{name}: {row['title']} ({row['unit']}{better})"]
            for peer, summary in summaries(row).items():
                times = f"x {ratio(summary.ratio):>5}   {spread(summary):<12}" if summary.ratio else " " * 22
                cost = f"{figure(summary.cost):>9} us of CPU each" if summary.cost else ""
                cost += f", x {ratio(summary.saving)}" if summary.saving else ""
                lines.append(f"    {peer:<24}{figure(summary.figure):>12}   {times}{cost}".rstrip())
    lines += [""] + [f"Left out: {peer}, as {why}." for peer, why in data["left_out"].items()]
    lines.append(_conditions(data))
    return "\n".join(lines).lstrip("\n")


def _rows(data, group):
    return {name: row for name, row in data["rows"].items() if name.partition("-")[0] == group}


def _conditions(data):
    machine, versions = data["machine"], ", ".join(f"{name} {version}" for name, version in data["versions"].items())
    return (
        f"{data['date']}; {machine['cpu']}, {machine['cores']} CPUs, {machine['system']}; {versions}; "
        f"medians of {data['rounds']} rounds of {data['seconds']} s."
    )


def load():
    """Return the results that are kept, or None."""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else None


def tables(data):
    """Return the Markdown that shows the results (None: there are none yet): str."""
    if data is None:
        return "No whole run has been kept yet."
    parts = [_conditions(data)]
    for group, title in GROUPS.items():
        rows = _rows(data, group)
        if not rows:
            continue
        parts += [f"## {title}"]
        if group in PLOTS:
            file, alt = PLOTS[group]
            parts += [f"![{alt}](images/{file})"]
        if group == "linear":
            parts += [_linear_table(rows)]
            continue
        base = next(iter(rows.values()))["base"]
        parts += [f"Ratios to {base}; above 1 is better than it.", _ratio_table(rows)]
        parts += ["<details><summary>The figures</summary>", _figure_table(rows), "</details>"]
    if data["left_out"]:
        parts.append("Left out: " + "; ".join(f"{peer}, as {why}" for peer, why in data["left_out"].items()) + ".")
    return "\n\n".join(parts)


PLOTS = {
    "server": ("benchmark-servers.svg", "The ratios of the servers, as bars: the table below has the same numbers."),
    "client": ("benchmark-clients.svg", "The ratios of the clients, as bars: the table below has the same numbers."),
    "mask": ("benchmark-masking.svg", "Speed of masking over the size of the payload, a line for each means."),
}


def _ratio_table(rows):
    peers = [peer.name for peer in PEERS if any(peer.name in row["figures"] for row in rows.values())]
    lines = ["| | " + " | ".join(peers) + " |", "|---|" + "--:|" * len(peers)]
    for row in rows.values():
        found = summaries(row)
        cells = [ratio(found[peer].ratio) if peer in found else "" for peer in peers]
        lines.append(f"| {row['title']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _figure_table(rows):
    timed = any(row["busy"] for row in rows.values())
    head = ["", "", "median", "ratio", "lowest–highest ratio"]
    head += ["had a CPU", "other side", "CPU time for each", "ratio"] if timed else []
    lines = ["| " + " | ".join(head) + " |", "|---|---|" + "--:|" * (len(head) - 2)]
    for row in rows.values():
        for peer, summary in summaries(row).items():
            cells = [row["title"], peer, f"{figure(summary.figure)} {row['unit']}"]
            cells += [ratio(summary.ratio), spread(summary)]
            if timed:
                cost = "" if summary.cost is None else f"{figure(summary.cost)} µs"
                cells += [percent(summary.busy), percent(summary.other), cost, ratio(summary.saving)]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _linear_table(rows):
    lines = ["| | times as long | lowest–highest |", "|---|--:|--:|"]
    for row in rows.values():
        for values in row["figures"].values():
            cells = [row["title"], f"{statistics.median(values):.2f}", f"{min(values):.2f}–{max(values):.2f}"]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_in(text, data):
    """Return `text`, the document, with the tables between its two marks."""
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    new, count = re.subn(pattern, lambda _: f"{BEGIN}\n\n{tables(data)}\n\n{END}", text, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{DOCUMENT.name} lacks the marks {BEGIN} and {END}")
    return new


def save(data):
    """Keep the results, and bring the tables and plots up to date."""
    from . import plots  # matplotlib takes a second, which runs that only show do without

    RESULTS.write_text(dump(data))
    DOCUMENT.write_text(write_in(DOCUMENT.read_text(encoding="utf-8"), data), encoding="utf-8")
    IMAGES.mkdir(exist_ok=True)
    plots.draw(data, IMAGES)

"""The pictures of the results: SVG on white, so that they are legible on a dark page too."""

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt  # noqa: E402  (after the choice of what it draws with)

from .codec import MASK_SIZES  # noqa: E402
from .peers import BASE, PEERS  # noqa: E402
from .report import PLOTS, summaries  # noqa: E402

# The same figures give the same file: no date, no random names.
STYLE = {"svg.hashsalt": "benchmarks", "svg.fonttype": "none", "font.size": 9, "axes.titlesize": 9}
METADATA = {"Date": None, "Creator": None}

OURS, OTHERS, LIMIT, INK = "#0f6a5a", "#8b8f95", "#d5d0c6", "#22262b"
MARKS = "osD^vPX*<"


def draw(data, folder):
    """Write the pictures of PLOTS into `folder` (Path). Those without a figure in `data` are left as they are."""
    with plt.rc_context(STYLE):
        for group, function in (("server", bars), ("client", bars), ("mask", curves)):
            rows = {name: row for name, row in data["rows"].items() if name.partition("-")[0] == group}
            if rows:
                figure = function(rows)
                figure.savefig(folder / PLOTS[group][0], metadata=METADATA)
                plt.close(figure)


def colour(peer):
    if peer.startswith("pocketws"):
        return OURS
    return LIMIT if peer == "raw" else INK if peer == BASE else OTHERS


def bars(rows):
    """Return a figure with a panel for each row, and in it a bar for each peer's ratio, with its spread."""
    columns = 3
    lines = -(-len(rows) // columns)
    figure, panels = plt.subplots(
        lines, columns, figsize=(9.6, 2.5 * lines + 0.4), layout="constrained", facecolor="white", squeeze=False
    )
    names = [peer.name for peer in PEERS if any(peer.name in row["figures"] for row in rows.values())]
    for panel in panels.flat[len(rows) :]:
        panel.axis("off")
    for number, (panel, row) in enumerate(zip(panels.flat, rows.values(), strict=False)):
        found = {peer: summary for peer, summary in summaries(row).items() if summary.ratio is not None}
        longest = max((summary.highest for summary in found.values()), default=1)
        for place, peer in enumerate(names):
            if peer in found:
                one = found[peer]
                spread = [[one.ratio - one.lowest], [one.highest - one.ratio]]
                panel.barh(place, one.ratio, color=colour(peer), xerr=spread, error_kw={"ecolor": INK, "lw": 0.8})
                panel.text(one.highest + longest / 40, place, f"{one.ratio:.2f}", va="center", fontsize=7.5)
        panel.axvline(1, color=INK, lw=0.8, ls=":")
        panel.set(title=row["title"], xlim=(0, 1.18 * longest), ylim=(len(names) - 0.4, -0.6))
        panel.set_yticks(range(len(names)), names if number % columns == 0 else [""] * len(names))
        panel.tick_params(length=0)
        panel.spines[["top", "right"]].set_visible(False)
    figure.supxlabel(f"times as good as {BASE}; the thin line goes from the lowest to the highest round", fontsize=9)
    return figure


def curves(rows):
    """Return a figure with the speed of each means over the size of the payload."""
    figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained", facecolor="white")
    sizes = {f"mask-{name}": size for name, size in MASK_SIZES.items()}
    names = [peer.name for peer in PEERS if any(peer.name in row["figures"] for row in rows.values())]
    for number, peer in enumerate(names):
        points = [(sizes[name], summaries(row)[peer].figure) for name, row in rows.items() if peer in row["figures"]]
        ours = peer.startswith("pocketws")
        style = {"color": OURS if ours else None, "lw": 2 if ours else 1.2, "marker": MARKS[number % len(MARKS)]}
        style["ls"] = "--" if peer == "pocketws+numpy" else "-"
        axes.loglog(*zip(*points, strict=True), label=peer, markersize=4, **style)
    axes.set_xticks([sizes[name] for name in rows], [row["title"] for row in rows.values()])
    axes.minorticks_off()
    axes.set(title="Masking: higher is faster", xlabel="payload", ylabel="MB/s")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize=8)
    return figure

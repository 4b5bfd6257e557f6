"""What can be measured about a lesson, from the notebook's file."""

import re
import statistics
from types import SimpleNamespace

import nbformat


def measure(path):
    """Return the figures that the rules of a lesson speak of."""
    cells = nbformat.read(path, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    lines = [sum(1 for line in cell.source.splitlines() if line.strip()) for cell in code]
    words = sum(len(prose(cell.source).split()) for cell in cells if cell.cell_type == "markdown")
    return SimpleNamespace(
        cells=len(cells),
        code_lines=sum(lines),
        longest=max(lines),
        median=statistics.median(lines),
        words=words,
        words_per_line=words / sum(lines),
    )


def prose(source):
    """Return the running text of a markdown cell: no folded answers, tables, pictures or headings."""
    source = re.sub(r"<details>.*?</details>", "", source, flags=re.DOTALL)
    source = re.sub(r"!\[.*?\]\(.*?\)", "", source, flags=re.DOTALL)
    return "\n".join(line for line in source.splitlines() if not line.startswith(("|", "#")))

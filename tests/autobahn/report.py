"""What is kept of a run, docs/conformance/NAME.json, and the tables of docs/conformance.md."""

import json
import re
from collections import Counter

from .endpoints import ENDPOINTS, ROOT

DOCUMENT = ROOT / "docs" / "conformance.md"
FOLDER = ROOT / "docs" / "conformance"
BEGIN = "<!-- results: `make conformance` writes from here -->"
END = "<!-- to here -->"

OK, NON_STRICT, INFORMATIONAL, UNIMPLEMENTED, FAILED = "OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED"
ALL = 517  # cases


def outcome(behavior, close):
    """Return what is kept of a case: str. Autobahn judges how the endpoint behaved, and how the connection ended."""
    if behavior in (INFORMATIONAL, UNIMPLEMENTED, close) or close in (OK, INFORMATIONAL):
        return behavior
    return f"{behavior}, close {close}"


def kind(text):
    """Return the column of the table that an outcome counts in; a wrong end is a failure."""
    return text if text in (OK, NON_STRICT, INFORMATIONAL, UNIMPLEMENTED) else FAILED


def faults(endpoint, cases):
    """Return what an endpoint of ours got wrong: {case: outcome}; what it may lack is nothing wrong."""
    found = {}
    for case, text in cases.items():
        lacks = text == UNIMPLEMENTED and case.split(".")[0] in endpoint.lacks
        if text not in (OK, INFORMATIONAL) and not lacks:
            found[case] = text
    return found


def dump(data):
    """Return the text of a JSON file: {"date": ..., "versions": {...}, "cases": {...}}, a line for each subsection."""
    lines = {}
    for case in sorted(data["cases"], key=_key):
        entry = f"{json.dumps(case)}: {json.dumps(data['cases'][case])}"
        lines.setdefault(_key(case)[:-1], []).append(entry)
    cases = ",\n  ".join(", ".join(entries) for entries in lines.values())
    head = f' "date": {json.dumps(data["date"])},\n "versions": {json.dumps(data["versions"])},\n'
    return '{\n%s "cases": {\n  %s\n }\n}\n' % (head, cases)


def _key(case):
    return tuple(int(number) for number in case.split("."))


def load():
    """Return {endpoint: data} of all results that are kept, in the order of ENDPOINTS."""
    files = {endpoint: FOLDER / f"{endpoint.name}.json" for endpoint in ENDPOINTS}
    return {endpoint: json.loads(path.read_text()) for endpoint, path in files.items() if path.exists()}


def tables(results):
    """Return the Markdown that shows `results`, as load() returns them: str."""
    columns = (OK, NON_STRICT, INFORMATIONAL, UNIMPLEMENTED, FAILED)
    rows = [
        "| | version | runs on | OK | non-strict | informational | unimplemented | failed | tested | with |",
        "|---|---|---|--:|--:|--:|--:|--:|---|---|",
    ]
    details = []
    for endpoint, data in results.items():
        title = f"{endpoint.library} {endpoint.role}"
        versions = {name: f"{name} {version}" for name, version in data["versions"].items()}
        packages = ", ".join(versions[name] for name in endpoint.packages)
        runs_on = ", ".join(versions[name] for name in ("CPython", "MicroPython", "heap") if name in versions)
        counted = Counter(kind(text) for text in data["cases"].values())
        cells = [title, packages, runs_on, *(str(counted[column]) for column in columns)]
        rows.append("| " + " | ".join([*cells, data["date"], versions["autobahntestsuite"]]) + " |")
        found = {}
        for case in sorted(data["cases"], key=_key):
            if data["cases"][case] not in (OK, INFORMATIONAL):
                found.setdefault(data["cases"][case], []).append(case)
        if found:
            words = [f"{text.lower()} {ranges(cases, data['cases'])}" for text, cases in sorted(found.items())]
            details.append(f"- {title}, {runs_on}: {'; '.join(words)}")
    return "\n".join([*rows, "", "What is neither OK nor informational:", "", *(details or ["- nothing"])])


def ranges(cases, among):
    """Return sorted cases as text, neighbours joined: "9.3.1-9.3.4, 12.*".

    among: all cases there are; where all of a section or subsection are meant, it stands for them.
    """
    names = []
    for case in cases:
        whole = [section for section in _sections(case) if _below(section, among) <= set(cases)]
        name = whole[0] + ".*" if whole else case
        if name not in names:
            names.append(name)
    runs = []
    for name in names:
        if runs and _is_next(runs[-1][-1], name):
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _sections(case):
    """Return what the case is in, the largest first: "9.3.1" is in 9 and 9.3."""
    numbers = case.split(".")
    return [".".join(numbers[:size]) for size in range(1, len(numbers))]


def _below(section, cases):
    return {case for case in cases if case.startswith(section + ".")}


def _is_next(one, other):
    """Tell whether case `other` follows case `one` in the same section. Whole sections, "9.*", follow nothing."""
    if "*" in one + other:
        return False
    *section, number = _key(one)
    return _key(other) == (*section, number + 1)


def write_in(text, results):
    """Return `text`, the document, with the tables of `results` between its two marks."""
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    new, count = re.subn(pattern, lambda _: f"{BEGIN}\n\n{tables(results)}\n\n{END}", text, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{DOCUMENT.name} lacks the marks {BEGIN} and {END}")
    return new


def save(endpoint, data):
    """Keep the results of `endpoint`, and bring the tables up to date."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{endpoint.name}.json").write_text(dump(data))
    DOCUMENT.write_text(write_in(DOCUMENT.read_text(), load()))

"""The student's own copy of the course, in work/.

work/ holds notebooks/, exercises/ and solutions/ with their outputs cleared, since a student
predicts before seeing, and docs/, to which they link. What a student has changed
is never overwritten; what they have not is brought up to date.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORK = Path(os.environ.get("COURSE_WORK", ROOT / "work"))  # COURSE_WORK: for tests, and for a shared machine
FOLDERS = ("notebooks", "exercises", "solutions", "docs")
_COPIES = WORK / ".copies.json"  # for each file, the digest of what was last copied
_JUPYTER = Path(__file__).parent / "jupyter"  # settings: no pop-ups, nbgrader's extensions off


def lessons():
    """Return the paths of the lesson notebooks, in order."""
    return sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def prepare():
    """Make or update work/; return the names of changed files that have a newer original."""
    copies = _read_copies()
    outdated = []
    for original in _originals():
        name = original.relative_to(ROOT).as_posix()
        content = _fresh(original)
        target = WORK / name
        if not target.exists() or _digest(target.read_bytes()) == copies.get(name):
            _write(target, content)
            copies[name] = _digest(content)
        elif copies.get(name) != _digest(content):
            outdated.append(name)
    _write_copies(copies)
    return outdated


def reset(lesson):
    """Restore a lesson, its exercise and its solution in work/; return what was done, a line each.

    The student's own versions are moved to work/old/, never deleted.
    Raises LookupError for a lesson that is not there.
    """
    prepare()
    names = [path.relative_to(ROOT) for path in _originals() if path.name.startswith(f"{lesson}_")]
    if not lesson or not names:
        known = ", ".join(path.name[:2] for path in lessons())
        raise LookupError(f"There is no lesson {lesson!r}. Lessons: {known}. For example: make reset LESSON=03")
    done = []
    copies = _read_copies()
    for name in names:
        target, content = WORK / name, _fresh(ROOT / name)
        if target.read_bytes() == content:
            done.append(f"{name}: already as new")
            continue
        kept = _free_name(WORK / "old" / name)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(target, kept)
        _write(target, content)
        copies[name.as_posix()] = _digest(content)
        done.append(f"{name}: restored; yours is now {kept}")
    _write_copies(copies)
    return done


def open_lab(folder, arguments):
    """Replace this process by JupyterLab on `folder`, at the first lesson; does not return."""
    start = lessons()[0].relative_to(ROOT).as_posix()
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [str(_JUPYTER), os.getenv("JUPYTER_CONFIG_PATH")]))
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    command += [f"--LabApp.default_url=/lab/tree/{start}", *arguments]
    os.execv(sys.executable, command)


def _originals():
    """Return every file of the course that a student gets."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    found = [path for path in found if not any(part.startswith((".", "__")) for part in path.parts[-2:])]
    return [ROOT / "README.md", *sorted(found)]


def _fresh(original):
    """Return the content of a file as a student gets it: a notebook without outputs."""
    if original.suffix != ".ipynb":
        return original.read_bytes()
    notebook = json.loads(original.read_bytes())
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    # As nbformat writes it, without the second that it takes to import.
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _read_copies():
    """Return {name: digest}; empty if there is no record, so that every copy counts as the student's."""
    try:
        return json.loads(_COPIES.read_text())
    except (FileNotFoundError, ValueError):
        return {}


def _write_copies(copies):
    _write(_COPIES, json.dumps(copies, indent=1).encode())


def _digest(content):
    """Return the digest of a file's content (bytes); of a notebook, of its cells: opening it changes its metadata."""
    with contextlib.suppress(ValueError, KeyError, TypeError):  # no notebook
        content = json.dumps(json.loads(content)["cells"], sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()


def _write(target, content):
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _free_name(path):
    """Return `path` with the first number after its name that is not taken yet."""
    number = 1
    while (numbered := path.with_name(f"{path.stem}-{number}{path.suffix}")).exists():
        number += 1
    return numbered

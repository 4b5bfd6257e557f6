"""The tasks of lesson 18, Deploying to the Pico; those of its exercise are in lesson_18_exercise."""

from ..checks import Wrong, call_text, task
from ..judging import attempt_with, must_be, readable
from . import lesson_18_exercise  # noqa: F401 - it registers its tasks

# ---------------------------------------------------------------- 18.a

HEAD = "Traceback (most recent call last):\n"
TRACEBACKS = (
    (
        HEAD + '  File "main.py", line 4, in <module>\n  File "thermometer.py", line 9, in average\n'
        "ZeroDivisionError: divide by zero\n",
        ("thermometer.py", 9),
    ),
    (HEAD + "  File \"<stdin>\", line 1, in <module>\nNameError: name 'kept' isn't defined\n", ("<stdin>", 1)),
    (
        HEAD + '  File "main.py", line 12, in <module>\n  File "/lib/runner.py", line 38, in start\n'
        '  File "/lib/pocketws/link.py", line 104, in open\nOSError: [Errno 104] ECONNRESET\n',
        ("/lib/pocketws/link.py", 104),
    ),
)


@task(
    "18.a",
    "where was it?",
    hints=(
        "Which lines of a traceback name a file? And which of those is the innermost call?",
        'The first blank is how these lines begin, after strip(): "File". The second picks one out of the list.',
        'The blanks, in order: "File", and -1 for the last frame.',
    ),
)
def where_was_it(answer):
    for text, right in TRACEBACKS:
        got = attempt_with(_PLACE_CRASHES, answer, text)
        call = "place_of(text)"
        must_be(tuple | list, got, call, 'Return a pair, such as ("main.py", 4).')
        if tuple(got) != right:
            looks, idea = _place_misconception(tuple(got), text, right)
            raise Wrong(looks, idea, call=call, expected=right, got=readable(got))


_PLACE_CRASHES = (
    (
        "not enough values",
        "That line has no quotation marks in it, so it names no file. How do those with a file begin?",
    ),
    ("IndexError", "The list of frames is shorter than that. Which lines did your first blank let through?"),
    ("invalid literal", "A line that names no file was taken for a frame. How do the lines with a file begin?"),
)


def _place_misconception(got, text, right):
    """Return (looks, idea) for a wrong place."""
    if len(got) == 2 and isinstance(got[1], str) and got[1].strip() == str(right[1]):
        return "a line number as text.", "int(...) makes a number of it."
    if f'"{got[0]}", line {got[1]}' in text if len(got) == 2 else False:
        return "the outermost call.", "Most recent call last: the frame right above the error is the innermost one."
    return "another place.", "The last line that names a file has the file between quotation marks, then the line."


# ---------------------------------------------------------------- 18.b

# here, there, right: what is on this computer, what is on the board, what has to be copied
COPIES = (
    (
        {"main.py": "m2", "lib/a.py": "a1", "lib/b.py": "b2"},
        {"main.py": "m1", "lib/a.py": "a1", "lib/b.py": "b1"},
        ["lib/b.py", "main.py"],
    ),
    ({"main.py": "m1", "lib/a.py": "a1"}, {}, ["lib/a.py", "main.py"]),
    ({"main.py": "m1", "lib/a.py": "a1"}, {"main.py": "m1", "lib/a.py": "a1"}, []),
    ({"lib/a.py": "a1", "zoo.py": "z1", "main.py": "m1"}, {"notes.txt": "n1", "main.py": "m1"}, ["lib/a.py", "zoo.py"]),
    (
        {"boot.py": "b1", "main.py": "m1", "lib/domain.py": "d1", "settings.json": "s1"},
        {"boot.py": "b0"},
        ["boot.py", "lib/domain.py", "settings.json", "main.py"],
    ),
)


@task(
    "18.b",
    "what to copy",
    hints=(
        "Two questions: which paths differ, and where does main.py go in the list?",
        "there.get(path) is None for a file that the board does not have: that is a difference, too. main.py goes to "
        "the end; the others may come in any order.",
        "found = [path for path in here if there.get(path) != here[path]]; then "
        'return sorted(found, key=lambda path: path == "main.py")',
    ),
)
def what_to_copy(answer):
    for here, there, right in COPIES:
        given = dict(here), dict(there)  # the answer may change them
        got = attempt_with(_COPY_CRASHES, answer, *given)
        call = call_text(answer, here, there)
        must_be(list | tuple, got, call, "Return a list of paths.")
        if given != (here, there):
            raise Wrong("dicts that were changed.", "Leave `here` and `there` as they are.", call=call)
        if sorted(map(str, got)) != sorted(right) or ("main.py" in right and got[-1] != "main.py"):
            looks, idea = _copy_misconception(list(got), here, there, right)
            raise Wrong(looks, idea, call=call, expected=right, got=got)


_COPY_CRASHES = (("^KeyError", "A file may be new: the board does not have it. there.get(path) is None then."),)


def _copy_misconception(got, here, there, right):
    """Return (looks, idea) for a wrong list."""
    if sorted(map(str, got)) == sorted(right):
        return "main.py among the others.", "main.py comes last: until it is there, nothing new is started."
    if len(set(got)) < len(got):
        return "a file that is copied twice.", "Each path is there once."
    if sorted(got) == sorted(here):
        return "a copy of everything.", "What the board has already, with the same hash, need not be copied."
    if set(got) - set(here):
        return "a file that is not here.", "What only the board has, such as its owner's notes, stays as it is."
    if set(right) - set(got) == {"main.py"}:
        return "main.py left out.", "If it differs, it is copied, too: as the last one."
    if set(got) == set(right) & set(there):
        return "no file that is new.", "A path that the board does not have differs as well: there.get(path) is None."
    if set(got) == set(right) - set(there):
        return "only what the board does not have.", "A file may be there with another hash: compare the two."
    return "another list.", "All paths of `here` whose hash differs from that in `there`, or is missing there."

"""The checks of lesson 18: typical wrong answers are named for what they are, right ones pass.

Each table has one row for an answer. A wrong one has the sign of its card, "[ ]", "[x]" or "[!]",
and words of the card that name the misconception.
"""

import pytest

from tests.answers import right, spin, wrong

SECONDS = 0.5  # for one check


def no_return(*args):
    len(args)


# ---------------------------------------------------------------- 18.a


def place_stub(text):
    """Return (file, line number) of the innermost call in a traceback."""
    frames = [line for line in text.splitlines() if line.strip().startswith(...)]
    _, file, rest = frames[...].split('"')
    return file, int(rest.split()[2].rstrip(","))


def place(start="File", index=-1, number=int, pair=tuple):
    """Return a place_of() that is right, but for what it is given."""

    def place_of(text):
        frames = [line for line in text.splitlines() if line.strip().startswith(start)]
        _, file, rest = frames[index].split('"')
        return pair((file, number(rest.split()[2].rstrip(","))))

    return place_of


PLACES = [
    ("the stub", place_stub, "[ ]", "still has a blank"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("the first", place(index=0), "[x]", "the outermost call"),
    ("the last but one", place(index=-2), "[x]", "the outermost call"),
    ("nothing found", place(start="file"), "[!]", "Which lines did your first blank let through?"),
    ("the head", place(start="Traceback"), "[!]", "no quotation marks in it"),
    ("beyond", place(index=1000), "[!]", "shorter than that"),
    ("text", place(number=str), "[x]", "a line number as text"),
    ("one up", place(number=lambda text: int(text) + 1), "[x]", "another place"),
    ("only the file", lambda text: "main.py", "[x]", "a str instead of a tuple"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 18.b


def copy_stub(here, there):
    """Return the list of paths to copy, main.py last."""
    ...  # your code here


def differing(here, there):
    return [path for path in here if there.get(path) != here[path]]


def in_order(here, there):
    return sorted(differing(here, there), key=lambda path: path == "main.py")


def loop(here, there):
    found = []
    for path, content in here.items():
        if path != "main.py" and (path not in there or there[path] != content):
            found.append(path)
    if "main.py" in here and there.get("main.py") != here["main.py"]:
        found += ["main.py"]
    return tuple(found)


def sets(here, there):
    found = [path for path, _ in set(here.items()) - set(there.items())]
    return sorted(found, key=lambda path: (path == "main.py", path))


def pops(here, there):
    found = in_order(here, there)
    there.clear()
    return found


COPIES = [
    ("the stub", copy_stub, "[ ]", "write its body"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("unsorted", differing, "[x]", "main.py among the others"),
    ("by name", lambda here, there: sorted(differing(here, there)), "[x]", "main.py among the others"),
    (
        "its end",
        lambda here, there: sorted(differing(here, there), key=lambda path: path.endswith("main.py")),
        "[x]",
        "main.py among the others",
    ),
    ("all", lambda here, there: sorted(here, key=lambda path: path == "main.py"), "[x]", "a copy of everything"),
    ("both", lambda here, there: [*in_order(here, there), "notes.txt"], "[x]", "a file that is not here"),
    (
        "a new one",
        lambda here, there: [path for path in reversed(here) if there[path] != here[path]],
        "[!]",
        "A file may be new",
    ),
    (
        "known",
        lambda here, there: [path for path in in_order(here, there) if path in there],
        "[x]",
        "no file that is new",
    ),
    (
        "missing",
        lambda here, there: [path for path in here if path not in there],
        "[x]",
        "only what the board does not",
    ),
    (
        "no main",
        lambda here, there: [path for path in differing(here, there) if path != "main.py"],
        "[x]",
        "main.py left out",
    ),
    ("main twice", lambda here, there: [*differing(here, there), "main.py"], "[x]", "a file that is copied twice"),
    ("changed", pops, "[x]", "dicts that were changed"),
    ("a text", lambda here, there: " ".join(in_order(here, there)), "[x]", "a str instead of a list or a tuple"),
    ("endless", spin, "[!]", "stopped after"),
]


@pytest.mark.parametrize("task, answer, sign, phrase", wrong("18.a", PLACES) + wrong("18.b", COPIES))
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(sign) and phrase in words, words


@pytest.mark.parametrize(
    "task, answer",
    right("18.a", blanks=place(), quoted=place(start='File "'), list=place(pair=list))
    + right("18.b", sorted=in_order, loop=loop, sets=sets),
)
def test_a_right_answer_passes(card, task, answer):
    assert card(task, answer).startswith("[ok]"), card(task, answer)

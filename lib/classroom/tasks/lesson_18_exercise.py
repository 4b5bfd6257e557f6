"""The tasks of the exercise of lesson 18, Deploying to the Pico."""

import inspect
import math

from ..checks import NotStarted, Stopped, Wrong, call_text, task
from ..judging import attempt_with, must_be, readable
from ..judging_board import on_micropython, source_of

# ---------------------------------------------------------------- 18.1

THERE = {
    "a variable, in the next exec": False,
    "a variable, in the next resume exec": True,
    "blink.py is on the flash, after run blink.py": False,
    "main.py has run, after soft-reset": False,
    "main.py has run, after reset": True,
    "main.py runs again, after an error has ended it": False,
}

# what is wrong about each, if it is answered the other way round: (looks, idea)
THERE_IDEAS = {
    "a variable, in the next exec": (
        "a board that remembers, as a notebook does.",
        "mpremote gives it a soft reset before each command, and the memory is empty.",
    ),
    "a variable, in the next resume exec": (
        "a reset before every command.",
        "resume is the word that leaves the reset out.",
    ),
    "blink.py is on the flash, after run blink.py": (
        "a copy that nobody made.",
        "run sends the program into the memory. Only fs cp and mip write the flash.",
    ),
    "main.py has run, after soft-reset": (
        "the soft reset of the prompt.",
        "Ctrl-D there runs main.py. The soft reset of mpremote leaves it out, so that it gets in.",
    ),
    "main.py has run, after reset": (
        "a hard reset that starts nothing.",
        "It is as if the plug was pulled and put in again: boot.py, then main.py.",
    ),
    "main.py runs again, after an error has ended it": (
        "a board that tries again by itself.",
        "After a traceback, it sits at its prompt until the next reset. Only the program itself can go on.",
    ),
}


@task(
    "18.1",
    "what is there, what runs?",
    hints=(
        "Ask of each: is it in the memory, or on the flash? And which reset comes before it, if any?",
        "Without resume, mpremote resets softly first: the memory is empty, main.py is left out. reset is a hard one.",
        "Two are True: the variable with resume, and main.py after reset.",
    ),
)
def what_is_there(answer):
    if not isinstance(answer, dict):
        idea = "Fill in the dots of `there`."
        raise Wrong(f"{type(answer).__name__} instead of the dict.", idea, got=readable(answer))
    if any(answer.get(what, ...) is ... for what in THERE):
        raise NotStarted()
    for what, right in THERE.items():
        got, call = answer[what], f"there[{what!r}]"
        if not isinstance(got, bool):
            raise Wrong(
                f"{type(got).__name__} instead of a bool.", "Write True or False.", call=call, got=readable(got)
            )
        if got != right:
            raise Wrong(*THERE_IDEAS[what], call=call, got=got)


# ---------------------------------------------------------------- 18.2

READINGS = (
    ("sensor: celsius=21.5;humidity=40", {"celsius": 21.5, "humidity": 40.0}),
    ("sensor: celsius=21.5;", {"celsius": 21.5}),
    ("celsius=-3;humidity=41.5", {"celsius": -3.0, "humidity": 41.5}),
    ("sensor: celsius=20;;humidity=39\n", {"celsius": 20.0, "humidity": 39.0}),
    ("sensor: oxygen=21;noise=40", {"oxygen": 21.0, "noise": 40.0}),  # begins with a letter of "sensor: "
    ("", {}),
)


@task(
    "18.2",
    "mend it from its tracebacks",
    hints=(
        "The last line of each traceback says what, the line above it says where. Two faults, in two lines.",
        "startswith, and a slice from the 9th character on, do what removeprefix does. split gives an empty part where "
        "two semicolons meet, or one stands at the end: pass it over.",
        'line = line.strip(); then if line.startswith("sensor: "): line = line[8:]; and in the loop, '
        "first of all: if not part: continue",
    ),
)
def mend_it(answer):
    for line, right in READINGS:
        got = attempt_with(_READING_CRASHES, answer, line)
        call = call_text(answer, line)
        must_be(dict, got, call, "Return the dict of values.")
        if got != right:
            looks, idea = _reading_misconception(got, line, right)
            raise Wrong(looks, idea, call=call, expected=right, got=got)
    if "removeprefix" in source_of(answer):
        idea = "Python on your computer has removeprefix. The board's traceback says that its str has none."
        raise Wrong("the fault of the first traceback.", idea)
    lines = [line for line, _ in READINGS]
    found = on_micropython(answer, f"print([answer(line) for line in {lines!r}])", ideas=_READING_THERE)
    for (line, right), got in zip(READINGS, found, strict=True):
        if got != right:
            idea = "On your computer this line is read well, and on MicroPython it is not."
            raise Wrong("another dict on the board.", idea, call=call_text(answer, line), expected=right, got=got)


_READING_CRASHES = (
    ("unpack", "A part may be empty, and then it has no two sides of a =. Which line splits it?"),
    ("could not convert", "What stands before the = is a name, what stands behind it a number."),
    ("IndexError", "A line, or a part of it, may be empty."),
)
_READING_THERE = (
    ("no attribute", "The board's str has fewer methods. The traceback of the first board was of that kind."),
)


def _reading_misconception(got, line, right):
    """Return (looks, idea) for a wrong dict."""
    if any(name.startswith("sensor") for name in got):
        return "a prefix that is taken for a name.", "Cut off `sensor: ` where a line begins with it."
    if not line.startswith("sensor") and set(got) != set(right):
        return "a cut that is made in every line.", "A line may come without `sensor: `: look before you cut."
    if sorted(got.values(), key=str) == sorted(right.values(), key=str):
        return "letters that are missing from a name.", (
            "lstrip takes away each of these letters, in any order, until another one comes. Cut off the words as one."
        )
    if any(isinstance(value, str) for value in got.values()):
        return "values as text.", "float(value) makes numbers of them, as before."
    if len(got) < len(right):
        return "an end at the first odd part.", "Pass the empty part over, and go on with the next one."
    return "another dict.", "What the broken one returned for a good line is still right."


# ---------------------------------------------------------------- 18.3

OVER = "it went on after the last event of this trial"


class _Over(BaseException):
    """The script of a trial has come to its end; not an Exception, so that the student's code lets it pass."""


class _Trial:
    """Plays a script to keep_running(): a list of events, for join() and program() in turn.

    An event is "joined", True, None, or an exception to raise. sleeps: list of what was waited.
    """

    def __init__(self, function, script):
        self.function, self.script = function, list(script)
        self.is_joined = bool(script) and script[0][1] is None  # whether the first join() goes well
        self.sleeps = []
        self.is_swallowed = False  # whether it went on after Ctrl-C
        for name in ("__name__", "__doc__", "__code__"):  # so that attempt() finds blanks and lines
            if hasattr(function, name):
                setattr(self, name, getattr(function, name))

    def __call__(self):
        try:
            self.function(self.join, self.program, self.sleep)
        except KeyboardInterrupt:
            return "KeyboardInterrupt"
        except _Over:
            return OVER
        return None  # whatever it returned: nobody looks at that

    def join(self):
        return self._next("join")

    def program(self):
        return self._next("program")

    def sleep(self, seconds):
        if self.is_swallowed or len(self.sleeps) > 50:
            raise _Over
        self.sleeps.append(seconds)

    def _next(self, who):
        if not self.script:
            raise _Over
        due, event = self.script.pop(0)
        if due != who:
            raise _Order(who, due)
        if isinstance(event, KeyboardInterrupt):
            self.is_swallowed = True  # unless it comes out
        if isinstance(event, BaseException):
            raise event
        return event


class _Order(BaseException):
    """join() and program() were called in another order."""

    def __init__(self, who, due):
        super().__init__(who, due)
        self.who, self.due = who, due


def _joined(*events):
    """Return a script: before each of the events of program(), a join() that goes well."""
    return [each for event in events for each in (("join", None), ("program", event))]


def _no_wifi(times):
    return [("join", OSError(f"no such network, attempt {number}")) for number in range(1, times + 1)]


# what happens, script, result, sleeps
TRIALS = (
    ("all is well", _joined(True), None, []),
    ("the Wi-Fi is missing twice", _no_wifi(2) + _joined(True), None, [1, 2]),
    ("the Wi-Fi is missing six times", _no_wifi(6) + _joined(True), None, [1, 2, 4, 8, 8, 8]),
    ("the network fails in the program", _joined(OSError("ECONNRESET"), True), None, [1]),
    ("the Wi-Fi is there, but the server is not, four times",
     _joined(*[OSError("ECONNRESET")] * 4, True), None, [1, 2, 4, 8]),
    ("the connection ends, and comes back", _joined(None, True), None, [1]),
    ("the Wi-Fi is missing, then the program runs, and its connection ends", _no_wifi(3) + _joined(None, True), None,
     [1, 2, 4, 1]),
    ("a bug in the program", _joined(ValueError("a bug"), True), None, [1]),
    ("Ctrl-C in the program", _joined(KeyboardInterrupt()), "KeyboardInterrupt", []),
    ("Ctrl-C while it joins", [*_no_wifi(1), ("join", KeyboardInterrupt())], "KeyboardInterrupt", [1]),
)  # fmt: skip


@task(
    "18.3",
    "survive a missing Wi-Fi",
    hints=(
        "A loop without end around join() and program(). What leaves it, and what must not?",
        "try: join(), and return if program() is True, else count anew; except Exception as error: print it. Behind "
        "both: sleep(min(2**failures, 8)), and failures += 1. KeyboardInterrupt is no Exception, so it gets through.",
        "failures = 0; while True: try: join(); if program(): return; failures = 0; except Exception as error: "
        "print(error); and then, outside of the try: sleep(min(2 ** failures, 8)); failures += 1",
    ),
)
def survive(answer):
    if inspect.iscoroutinefunction(answer):
        idea = "join(), program() and sleep() are plain functions here: write def, without async and await."
        raise Wrong("an async function.", idea)
    for what, script, result, sleeps in TRIALS:
        trial = _Trial(answer, script) if callable(answer) else answer
        call = f"keep_running(join, program, sleep), when {what}"
        try:
            got = attempt_with((), trial)
        except _Order as order:
            raise Wrong(*_order_misconception(order), call=call) from None
        except Stopped as error:
            if trial.is_swallowed:
                raise Wrong(*_SWALLOWED, call=call) from None
            error.details["call"] = call
            error.details["idea"] = _survive_crash(error.details["error"]) or error.details["idea"]
            raise
        if got != result or trial.sleeps != sleeps:
            looks, idea = _survive_misconception(got, result, trial, sleeps)
            raise Wrong(looks, idea, call=call, expected=_told(sleeps, result), got=_told(trial.sleeps, got))


def _told(sleeps, end):
    """Return what a trial waited, and how it came out of it if that is not a return, for a card."""
    ends = {"KeyboardInterrupt": ", then KeyboardInterrupt comes out", OVER: ", and it goes on"}
    return f"waits {sleeps}{ends.get(end, '')}"


_SWALLOWED = (
    "a Ctrl-C that is swallowed.",
    "A bare except:, or BaseException, catches it, too; then mpremote never gets in. Write except Exception.",
)


def _survive_crash(text):
    """Return an idea about an exception that came out of keep_running(), or ""."""
    if "attempt" in text and "OSError" in text:
        return "join() may fail, too: it belongs inside of the try."
    if "ECONNRESET" in text:
        return "program() may fail: it belongs inside of the try."
    if "a bug" in text:
        return "A board in a cellar survives its own bugs, too: except Exception, and print what it was."
    return ""


def _order_misconception(order):
    """Return (looks, idea) for a call that comes in the wrong place."""
    if order.who == "program":
        return "a program without a Wi-Fi.", "When join() has failed, wait, and join again. Only then comes program()."
    return "a join() where program() is due.", "Once join() has returned, run the program."


def _survive_misconception(got, result, trial, sleeps):
    """Return (looks, idea) for a wrong end, or for wrong waits."""
    if result == "KeyboardInterrupt":
        if got != result:
            return _SWALLOWED
        return "another wait.", "Before Ctrl-C there was one failure, or none."
    if got == OVER:
        return "a loop that does not end.", "When program() returns True, it is done: return."
    if trial.script:
        return (
            "an end too early.",
            "Only a program() that returns True ends it. After anything else, wait and try again.",
        )
    if len(trial.sleeps) < len(sleeps):
        return (
            "an attempt without a wait before it.",
            "After each failure, and after each end: call the sleep() that you were given.",
        )
    if len(trial.sleeps) > len(sleeps):
        return "a wait too many.", "Sleep once after each failure, and not after success."
    if trial.is_joined and set(trial.sleeps) == {1}:
        idea = "The server may be away while the Wi-Fi is there. Only a program that has run is a success."
        return "a join() that counts as a success.", idea
    if all(wait == trial.sleeps[0] for wait in trial.sleeps) and len(set(sleeps)) > 1:
        return "waits that are all the same.", "1, 2, 4, then 8 seconds: twice as long after each failure in a row."
    if trial.sleeps[0] in (0, 2):
        return "a first wait of another length.", "1 second after the first failure: 2**0. Count up after the wait."
    if max(trial.sleeps) > 8:
        return (
            ("waits that grow without an end.", "8 seconds at the most: min(..., 8).")
            if sleeps[-1] == 8
            else ("a success that is not counted.", "The program has run: its end is a first failure again, so wait 1.")
        )
    if sleeps[-1] == 1:
        return "a success that is not counted.", "The program has run: its end is a first failure again, so wait 1."
    return "other waits.", "1, 2, 4, then 8 seconds each."


# ---------------------------------------------------------------- 18.4

MARK = "deploying"

# what is on this computer, what is on the board: {path: hash}
DEPLOYMENTS = (
    ({"lib/a.py": "a2", "lib/b.py": "b1", "main.py": "m2"}, {"lib/a.py": "a1", "lib/b.py": "b1", "main.py": "m1"}),
    ({"lib/a.py": "a1", "main.py": "m1"}, {}),
    ({"lib/a.py": "a1", "main.py": "m1"}, {"lib/a.py": "a1", "main.py": "m1", "notes.txt": "n1"}),
    ({"lib/a.py": "a2", "lib/b.py": "b2", "main.py": "m1"}, {"lib/a.py": "a2", "main.py": "m1", MARK: ""}),
    ({"lib/a.py": "a2", "main.py": "m1"}, {"lib/a.py": "a2", "main.py": "m1", MARK: ""}),
    (
        {"main.py": "m2", "lib/domain.py": "d2", "zoo.py": "z2"},
        {"main.py": "m1", "lib/domain.py": "d1", "zoo.py": "z1"},
    ),
)


@task(
    "18.4",
    "deploy so that it may be cut off",
    hints=(
        "Stop after each step, in your head. Is the board all old, all new, or does it have the mark?",
        "First find what differs, main.py last. Nothing, and no mark: []. Else the mark, then the copies, then unmark.",
        'found = what differs, in order; if not found and "deploying" not in there: return []; '
        'return [("mark",)] + [("copy", path) for path in found] + [("unmark",)]',
    ),
)
def deploy_in_steps(answer):
    for here, there in DEPLOYMENTS:
        given = dict(here), dict(there)  # the answer may change them
        got = attempt_with(_STEPS_CRASHES, answer, *given)
        call = call_text(answer, here, there)
        must_be(
            list | tuple, got, call, 'Return a list of steps, such as [("mark",), ("copy", "main.py"), ("unmark",)].'
        )
        if given != (here, there):
            raise Wrong("dicts that were changed.", "Leave `here` and `there` as they are.", call=call)
        _look_at_steps(list(got), here, there, call)


_STEPS_CRASHES = (("^KeyError", "A file may be new: the board does not have it. there.get(path) is None then."),)


def _look_at_steps(steps, here, there, call):
    """Raise Wrong if the steps do not do what they have to, or if the board is in pieces after one of them."""
    for step in steps:
        words = tuple(step) if isinstance(step, list | tuple) else (step,)
        if words not in (("mark",), ("unmark",)) and not (len(words) == 2 and words[0] == "copy"):
            idea = 'There are ("mark",), ("copy", path) and ("unmark",). A tuple of one needs its comma.'
            raise Wrong("a step that nobody knows.", idea, call=call, got=readable(step))
        if not isinstance(step, list | tuple):
            raise Wrong("a text where a step belongs.", 'Write ("mark",), with its comma.', call=call, got=step)
        if words[0] == "copy" and words[1] not in here:
            raise Wrong("a copy of what is not here.", "Copy paths of `here` only.", call=call, got=readable(step))
    copied = [step[1] for step in steps if step[0] == "copy"]
    wanted = [path for path in here if there.get(path) != here[path]]
    if not wanted and MARK not in there and steps:
        raise Wrong("work where there is none.", "Nothing differs, and there is no mark: [].", call=call, got=steps)
    if set(copied) - set(wanted):
        idea = "What the board has already, with the same hash, need not be copied."
        raise Wrong("a copy of everything.", idea, call=call, got=steps)
    if len(set(copied)) < len(copied):
        raise Wrong("a file that is copied twice.", "Each path is copied once.", call=call, got=steps)
    if "main.py" in copied and copied[-1] != "main.py":
        idea = "A main.py of before may not know the mark. So the new one comes last of all copies."
        raise Wrong("main.py among the others.", idea, call=call, got=steps)
    board, new = dict(there), {path: here.get(path, there.get(path)) for path in {*here, *there} - {MARK}}
    old = {path: content for path, content in there.items() if path != MARK}
    for number, step in enumerate([("start",), *steps]):
        if step[0] == "copy":
            board[step[1]] = here[step[1]]
        elif step[0] == "mark":
            board[MARK] = ""
        elif step[0] == "unmark":
            board.pop(MARK, None)
        files = {path: content for path, content in board.items() if path != MARK}
        if MARK not in board and files not in (old, new):
            _say_when(number, step, steps, call)
        if MARK not in board and MARK in there and files != new:
            _say_when(number, step, steps, call)
    if MARK in board:
        idea = "Remove the mark in the end, also one that was left by a deployment before."
        raise Wrong("a mark that stays.", idea, call=call, got=steps)
    if files != new:
        missing = sorted(path for path in new if files.get(path) != new[path])
        idea = f"Missing: {', '.join(missing)}. A path that the board does not have differs, too."
        raise Wrong("a deployment that leaves something out.", idea, call=call, got=steps)


def _say_when(number, step, steps, call):
    """Raise Wrong for a board that would run a mixture, were it cut off after this step."""
    rest = f"Cut off after step {number}, {tuple(step)!r}, the board has old and new files together, and no mark."
    if not any(each[0] == "mark" for each in steps):
        raise Wrong("a deployment without a mark.", rest, call=call, got=steps)
    if step[0] == "unmark":
        raise Wrong("a mark that goes too early.", f"{rest} First the last copy, then unmark.", call=call, got=steps)
    raise Wrong("a mark that comes too late.", f"{rest} First the mark, then the copies.", call=call, got=steps)


# ---------------------------------------------------------------- 18.5

# sizes of the files, free bytes, right
ROOMS = (
    ([100], 4096, True),
    ([100, 100], 4096, False),
    ([4096], 4096, True),
    ([4097], 4096, False),
    ([4097], 8192, True),
    ([1] * 30, 30 * 4096, True),
    ([1] * 31, 30 * 4096, False),
    ([0], 0, False),
    ([], 0, True),
    ([10_000, 3000], 16_384, True),
    ([10_000, 3000], 16_383, False),
)


@task(
    "18.5",
    "will it fit? (optional)",
    hints=(
        "How many blocks does a file of 1 byte take? And one of 4,097?",
        "Blocks of a file: math.ceil(size / 4096), but at least 1. All blocks together, times 4096, against free.",
        "return sum(max(1, math.ceil(size / 4096)) for size in sizes) * 4096 <= free",
    ),
)
def will_it_fit(answer):
    for sizes, free, right in ROOMS:
        got = attempt_with((), answer, list(sizes), free)
        call = call_text(answer, sizes, free)
        must_be(bool, got, call, "Return True or False.")
        if got != right:
            raise Wrong(*_room_misconception(sizes, free, got), call=call, expected=right, got=got)


def _room_misconception(sizes, free, got):
    """Return (looks, idea) for a wrong verdict."""
    if not sizes:
        return "no room for nothing.", "Without files, nothing is needed: it fits."
    if sizes == [0]:
        return "a file that takes nothing.", "An empty file has a name, and takes a block, too."
    if got:
        if sum(sizes) <= free:
            return "bytes where blocks are counted.", "A file of 1 byte takes a whole block of 4,096."
        return "more than there is.", "Round the blocks of a file up: 4,097 bytes are two."
    if sum(max(1, math.ceil(size / 4096)) for size in sizes) * 4096 == free:
        return "a spare block that is not needed.", "What fits exactly, fits. And 4,096 bytes are one block, not two."
    return "less than there is.", "Blocks of each file, rounded up; all together, times 4,096."

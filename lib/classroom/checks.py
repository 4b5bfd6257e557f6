"""Immediate feedback in a notebook: `check`, `hint`, `reveal`, and `passed` for graders.

A task is a function in `classroom/tasks/lesson_NN.py` that gets the student's answer
and returns if it is right. It raises `Wrong` if it is not, and `NotStarted` if there
is no answer yet. It calls the student's functions only through `attempt`, which
stops them after a while and keeps what they did wrong apart from what we did wrong.
"""

import importlib
import inspect
import os
import signal
import threading
import traceback
from contextlib import redirect_stdout

from .cards import ABSENT, task_card

SECONDS = 5  # how long one check may run the student's code


class NotStarted(Exception):
    """There is no answer yet. The text, if any, says which part is missing."""


class Wrong(Exception):
    """The answer is wrong.

    looks: str, what the answer looks like, after "Looks like", with its full stop.
    idea: str, what to think about next. call: str, what was called, as Python.
    expected, got: shown side by side where given; bytes are compared byte by byte.
    """

    def __init__(self, looks="", idea="", *, call="", expected=ABSENT, got=ABSENT):
        super().__init__(looks or idea)
        self.details = {"looks": looks, "idea": idea, "call": call, "expected": expected, "got": got}


class Stopped(Exception):
    """The student's own code raised an exception, or ran too long."""

    def __init__(self, error, idea, call="", line=0, code=""):
        super().__init__(error)
        self.details = {"error": error, "idea": idea, "call": call, "line": line, "code": code}


class _Task:
    def __init__(self, judge, title, hints):
        self.judge, self.title, self.hints = judge, title, hints


_tasks = {}
_passed = set()


def task(name, title, hints=()):
    """Register the decorated function as the judge of the task `name`, such as "03.1".

    hints: the texts of `hint(name, 1)`, `hint(name, 2)` ..., from a nudge to nearly the answer.
    """

    def register(judge):
        _tasks[name] = _Task(judge, f"Task {name}, {title}", tuple(hints))
        return judge

    return register


def check(name, answer):
    """Judge `answer` to the task `name` and show the verdict. Never raises, never hangs."""
    _passed.discard(name)
    found = _find(name)
    if found is None:
        return
    try:
        if answer is None or answer is ...:
            raise NotStarted()
        found.judge(answer)
    except NotStarted as missing:
        note = str(missing) or f"Replace the dots with your answer. Stuck? Run hint({name!r})."
        _show(task_card("todo", found.title, note=note))
    except Wrong as wrong:
        _show(task_card("wrong", found.title, **wrong.details))
    except Stopped as stopped:
        _show(task_card("crash", found.title, **stopped.details))
    except Exception as ours:  # a fault of the check, never to be blamed on the student
        note = f"This check has a fault of its own ({ours!r}). Your answer may well be right: go on, and tell us."
        _show(task_card("todo", found.title, note=note))
    else:
        _passed.add(name)
        _show(task_card("passed", found.title))


def hint(name, level=1):
    """Print hint number `level` (1 is the gentlest) for the task `name`."""
    found = _find(name)
    if found is None:
        return
    count = len(found.hints)
    if level not in range(1, count + 1):
        print(f"Task {name} has {count} hints: hint({name!r}, 1) to hint({name!r}, {count}).")
        return
    print(f"Hint {level} of {count}. {found.hints[level - 1]}")
    if level < count:
        print(f"Still stuck? hint({name!r}, {level + 1})")


def passed(name):
    """Tell whether the last `check` of the task `name` in this kernel was right."""
    return name in _passed


def reveal(guess, actual):
    """Print the actual value beside the student's prediction; `...` in it means that none was written."""
    if guess is ... or (isinstance(guess, list | tuple) and ... in guess):
        print(f"{actual!r}. You wrote no prediction: guess before you run, and the answer will stick.")
    elif _plain(guess) == _plain(actual):
        print(f"{actual!r}, as you predicted.")
    elif str(guess) == str(actual):  # such as "10" for 10
        print(f"{actual!r}. You predicted {guess!r}: right, but mind the quotes.")
    else:
        print(f"{actual!r}. You predicted {guess!r}: what did you leave out?")


def _plain(value):
    """Return a tuple as a list, since a prediction may come as either."""
    return list(value) if isinstance(value, tuple) else value


def _find(name):
    """Return the task `name`, or say which tasks there are and return None."""
    lesson = str(name).split(".")[0]
    try:
        importlib.import_module(f"classroom.tasks.lesson_{lesson}")
    except ModuleNotFoundError:
        print(f"There is no task {name!r}: lesson {lesson!r} has no tasks. A task is named like '03.1' or '00.a'.")
        return None
    if name not in _tasks:
        known = ", ".join(known for known in _tasks if known.startswith(f"{lesson}."))
        print(f"There is no task {name!r}. The tasks of lesson {lesson} are {known}.")
    return _tasks.get(name)


def _show(card):
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(card)
        return
    if get_ipython() is None:
        print(card)
    else:
        display(card)


# ---- running the student's code


def attempt(function, *args, **kwargs):
    """Return what the student's `function` returns; what it prints meanwhile is dropped.

    Raises NotStarted while it is still the empty stub or holds a blank (...), and
    Stopped when it raises an exception or takes longer than SECONDS.
    """
    if not callable(function):
        raise Wrong(f"{_short(function)}, which is not a function.", "Give the check the function itself, without ().")
    _refuse_blanks(function)
    call = call_text(function, *args, **kwargs)
    try:
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
            return _limited(function, args, kwargs)
    except _TimeIsUp:
        raise Stopped(
            f"stopped after {SECONDS} seconds", "Is there a loop whose condition never becomes false?", call
        ) from None
    except Exception as error:
        line, code = students_line(error, function)
        idea = "Python tells you what happened and where. Does your code reckon with this input?"
        if isinstance(error, TypeError) and not line:
            idea = "The check calls your function as shown above. Did its parameters change?"
        raise Stopped(f"{type(error).__name__}: {error}", idea, call, line, code) from None


def call_text(function, *args, **kwargs):
    """Return the call as Python text, long arguments shortened."""
    parts = [_short(arg) for arg in args] + [f"{key}={_short(value)}" for key, value in kwargs.items()]
    return f"{getattr(function, '__name__', 'answer')}({', '.join(parts)})"


def _short(value, limit=70):
    """Return the repr of `value`, bytes as hex, with the middle left out if it is long."""
    text = f"bytes.fromhex('{value.hex(' ')}')" if isinstance(value, bytes) and len(value) > 1 else repr(value)
    return text if len(text) <= limit else f"{text[: limit - 15]} … {text[-12:]}"


def _refuse_blanks(function):
    code = getattr(function, "__code__", None)
    if code is None:
        return
    if ... in code.co_consts:
        raise NotStarted(f"{function.__name__} still has a blank: replace each ... with your code.")
    only_none = all(const is None or const == function.__doc__ for const in code.co_consts)
    if only_none and code.co_code == _empty_like(code):
        raise NotStarted(f"{function.__name__} is still empty: write its body.")


def _empty_like(code):
    """Return the bytecode of a function that does nothing, with the constants laid out as in `code`."""
    body = '"""doc"""' if isinstance(next(iter(code.co_consts), None), str) else "..."
    scope = {}
    kind = "async def" if code.co_flags & inspect.CO_COROUTINE else "def"
    exec(f"{kind} nothing():\n    {body}", scope)
    return scope["nothing"].__code__.co_code


def students_line(error, function):
    """Return (line number, its text) of the line of the student's code where the exception came up, or (0, "").

    That is the innermost line of the function's own cell; a function of the course's, in a cell above, does not count.
    """
    home = getattr(getattr(function, "__code__", None), "co_filename", None)
    places = [(trace.filename, trace.lineno, trace.line) for trace in traceback.extract_tb(error.__traceback__)]
    own = [place for place in places if place[0] == home] or [place for place in places if "ipykernel_" in place[0]]
    return own[-1][1:] if own else (0, "")


class _TimeIsUp(BaseException):
    """Not an Exception, so that the student's `except Exception` lets it pass."""


def _limited(function, args, kwargs):
    """Call the function, and raise _TimeIsUp in it once SECONDS have passed.

    It is raised again every few milliseconds, since a bare `except:` in an endless
    loop swallows the first one. Only the main thread of a Unix system has this alarm;
    elsewhere there is no limit.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return function(*args, **kwargs)

    def ring(signum, frame):
        if frame.f_code.co_filename != __file__:  # not while the lines below put the alarm away
            raise _TimeIsUp()

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, 0.003)
    try:
        return function(*args, **kwargs)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

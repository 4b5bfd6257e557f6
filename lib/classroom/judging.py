"""What the judges in classroom/tasks/ share."""

import asyncio
import ctypes
import re
import threading
import types

from . import checks
from .cards import ABSENT
from .checks import Stopped, Wrong, attempt, students_line


def attempt_with(ideas, function, *args):
    """As attempt, but with an idea about the crashes that a task expects.

    ideas: pairs (regular expression, idea); the first that is found in the error's text counts.
    """
    try:
        return attempt(function, *args)
    except Stopped as stopped:
        for pattern, idea in ideas:
            if re.search(pattern, stopped.details["error"]):
                stopped.details["idea"] = idea
                break
        raise


def must_be(kind, got, call, also=""):
    """Raise Wrong unless `got` is of the type `kind`."""
    if got is None:
        raise Wrong("a function without a return.", f"For this call it gave None. {also}", call=call)
    if not isinstance(got, kind):
        raise Wrong(
            f"{with_article(type(got))} instead of {with_article(kind)}.",
            f"The function returns {with_article(kind)}. {also}",
            call=call,
            got=readable(got),
        )


def must_have(keys, answer, idea):
    """Raise Wrong unless `answer` is a dict with just these keys."""
    if not isinstance(answer, dict) or set(answer) != set(keys):
        raise Wrong("an answer of another shape.", idea, got=readable(answer))


def readable(value):
    """Return the value if its repr tells a student anything, or else ABSENT."""
    return value if isinstance(value, str | bytes | bytearray | int | float | list | tuple | dict | set) else ABSENT


def with_article(kind):
    """Return the name of a type as it stands in a sentence."""
    if isinstance(kind, types.UnionType):
        return " or ".join(map(with_article, kind.__args__))
    if kind is type(None):
        return "None"
    article = "" if kind is bytes else "an " if kind.__name__[0] in "aeiou" else "a "
    return article + kind.__name__


def not_a_number(values):
    """Return, for "Looks like", what is not an int among the values, or ""."""
    odd = [value for value in values if not isinstance(value, int)]
    return f"{with_article(type(odd[0]))} where a whole number belongs." if odd else ""


class Text(str):
    """Text that a card shows without quotation marks."""

    __repr__ = str.__str__


def letters_in_order(answer, lines):
    """Return the list of letters that put the `lines` ({letter: line}, A to some last one) of a function in order.

    Raises Wrong for other letters, for a letter used twice, and unless the `def` line comes first.
    """
    letters = [letter for letter in str(answer).upper() if letter.isalpha()]
    if not isinstance(answer, str | list | tuple) or not letters or not set(letters) <= set(lines):
        raise Wrong(
            f"an answer that is not made of the letters A to {max(lines)}.",
            "Write the letters of the lines, such as 'CAB'.",
            got=readable(answer),
        )
    if not lines[letters[0]].startswith("def "):
        raise Wrong("code before the function begins.", "A function starts with its def line.", got=answer)
    if len(set(letters)) != len(letters):
        raise Wrong("a line used twice.", "Each line is used at most once.", got=answer)
    return letters


# ---- coroutine functions, in an event loop of their own


GRACE = 1  # seconds more for a loop than for an answer: a time-out within it has its own words, and comes first


class _TimeIsUp(BaseException):
    """Not an Exception, so that the student's `except Exception` lets it pass."""


def in_own_loop(coroutine_function, *args):
    """Return what the coroutine function returns, run in a thread that has an event loop of its own.

    A loop `while True: pass` in it is ended after checks.SECONDS + GRACE, with TimeoutError.
    Whoever awaits has to bring a time-out.
    """
    outcome = {}

    def work():
        try:
            outcome["value"] = asyncio.run(coroutine_function(*args))
        except BaseException as error:  # raised again below, in the student's thread
            outcome["error"] = error

    thread = threading.Thread(target=work, name="classroom check", daemon=True)
    thread.start()
    try:
        thread.join(checks.SECONDS + GRACE)
    finally:
        for _ in range(20):  # it is seen at the next line of Python; a bare `except:` may swallow the first
            if not thread.is_alive():
                break
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(_TimeIsUp))
            thread.join(0.1)
    error = outcome.get("error", None if outcome else TimeoutError())
    if isinstance(error, _TimeIsUp):
        raise TimeoutError from error
    if error is not None:
        raise error
    return outcome["value"]


# (the beginning of the error, idea)
CRASHES = (
    ("RuntimeError: asyncio.run()", "A loop already runs. Write `await` before the plan, without asyncio.run."),
    ("RuntimeError: This event loop", "A loop already runs. Write `await` before the plan, and nothing else."),
    ("TypeError: 'connect' object", "A connection is opened with `async with`, not `with`."),
    (
        "AttributeError: 'connect' object",
        "connect(url) is not yet open: async with connect(url) as connection.",
    ),
    (
        "TypeError: 'NoneType' object is not callable",
        "You call None. to_thread takes the function itself, then its argument.",
    ),
    ("TimeoutError", "A time-out in your own code was over. `seconds` says how long to wait, not how long to try."),
    ("TypeError: object method", "A method is called with (): await connection.recv()."),
    ("TypeError: object NoneType", "What this line awaits gives None, not a plan. Is it a plain function?"),
    ("TypeError: object", "Only a coroutine, a task and their like can be awaited. What does this line await?"),
    ("TypeError: data must be", "send takes a text. Is there an await missing before the call that makes it?"),
    ("ConnectionRefusedError", "No server is there. Connect to `url`, the parameter."),
    ("InvalidURI", "An address begins with ws://. Connect to `url`, the parameter."),
    ("ConnectionClosed", "The connection was closed before. Send and receive inside the `async with`."),
    ("NameError: name 'time'", "time is not imported, and time.sleep would block. Which sleep can be awaited?"),
    ("NameError: name 'sleep'", "This sleep belongs to a module: asyncio.sleep."),
    ("NameError", "Python does not know this name. Is it a parameter, or made in a cell above that you have not run?"),
)


def stopped(error, answer, call):
    """Return Stopped for an exception of the student's code, with an idea about the expected ones."""
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    idea = "Python tells you what happened and where."
    idea = next((idea for start, idea in CRASHES if text.startswith(start)), idea)
    return Stopped(text, idea, call, *students_line(error, answer))

"""What the judges in classroom/tasks/ share."""

import re
import types

from .cards import ABSENT
from .checks import Stopped, Wrong, attempt


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

"""Runs a student's function on MicroPython, for the checks of lesson 17 and its exercise.

The function goes there alone: its source, behind what the task gives it, and before what calls it.
"""

import ast
import inspect
import re
import textwrap

from . import micropython
from .checks import NotStarted, Stopped, Wrong
from .doctor import find_micropython

# (what the error says, idea)
IDEAS = (
    (
        "NameError",
        "On MicroPython this name is not known. Your function goes there alone: what it needs must stand in it, or be "
        "given by the task.",
    ),
    ("no attribute", "MicroPython's objects have fewer methods. Use what the table in lesson 17 has instead."),
    ("no module named", "MicroPython has fewer modules. Which one has something like it?"),
    ("item deletion", "A bytearray there cannot delete a slice. It can replace one by nothing: buffer[:n] = b''."),
    ("keyword arguments", "There, this function takes no names for its arguments. Write them in their order."),
    ("MemoryError", "The heap is small. Hold only a piece at a time, and no copy of all of it."),
    ("stopped after", "Is there a loop whose condition never becomes false?"),
    ("SyntaxError", "MicroPython's grammar is smaller. Write this line in an older way."),
    ("join expects", "join takes no memoryview there: bytes(view) makes a copy that it takes."),
)


def on_micropython(function, drive, prelude="", heap="192K", ideas=(), call=""):
    """Return what `drive` prints last on MicroPython, as a value.

    function: the student's, already right on CPython; `drive` (str) calls it by the name `answer`, and its
        last print() shows the repr of a value of plain types. prelude: str, what stands before.
    ideas: as IDEAS, before them. call: str, for the card.
    Raises Stopped with the student's line for an error, and NotStarted where there is no MicroPython.
    """
    source = source_of(function)
    program = find_micropython()
    if program is None:
        words = (
            "Right on CPython. But there is no MicroPython here to run it on, so it does not count yet. To have one: "
        )
        raise NotStarted(f"{words}{micropython.INSTALL}.")
    prelude = f"import gc; gc.threshold(8192)\n{prelude}"  # or what the compiler leaves cuts the heap in pieces
    code = f"{prelude}\n{source}\nanswer = {function.__name__}\n{drive}\n"
    said = micropython.OnThisComputer(program).run(code, heap)
    if said.error:
        raise _stopped(said, source, prelude.count("\n") + 1, ideas, call)
    return ast.literal_eval(said.output.splitlines()[-1])


def source_of(function):
    """Return the source (str) of a function made with def. Raises Wrong for anything else."""
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        source = ""
    if not re.match(r"(@.*\n)*(async )?def ", source):
        raise Wrong("a function that is not made by a def.", "It is sent to MicroPython as text: write it with def.")
    return source


def _stopped(said, source, before, ideas, call):
    """Return Stopped for a traceback; `before`: how many lines stand before the source."""
    idea = next((idea for words, idea in (*ideas, *IDEAS) if words in said.error), "It runs on CPython, and not there.")
    lines = source.splitlines()
    numbers = [int(number) - before for number in re.findall(r'File "<stdin>", line (\d+)', said.traceback)]
    line = ([number for number in numbers if 1 <= number <= len(lines)] or [0])[-1]
    return Stopped(f"on MicroPython: {said.error}", idea, call, line, lines[line - 1].strip() if line else "")

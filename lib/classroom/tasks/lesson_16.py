"""The tasks of lesson 16, Beyond one process; those of its exercise are in lesson_16_exercise."""

import math

from ..checks import Wrong, attempt, call_text, task
from ..judging import attempt_with, must_be, readable
from . import lesson_16_exercise  # noqa: F401 - it registers its tasks

# ---------------------------------------------------------------- 16.a


@task(
    "16.a",
    "how many are missing?",
    hints=(
        "How many are missing between 7 and 8? And between 7 and 10?",
        "Who has just come has missed nothing that it could know of. Else it is the difference, less one.",
        "The blanks, in order: 0, and number - last - 1.",
    ),
)
def how_many_are_missing(answer):
    for last, number, right in ((7, 8, 0), (7, 11, 3), (None, 5, 0), (0, 1, 0), (0, 3, 2), (9, 9, 0), (9, 1, 0)):
        got = attempt_with(_MISSING_CRASHES, answer, last, number)
        call = call_text(answer, last, number)
        must_be(int, got, call, "Return how many are missing.")
        if got != right or isinstance(got, bool):
            looks, idea = _missing_misconception(got, last, number)
            raise Wrong(looks, idea, call=call, expected=right, got=readable(got))


_MISSING_CRASHES = (("NoneType", "None stands for: nothing was heard before. Look at that first."),)


def _missing_misconception(got, last, number):
    """Return (looks, idea) for a wrong count."""
    if got < 0:
        return "fewer than none.", "An old number, or one of a new count, is no gap: max(0, ...)."
    if last is None:
        return "a newcomer who missed something.", "Who has heard nothing yet cannot know of a gap: 0."
    if got == number - last:
        return "a number that came, counted as missing.", "7, then 8: nothing lies between, although 8 - 7 is 1."
    if got == number - last - 2:
        return "one too few.", "7, then 10: both 8 and 9 are missing."
    if got is True or got == 1:
        return "whether there is a gap.", "How many messages are in it?"
    return "another count.", "How many numbers lie between last and number?"


# ---------------------------------------------------------------- 16.b

# clients, messages for each in a second, connections that a machine holds, messages that it sends in a second
CASES = (
    (150_000, 5, 50_000, 150_000),  # exact, so that a spare one that is left out is not taken for rounding
    (100_000, 5, 600_000, 120_000),
    (1_000_000, 0.1, 300_000, 400_000),
    (1000, 1, 1000, 1000),
    (1001, 1, 1000, 5000),
    (10, 101, 1000, 1000),
    (900_000, 2, 300_000, 600_000),
)


@task(
    "16.b",
    "how many machines?",
    hints=(
        "Two questions: how many for the connections, how many for the messages? Then, which of the two counts?",
        "clients / holds, and clients * each / sends, both rounded up with math.ceil. The larger one, and one more.",
        "return max(math.ceil(clients / holds), math.ceil(clients * each / sends)) + 1",
    ),
)
def how_many_machines(answer):
    for arguments in CASES:
        clients, each, holds, sends = arguments
        memory, cores = clients / holds, clients * each / sends
        right = max(math.ceil(memory), math.ceil(cores)) + 1
        got = attempt(answer, *arguments)
        call = call_text(answer, *arguments)
        must_be(int | float, got, call, "Return the number of machines.")
        if got != right:
            looks, idea = _machines_misconception(got, memory, cores)
            raise Wrong(looks, idea, call=call, expected=right, got=got)


def _machines_misconception(got, memory, cores):
    """Return (looks, idea) for a wrong number of machines."""
    if got != int(got):
        return "a part of a machine.", "math.ceil(1.25) is 2: a machine cannot be had in parts."
    needs = math.ceil(memory), math.ceil(cores)
    if got == max(needs) == max(memory, cores):
        return "no machine to spare.", "When one fails, the others must hold all. One more."
    if got in (sum(needs), sum(needs) + 1):
        return "machines for memory beside machines for messages.", "Each machine does both: the larger number counts."
    if got in (min(needs), min(needs) + 1):
        return "the smaller of the two.", "Both connections and messages must fit: the larger number counts."
    if got == max(needs) + 2 == max(memory, cores) + 2:
        return "rounding up what is whole.", "int(...) + 1 makes 6 of 5.0. math.ceil(5.0) is 5."
    if got in (max(needs) - 1, max(needs)):
        return "a number that is rounded down.", "1.25 machines are 2: math.ceil rounds up."
    if got in (needs[0], needs[0] + 1, needs[1], needs[1] + 1):
        return "one of the two needs.", "Look at connections and at messages."
    return "another number.", "What is needed for the connections, and what for the messages? The larger, and one more."

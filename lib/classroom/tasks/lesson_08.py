"""The tasks of lesson 08, Writing the async client, 2; those of its exercise are in lesson_08_exercise."""

from pocketws.exceptions import InvalidHandshake

from ..attempts import CRASHES, URI, Client, judge_attempts, result_misconception, shown
from ..awaiting import attempt_awaited
from ..checks import Wrong, attempt, call_text, task
from ..figure import plural
from ..judging import must_be
from . import lesson_08_exercise  # noqa: F401 - it registers its tasks

# what the attempts give, the delays, and what is to come of it: a result, or the class of an error
CASES = (
    ([True], [0.5, 1], True),
    ([OSError("no network"), True], [0.5, 1], True),
    ([EOFError("TCP has ended"), ConnectionError("no network"), TimeoutError("no network"), True], [1, 2, 4, 8], True),
    ([False], [0.5, 1], False),
    ([], [0.5, 1, 2], False),
    ([InvalidHandshake("not you")], [0.5, 1], InvalidHandshake),
)


@task(
    "08.a",
    "connect again",
    hints=(
        "Three questions: where to connect, which error means that the network failed, how long to wait.",
        "ConnectionRefusedError and TimeoutError are kinds of OSError. Wait as long as this turn of the loop says.",
        "The blanks, in order: uri, OSError, delay.",
    ),
)
def connect_again(answer):
    for outcomes, delays, right in CASES:
        events = []
        call = f"await reconnect(client, {URI!r}, {delays})"
        client = Client(outcomes, events)
        try:
            got = attempt_awaited(CRASHES, answer, client, URI, delays, events=events, passing=(InvalidHandshake,))
        except InvalidHandshake:
            got = InvalidHandshake
        judge_attempts(events, min(len(outcomes) or len(delays), len(delays)), right, call)
        judge_delays(events, delays, call)
        if got is not right:
            looks, idea = result_misconception(got, right)
            raise Wrong(looks, idea, call=call, expected=shown(right), got=shown(got))


def judge_delays(events, delays, call):
    """Raise Wrong unless after each attempt but the last came the wait that belongs to it."""
    slept = [seconds for name, seconds in events if name == "sleep"]
    asked = len(events) - len(slept)
    if events[0][0] == "sleep":
        raise Wrong("a wait before the first attempt.", "Try first. Wait only if it fails.", call=call)
    if slept not in (delays[: asked - 1], delays[:asked]):  # after the very last one, it is all the same
        idea = "After the first failure wait delays[0] seconds, after the second delays[1]: `delay` has them, in turn."
        raise Wrong("other waits.", idea, call=call, expected=delays[: asked - 1], got=slept)


# ---------------------------------------------------------------- 08.b


@task(
    "08.b",
    "how long to wait",
    hints=(
        "Begin with an empty list and with `first`. What becomes of the delay from one turn to the next?",
        "A loop of `count` turns: append the delay, then double it. min(a, b) is the smaller of two numbers.",
        "delays = []; then for _ in range(count): delays.append(min(first, longest)) and first = first * 2. "
        "Return delays.",
    ),
)
def how_long_to_wait(answer):
    for arguments in ((1, 10, 6), (0.5, 30, 8), (3, 3, 3), (5, 2, 2), (1, 8, 5), (1, 10, 1), (1, 10, 0)):
        first, longest, count = arguments
        right = [min(first * 2**turn, longest) for turn in range(count)]
        got = attempt(answer, *arguments)
        call = call_text(answer, *arguments)
        if isinstance(got, tuple):
            raise Wrong("a tuple instead of a list.", "Return a list.", call=call, expected=right, got=got)
        must_be(list, got, call, "Return the list.")
        if got != right:
            looks, idea = delays_misconception(got, *arguments)
            raise Wrong(looks, idea, call=call, expected=right, got=got)


def delays_misconception(got, first, longest, count):
    """Return (looks, idea) for a wrong list of delays."""
    doubled = [first * 2**turn for turn in range(count)]
    if not all(isinstance(delay, int | float) for delay in got):
        return "a list of something else than numbers.", "Each delay is a number of seconds."
    if len(got) != count:
        return f"{plural(len(got), 'delay')} instead of {count}.", "The list has `count` of them."
    if count and got[0] == first > longest:
        return "a first delay above the limit.", "`first` may be longer than `longest`, too: min(a, b) helps."
    if got == doubled:
        return "delays without a limit.", "None is longer than `longest`."
    if got == [min(2 * delay, longest) for delay in doubled]:
        return "delays that begin too late.", "The first delay is `first`. Double it after that."
    if count > 1 and got == [min(first * (turn + 1), longest) for turn in range(count)]:
        return "delays that grow by the same amount.", "Each is twice the one before."
    if count > 1 and got == [min(first, longest)] * count:
        return "delays that do not grow.", "Each is twice the one before: change the delay in the loop."
    if max(got) > longest:
        return "a delay above the limit.", "The last doubling may jump over `longest`. min(a, b) helps."
    if [delay for delay in doubled if delay <= longest] == got[: sum(delay <= longest for delay in doubled)]:
        return "a limit that is not reached.", "Where twice as long would be too long, it is `longest`."
    return "other delays.", "Begin with `first`, double it each time, and stop growing at `longest`."

"""The tasks of lesson 06, The event loop.

What an answer does while it waits is seen by its consequences, not by a clock: a job asks the
loop for a turn, a message comes only once another was read, and sleeping moves a clock of ours.
So a slow machine gets the same verdicts. Who never sleeps is seen by the CPU time of a pause.
"""

import asyncio
import inspect
import random
import re
import selectors
import socket
import threading
import time

from .. import checks
from ..checks import Stopped, Wrong, attempt, task
from ..judging import attempt_with, in_own_loop, letters_in_order, must_be, readable, stopped

PATIENCE = 1  # seconds for which a thread waits for its turn, and a socket for its bytes


class TooOften(BaseException):
    """An answer that goes on for ever. Not an Exception, so that the student's `except Exception` lets it pass."""


# ---------------------------------------------------------------- work that would block


class Work:
    """A function that would block. It knows whether the loop goes on meanwhile.

    together: int, how many calls of it have to run at the same time. hangs: bool, it returns only when released.
    calls: what it was called with. in_loop: bool, it ran in the loop's own thread. starved: bool, the loop had no
    turn while it ran. alone: bool, it ran without the others.
    """

    __name__ = "work"

    def __init__(self, together=1, hangs=False, error=None):
        self.calls, self.timers = [], []
        self.in_loop = self.starved = self.alone = False
        self.release = threading.Event()
        self._error, self._hangs = error, hangs
        self._all_here = threading.Barrier(together)

    def __repr__(self):
        return "work"

    def started(self):
        """Note the loop in which the answer runs, and the time-outs that it sets there."""
        self._loop, self._home = asyncio.get_running_loop(), threading.get_ident()
        call_at = self._loop.call_at

        def noted(when, *args, **kwargs):
            self.timers.append(when - self._loop.time())
            return call_at(when, *args, **kwargs)

        self._loop.call_at = noted

    def __call__(self, question):
        self.calls.append(question)
        if threading.get_ident() == self._home:
            self.in_loop = True
        else:
            turn = threading.Event()
            self._loop.call_soon_threadsafe(turn.set)
            self.starved = not turn.wait(PATIENCE) or self.starved
            try:
                self._all_here.wait(PATIENCE)
            except threading.BrokenBarrierError:
                self.alone = True
            if self._hangs:
                self.release.wait(checks.SECONDS / 2)
        if self._error is not None:
            raise self._error
        return answer_to(question)


def answer_to(question):
    return f"{question}? Yes."


# (regular expression, idea)
WORK_CRASHES = (
    (
        "object is not callable",
        "to_thread takes the function itself, then its argument: to_thread(work, question). "
        "With work(question), you call it here.",
    ),
    ("can't be used in 'await'", "work is a plain function: its result cannot be awaited. Which function awaits it?"),
    (
        "coroutine was expected|awaitable is required",
        "work is a plain function: its result is no coroutine. Which function gives one?",
    ),
    ("takes 1 positional|positional argument", "to_thread takes the function, then its argument: two values."),
    ("context manager", "A time-out is opened with `async with`, not `with`."),
    (
        "TimeoutError",
        "The time was up, and asyncio says so with a TimeoutError, where the `async with` ends. "
        "Catch it, and return None: the `try` goes around the whole block.",
    ),
    (
        "RuntimeError: asyncio.run|event loop is already running",
        "A loop already runs. Await the coroutine instead.",
    ),
    ("sequence item|unhashable|not iterable", "What does this line put together? gather takes its plans after a *."),
)


def awaited(answer, work, args, call):
    """Return what `await answer(*args)` returns. Raises NotStarted, Wrong, Stopped."""
    try:
        return in_own_loop(_awaited, answer, work, args, call)
    except TimeoutError:
        raise out_of_time(call) from None
    except Stopped as error:
        raise with_idea(error, WORK_CRASHES) from None


def out_of_time(call):
    idea = "Your code never came to its end. What does it wait for, or which loop has no end?"
    return Stopped(f"stopped after {checks.SECONDS} seconds", idea, call)


def with_idea(error, ideas):
    """Return `error` (Stopped) with the first of the `ideas` that fits its text, if any."""
    for pattern, idea in ideas:
        if re.search(pattern, error.details["error"]):
            error.details["idea"] = idea
            break
    return error


async def _awaited(answer, work, args, call):
    try:
        async with asyncio.timeout(checks.SECONDS) as limit:
            work.started()
            return await made_plan(answer, args, call)
    except Exception as error:
        if isinstance(error, Wrong | Stopped | checks.NotStarted):
            raise
        if limit.expired():
            raise out_of_time(call) from None
        raise stopped(error, answer, call) from None
    finally:
        work.release.set()


def made_plan(answer, args, call):
    """Return the coroutine that `answer(*args)` gives. Raises NotStarted, Wrong, Stopped."""
    plan = attempt(answer, *args)
    if not inspect.isawaitable(plan):
        raise Wrong("a function without async.", "Begin it with `async def`.", call=call)
    return plan


def judge_calls(got, questions, work, call):
    """Raise Wrong if there are answers, but `work` was not asked each of the `questions`."""
    if isinstance(got, list | tuple) and not any(map(inspect.isawaitable, got)) and len(work.calls) < len(questions):
        looks = f"{len(questions)} questions, of which `work` was asked {len(work.calls) or 'none'}."
        raise Wrong(looks, "Ask the parameter `work`, not another function.", call=call, got=readable(got))


def judge_turns(work, call):
    """Raise Wrong if the loop stood still while the work was done."""
    if work.in_loop:
        idea = "It ran in the loop's own thread, and nobody else had a turn. asyncio.to_thread gives it another thread."
        raise Wrong("work that holds the loop.", idea, call=call)
    if work.starved:
        idea = "work had a thread, but the loop stood still and waited for it. Await it instead."
        raise Wrong("a wait that blocks.", idea, call=call)
    if work.alone:
        idea = "Begin all of it before you await the first result."
        raise Wrong("one after the other.", idea, call=call)


def judge_results(got, wanted, work, call):
    """Raise Wrong unless `got` is the list `wanted` of answers."""
    if inspect.isawaitable(got):
        close([got])
        raise Wrong("a plan where the answers belong.", "Put `await` before the call that makes it.", call=call)
    got = list(got) if isinstance(got, tuple) else got
    must_be(list, got, call, "It holds one answer for each question.")
    if any(inspect.isawaitable(item) for item in got):
        close(got)
        raise Wrong("plans where the answers belong.", "A coroutine is only a plan, a task only a promise: await it.")
    if got == wanted:
        return
    looks, idea = "something other than the answers.", "Return what work(question) returned, for each question."
    if None in got:
        looks, idea = "None where an answer belongs.", "Return what work gave you."
    elif sorted(map(str, got)) == sorted(wanted):
        looks, idea = "the answers in another order.", "The first answer belongs to the first question."
    elif len(got) != len(wanted):
        looks = f"{len(got)} answers to {len(wanted)} questions."
    elif len(set(map(str, got))) < len(got):
        looks, idea = "the same answer twice.", "Each question has its own. Which name stands there twice?"
    raise Wrong(looks, idea, call=call, expected=wanted, got=readable(got))


def close(items):
    """Close the coroutines among `items`, and look at the futures, so that nobody warns that they were forgotten."""
    for item in items:
        if inspect.iscoroutine(item):
            item.close()
        elif asyncio.isfuture(item) and item.done() and not item.cancelled():
            item.exception()


# ---------------------------------------------------------------- in the lesson


@task(
    "06.a",
    "two threads at once",
    hints=(
        "to_thread wants a function, then its argument. What does the first line have, and what does the second need?",
        "Both lines do the same work, each with a question of its own.",
        "The blanks, in order: first, work, second.",
    ),
)
def two_at_once(answer):
    work, call = Work(together=2), "await answers(work, 'tea', 'milk')"
    got = awaited(answer, work, (work, "tea", "milk"), call)
    if len(work.calls) == 2 and len(set(work.calls)) == 1:
        raise Wrong("the same question twice.", "One thread has `first`, the other `second`.", call=call)
    judge_calls(got, ("tea", "milk"), work, call)
    judge_turns(work, call)
    judge_results(got, [answer_to("tea"), answer_to("milk")], work, call)


@task(
    "06.b",
    "an answer in time",
    hints=(
        "Two things around one call: a thread, so that the loop goes on, and a time-out.",
        "Await asyncio.to_thread(work, question) inside `async with asyncio.timeout(seconds):`. "
        "A time-out that is over raises TimeoutError.",
        "try: async with asyncio.timeout(seconds): return await asyncio.to_thread(work, question). "
        "except TimeoutError: return None.",
    ),
)
def in_time(answer):
    work, call = Work(), "await answer_in_time(work, 'tea', 60)"
    got = awaited(answer, work, (work, "tea", 60), call)
    if inspect.isawaitable(got):
        close([got])
        raise Wrong("a plan where the answer belongs.", "Put `await` before asyncio.to_thread.", call=call)
    judge_turns(work, call)
    if not work.calls:
        raise Wrong("work that is never done.", "asyncio.to_thread(work, question) does it, once it is awaited.")
    if got is None:
        raise Wrong("a function without a return.", "Here the answer is there in time: return it.", call=call)
    if got != answer_to("tea"):
        idea = "Return what work(question) returned."
        raise Wrong("something other than the answer.", idea, call=call, expected=answer_to("tea"), got=readable(got))
    judge_late(answer)
    judge_error(answer)


def judge_late(answer):
    """Raise Wrong unless the answer gives up when the work takes too long."""
    work, call = Work(hangs=True), "await answer_in_time(work, 'tea', 0.2), where work takes longer"
    got = awaited(answer, work, (work, "tea", 0.2), call)
    if got == answer_to("tea"):
        idea = "It waited for the work to its end. Put a time-out of `seconds` around the await."
        raise Wrong("no time-out.", idea, call=call, expected=None, got=got)
    if got is not None:
        raise Wrong("something other than None.", "Too late means None.", call=call, expected=None, got=readable(got))
    if not any(0 < seconds < 0.21 for seconds in work.timers):
        raise Wrong("a time-out that does not look at `seconds`.", "Give up after the time that the caller says.")


def judge_error(answer):
    """Raise Wrong unless an error of the work goes up to the caller."""
    work = Work(error=ValueError("no milk"))
    call = "await answer_in_time(work, 'tea', 60), where work raises ValueError"
    try:
        awaited(answer, work, (work, "tea", 60), call)
    except Stopped as error:
        if error.details["error"] == "ValueError: no milk":
            return
        raise
    idea = "Whoever asked should learn of it. Catch TimeoutError, and nothing else."
    raise Wrong("an error that is swallowed.", idea, call=call)


# ---------------------------------------------------------------- 06.1


LINES = (
    # (right letter, {wrong letter: what it looks like}, idea)
    (
        "A",
        {"C": "a read that blocks, taken for one that waits for others.", "B": "a sleep taken for work."},
        "There is no await. The operating system lets the whole thread sleep, and the loop with it.",
    ),
    (
        "C",
        {"A": "a sleep that is awaited, taken for one that blocks.", "D": "a wait taken for work."},
        "await hands the turn on, and the loop wakes this coroutine once, by its clock.",
    ),
    (
        "D",
        {"C": "a poll without a delay, taken for free.", "A": "an await taken for a call that blocks."},
        "It hands the turn on, yes. But how soon does it come back, and how often?",
    ),
    (
        "B",
        {"A": "a loop that works hard, taken for a sleep.", "D": "a loop without await, taken for a polite one."},
        "Where is the await? And does the CPU rest in this loop?",
    ),
    (
        "C",
        {"A": "a thread taken for a call that blocks.", "D": "a sleep in a thread, taken for work."},
        "slow has another thread, and sleeps there. The loop goes on.",
    ),
    (
        "A",
        {"C": "a task taken for a thread.", "D": "a task taken for a thread."},
        "A task has turns of the same loop. call has no await inside: it keeps its turn, and sleeps in it.",
    ),
)


@task(
    "06.1",
    "who is stopped?",
    hints=(
        "Ask two questions of each line. Is there an await that hands the turn on? Does the CPU rest meanwhile?",
        "No await, or an await of code that has none inside: A or B. Only lines 3 and 4 keep the CPU busy.",
        "Lines 1 and 6 sleep and stop the others. Lines 2 and 5 stop nobody. Line 3 is polite and busy, line 4 "
        "neither polite nor at rest.",
    ),
)
def judge_lines(answer):
    letters = [letter for letter in str(answer).upper() if letter.isalpha()]
    if not isinstance(answer, str | list | tuple) or not letters or not set(letters) <= set("ABCD"):
        idea = "Write one of A to D for each line, such as 'DCBADC'."
        raise Wrong("an answer that is not made of the letters A to D.", idea, got=readable(answer))
    if len(letters) != len(LINES):
        idea = "Six lines, so six letters. A letter may be used twice, or not at all."
        raise Wrong(f"{len(letters)} letters instead of six.", idea, got=answer)
    for number, (given, (right, slips, idea)) in enumerate(zip(letters, LINES, strict=True), 1):
        if given != right:
            raise Wrong(slips.get(given, f"another verdict on line {number}."), f"Line {number}: {idea}", got=answer)


# ---------------------------------------------------------------- 06.2


PARSONS = {
    "A": "        selector.register(sock, selectors.EVENT_READ)",
    "B": "    return [key.fileobj for key, events in found]",
    "C": "    for sock in socks:",
    "D": "    selector = selectors.DefaultSelector()",
    "E": "        sock.recv(1)",
    "F": "def ready(socks, seconds):",
    "G": "    selector.close()",
    "H": "    found = selector.select(seconds)",
}


@task(
    "06.2",
    "put the lines in order",
    hints=(
        "What must exist before a socket can be registered? And what must be known before select is of any use?",
        "Make the selector, register each socket, ask it, close it, hand out what it found. Nobody reads here.",
        "F D C A, then ask, then G, then B. Line E would take a byte away, or block.",
    ),
)
def put_in_order(answer):
    letters = letters_in_order(answer, PARSONS)
    if "E" in letters:
        idea = "ready only tells. It takes no byte from a socket, and a read of a silent one would block."
        raise Wrong("a socket that is read.", idea, got=answer)
    for letter, what in (("H", "asks"), ("C", "goes through the sockets"), ("A", "registers"), ("B", "returns")):
        if letter not in letters:
            raise Wrong("a line too few.", f"Which line {what}?", got=answer)
    try:
        scope = {"selectors": selectors}
        exec("\n".join(PARSONS[letter] for letter in letters), scope)
    except SyntaxError:
        idea = "The line with eight spaces belongs directly under the `for`."
        raise Wrong("a line in the wrong place under `for`.", idea, got=answer) from None
    for talking in ([1], [], [0, 2]):
        judge_order(scope["ready"], talking, letters)


def judge_order(ready, talking, letters):
    """Raise Wrong unless `ready` finds the sockets whose numbers are in `talking`."""
    pairs = [socket.socketpair() for _ in range(3)]
    socks = [near for near, _ in pairs]
    call = f"ready(socks, 0.05), where {len(talking) or 'none'} of three sockets has news"
    try:
        for number in talking:
            pairs[number][1].send(b"news")
        found = attempt(ready, socks, 0.05)
    except Stopped as error:
        raise Wrong(*order_crash(error.details["error"]), call=call) from None
    finally:
        for pair in pairs:
            for sock in pair:
                sock.close()
    if found is None:
        raise Wrong("a function without a return.", "Which line hands out what was found?", call=call)
    numbers = sorted(socks.index(sock) for sock in found)
    if numbers != talking:
        idea = "select sees only what was registered before it was asked."
        raise Wrong("a question that comes too early.", idea, call=call, expected=talking, got=numbers)
    if letters[-1] != "B":
        raise Wrong("code after the return.", "The lines after a return never run.", call=call)
    if "G" not in letters:
        idea = "It holds something of the operating system. Which line gives it back?"
        raise Wrong("a selector that stays open.", idea, got="".join(letters))


def order_crash(error):
    """Return (looks, idea) for an exception of the lines in a wrong order."""
    if "'selector'" in error:
        return "a line that uses the selector before there is one.", "Which line makes it?"
    if "'found'" in error:
        return "a return before the question.", "Which line asks which sockets are ready?"
    if "'sock'" in error:
        return "a line that uses `sock` outside of the `for`.", "Which line belongs under the `for`?"
    return "a selector that is asked after it was closed.", "Close it when you have its answer."


# ---------------------------------------------------------------- 06.3


class _QuickSelector(selectors.DefaultSelector):
    """Never waits for a timer: moves the clock instead."""

    now = 0.0

    def select(self, timeout=None):
        found = super().select(0 if timeout is not None else PATIENCE)
        if not found and timeout:
            self.now += timeout
        return found


class _QuickLoop(asyncio.SelectorEventLoop):
    """An event loop in which a sleep takes no time, but moves its clock."""

    def __init__(self):
        self._quick = _QuickSelector()
        super().__init__(self._quick)

    def time(self):
        return self._quick.now


class Scripted:
    """A socket in non-blocking mode whose bytes come by the clock of the loop.

    pieces: [(seconds, bytes)], when each comes; b"" is the end. looks: when recv was called, to a microsecond.
    """

    def __init__(self, name, pieces):
        self.name, self.looks = name, []
        self.at_once = self.after_end = 0  # looks since time moved; looks after the end
        self._left, self._here, self._ended = list(pieces), b"", False

    def __repr__(self):
        return self.name

    def recv(self, size):
        now = moment()
        self.at_once = self.at_once + 1 if now in self.looks[-1:] else 0
        self.looks.append(now)
        self.after_end += self._ended
        if self.at_once > MOST_AT_ONCE or self.after_end > MOST_AT_ONCE:
            raise TooOften()
        while self._left and self._left[0][1] and self._left[0][0] <= now:
            self._here += self._left.pop(0)[1]
        if self._here:
            data, self._here = self._here[:size], self._here[size:]
            return data
        self._ended = self._ended or self._left[0][0] <= now
        if self._ended:
            return b""
        raise BlockingIOError("nothing has come")


def moment():
    """Return the time by the clock of the loop, to a microsecond."""
    return round(asyncio.get_running_loop().time(), 6)


MOST_AT_ONCE = 30
CLOSE = 5e-6  # seconds: times that differ by less are the same

POLL_CRASHES = (
    ("BlockingIOError", "Nothing had come, and recv says so with BlockingIOError. Catch it, and go on."),
    ("Invalid file object|has no attribute '(fileno|setblocking)'", "Here, only look: call sock.recv(4096)."),
    ("changed size during iteration", "You change what the for loop goes through. Go through list(...) of it."),
    ("receive\\(\\) (takes|missing)", "receive takes the socket and the bytes: receive(sock, data)."),
    ("ValueError: list.remove|KeyError", "This socket was taken out of the list before."),
    ("'NoneType' object can't be awaited|can't be used in 'await'", "What does this line await? receive is no plan."),
    ("'coroutine' object", "asyncio.sleep only makes a plan. Put `await` before it."),
)


def scripts():
    """Return [(delay, [pieces of a socket, ...])]."""
    end = b""
    fixed = [
        (0.02, [[(0.0, b"one"), (0.05, b"two"), (0.07, end)]]),
        (0.02, [[(0.25, b"late"), (0.3, end)], [(0.0, b"news"), (0.11, b"more"), (0.13, end)]]),
        (0.01, [[(0.0, end)], [(0.0, b"a"), (0.02, end)], [(0.0, b"b"), (0.055, b"c"), (0.08, end)]]),
    ]
    choose = random.Random(6)
    for _ in range(5):
        socks = []
        for _ in range(choose.randrange(1, 5)):
            moments = sorted(choose.uniform(0, 1) for _ in range(choose.randrange(1, 6)))
            socks.append([*((at, b"%d" % number) for number, at in enumerate(moments)), (moments[-1] + 0.1, end)])
        fixed.append((choose.choice((0.005, 0.03, 0.1)), socks))
    return fixed


@task(
    "06.3",
    "poll several sockets",
    hints=(
        "One round: look at each socket that is still open. Then one sleep, for all of them. Then the next round.",
        "Keep a list of the open sockets. In a round, try sock.recv(4096); on BlockingIOError go on to the next "
        "socket; on b'' take it out of the list.",
        "open_socks = list(socks). while open_socks: for sock in list(open_socks): try: data = sock.recv(4096), "
        "except BlockingIOError: continue. if data: receive(sock, data), else: open_socks.remove(sock). "
        "After the for: await asyncio.sleep(delay).",
    ),
)
def poll_several(answer):
    for delay, pieces in scripts():
        socks = [Scripted(f"socket_{number}", script) for number, script in enumerate(pieces)]
        call = f"await poll_all({socks}, {delay}, receive)"
        received, start = [], time.perf_counter()
        try:
            result = quickly(_polled, answer, socks, delay, received, call)
        except TooOften:
            raise Wrong(*endless_poll(socks, delay, time.perf_counter() - start), call=call) from None
        except TimeoutError:
            raise out_of_time(call) from None
        except Stopped as error:
            raise with_idea(error, POLL_CRASHES) from None
        if inspect.iscoroutine(result):
            result.close()
            raise Wrong("a plan that nobody carries out.", "Put `await` before the call that makes it.", call=call)
        judge_poll(socks, pieces, delay, received, call)


def quickly(coroutine_function, *args):
    """As in_own_loop, but in a loop in which a sleep takes no time."""
    found = []

    def run():
        with asyncio.Runner(loop_factory=_QuickLoop) as runner:
            found.append(runner.run(coroutine_function(*args)))
        return asyncio.sleep(0)  # there is nothing left for in_own_loop to carry out

    in_own_loop(run)
    return found[0]


async def _polled(answer, socks, delay, received, call):
    def receive(sock, data):
        received.append((sock, data))

    receive.__qualname__ = "receive"
    try:
        return await made_plan(answer, (list(socks), delay, receive), call)
    except Exception as error:
        if isinstance(error, Wrong | Stopped | checks.NotStarted):
            raise
        raise stopped(error, answer, call) from None


def endless_poll(socks, delay, seconds):
    """Return (looks, idea) for an answer that looked without end."""
    if any(sock.after_end > MOST_AT_ONCE for sock in socks):
        return "a socket that is read again after its end.", "b'' is the end, for good. Look at it no more."
    if seconds > MOST_AT_ONCE * delay / 2:
        return "a sleep that blocks.", "time.sleep stops everyone. Await a sleep that belongs to asyncio."
    return "a poll without a sleep.", "It looks again and again at the same moment. Await a sleep in each round."


def judge_poll(socks, pieces, delay, received, call):
    """Raise Wrong unless what was received, and when each socket was looked at, fits a poll every `delay` seconds."""
    if any(data == b"" for _, data in received):
        raise Wrong("an end handed to receive.", "b'' is no message: it says that the connection ended.", call=call)
    for sock, script in zip(socks, pieces, strict=True):
        wanted = b"".join(data for _, data in script)
        try:
            got = b"".join(data for other, data in received if other is sock)
        except TypeError:
            raise Wrong(
                "something other than bytes.", "receive(sock, data): the bytes come second.", call=call
            ) from None
        shown = {"call": call, "expected": wanted, "got": got}
        if wanted.startswith(got) and got != wanted:
            idea = "Go on until every socket has ended, and hand each piece to receive(sock, data)."
            raise Wrong("messages that were never received.", idea, **shown)
        if got != wanted:
            idea = "Hand each piece to receive once, with the socket that it came from."
            if len(got) > len(wanted):
                idea += " When nothing has come, `data` still holds what came before: `continue` with the next socket."
            raise Wrong("other messages than those that came.", idea, **shown)
        if sock.after_end:
            idea = "b'' is the end, for good. Look at it no more."
            raise Wrong("a socket that is read again after its end.", idea, call=call)
    judge_rounds(socks, delay, call)


def judge_rounds(socks, delay, call):
    """Raise Wrong unless every open socket is looked at every `delay` seconds."""
    moments = sorted({look for sock in socks for look in sock.looks})
    odd = odd_gap(moments, delay)
    if odd:
        shown = {"call": call, "expected": delay, "got": round(odd, 6)}
        if abs(odd - delay / 1000) < CLOSE or abs(odd - delay * 1000) < CLOSE:
            idea = "`delay` is in seconds, as asyncio.sleep wants it."
            raise Wrong("milliseconds and seconds mixed up.", idea, **shown)
        raise Wrong("another delay.", "The time between two rounds is not `delay`.", **shown)
    if any(len(early.looks) > 1 and early.looks[-1] < late.looks[0] for early in socks for late in socks):
        idea = "The second socket had to wait for the end of the first. A round looks at all that are open."
        raise Wrong("one socket after the other.", idea, call=call)
    if not any(odd_gap(sorted(set(sock.looks)), delay) for sock in socks):
        return
    shared = [now for now in moments if sum(sock.looks[0] <= now <= sock.looks[-1] for sock in socks) > 1]
    alone = [now for now in shared if sum(now in sock.looks for sock in socks) == 1]
    if 2 * len(alone) >= len(shared):
        raise Wrong(
            "a sleep for each socket.", "The more sockets, the later. Sleep once, after all of them.", call=call
        )
    idea = "Does each round look at every open socket? A for loop skips one if you remove from its list."
    raise Wrong("a look that is left out.", idea, call=call)


def odd_gap(moments, delay):
    """Return the first time between two of the `moments` that is not `delay`, or 0."""
    gaps = [late - early for early, late in zip(moments, moments[1:], strict=False)]
    return next((gap for gap in gaps if abs(gap - delay) > CLOSE), 0)


# ---------------------------------------------------------------- 06.4, 06.6


class Spy(socket.socket):
    """A socket that counts the reads which find nothing. A read that would block for long raises TimeoutError."""

    def watch(self, name):
        self.name, self.got = name, 0
        self.vain = self.ends = 0
        self.blocked = False
        self.settimeout(PATIENCE)
        return self

    def __repr__(self):
        return self.name

    def recv(self, *args):
        try:
            data = super().recv(*args)
        except TimeoutError:
            self.blocked = True
            raise
        except BlockingIOError:
            self.vain += 1
            if self.vain > MOST_IN_VAIN:
                raise TooOften() from None
            raise
        self.got += 1
        if not data:
            self.ends += 1
            if self.ends > MOST_AT_ONCE:
                raise TooOften()
        return data


MOST_IN_VAIN = 200
PAUSE = 0.2  # seconds before the message for which a poll would look in vain
MOST_CPU = 0.02  # seconds, during the PAUSE; waiting in select takes next to none


class Relay:
    """Sockets of which each message comes only after the one before was read.

    steps: [(number of the socket, bytes)]; b"" ends its connection. One comes after a PAUSE.
    received: what took() was told of. cpu: seconds of CPU time that went by during the PAUSE.
    """

    def __init__(self, steps):
        count = 1 + max(number for number, _ in steps)
        pairs = [socket.socketpair() for _ in range(count)]
        self.socks = [Spy(fileno=near.detach()).watch(f"socket_{number}") for number, (near, _) in enumerate(pairs)]
        self._far = [far for _, far in pairs]
        self.steps, self._left = steps, list(steps)
        self.received, self._timer, self.cpu = [], None, 0.0

    def __enter__(self):
        self.go_on()
        return self

    def __exit__(self, *error):
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        for sock in (*self.socks, *self._far):
            sock.close()

    @property
    def wanted(self):
        return [(self.socks[number], data) for number, data in self.steps if data]

    def took(self, sock, data):
        """Note that `data` was read from `sock`, and let the next message come."""
        self.received.append((sock, data))
        if len(self.received) == 4:
            self.cpu += time.thread_time()
        if len(self.received) == 3:
            self.cpu -= time.thread_time()
            self._timer = threading.Timer(PAUSE, self.go_on)
            self._timer.start()
        else:
            self.go_on()

    def go_on(self):
        while self._left:
            number, data = self._left.pop(0)
            if data:
                self._far[number].send(data)
                return
            self._far[number].shutdown(socket.SHUT_WR)

    @property
    def blocked(self):
        return next((sock for sock in self.socks if sock.blocked), None)


STEPS = (
    [(0, b"one"), (0, b"two"), (0, b"three"), (0, b"four"), (0, b"")],
    [(1, b"one"), (0, b"two"), (1, b"three"), (2, b"four"), (1, b""), (0, b"five"), (0, b""), (2, b"six"), (2, b"")],
)

READ_CRASHES = (
    (
        "stopped after",
        "It waits for ever, or never leaves a loop. Is every socket registered, and every ended one not?",
    ),
    ("TimeoutError|timed out", "A read blocked: nothing had come on this socket. Read only what select says is ready."),
    ("receive\\(\\) (takes|missing)|took\\(\\)", "receive takes the socket and the bytes: receive(sock, data)."),
    ("'SelectorKey' object has no attribute 'recv'", "select gives pairs (key, events). The socket is key.fileobj."),
    ("'tuple' object has no attribute", "select gives pairs (key, events). The socket is key.fileobj."),
    ("is not registered|is already registered|KeyError", "Each socket is registered once, and taken out once."),
    ("Invalid file|file descriptor|Bad file|I/O operation", "A socket must leave the selector before it is closed."),
    ("changed size during iteration", "You change what the for loop goes through."),
)


@task(
    "06.4",
    "wait for readiness",
    hints=(
        "Register all sockets. Then again and again: ask which are ready, and read each of them once.",
        "key.fileobj is the socket. When recv gives b'', unregister it. selector.get_map() is empty when none is left.",
        "with selectors.DefaultSelector() as selector: register each. while selector.get_map(): for key, _ in "
        "selector.select(): data = key.fileobj.recv(4096). if data: receive(key.fileobj, data), "
        "else: selector.unregister(key.fileobj).",
    ),
)
def wait_for_readiness(answer):
    for steps in STEPS:
        with Relay(steps) as relay:
            call = f"read_all({relay.socks}, receive)"

            def receive(sock, data, relay=relay):
                relay.took(sock, data)

            receive.__qualname__ = "receive"
            try:
                plain(attempt_with(READ_CRASHES, answer, list(relay.socks), receive), call)
            except TooOften:
                raise Wrong(*endless_read(relay), call=call) from None
            except Stopped as error:
                error.details["call"] = call
                if relay.blocked:
                    raise Wrong(*blocked_read(relay.blocked), call=call) from None
                raise
            judge_read(relay, call)


def plain(result, call):
    """Raise Wrong if `result` is a coroutine: a plain function was to be written."""
    if inspect.iscoroutine(result):
        result.close()
        raise Wrong("`async def` instead of `def`.", "Here nobody awaits: write a plain function.", call=call)


def endless_read(relay):
    """Return (looks, idea) for an answer that read without end."""
    if any(sock.ends > MOST_AT_ONCE for sock in relay.socks):
        idea = "An ended socket is ready for ever: recv gives b'' at once, each time. Unregister it."
        return "a socket that is read again after its end.", idea
    return A_POLL


A_POLL = "a poll.", "Many looks found nothing. select sleeps until a socket is ready: read that one."


def blocked_read(sock):
    """Return (looks, idea) for an answer that hung in a read of `sock`."""
    if sock.got:
        return (
            "a second read without asking again.",
            f"{sock} was ready once. Ready promises one recv: the next one may block. Ask select again.",
        )
    return "a read that blocks.", f"Nothing had come on {sock}, but on another. Read only what select says is ready."


def judge_read(relay, call):
    """Raise Wrong unless all messages were received, and waited for in select."""
    if relay.blocked:
        raise Wrong(*blocked_read(relay.blocked), call=call)
    if any(data == b"" for _, data in relay.received):
        raise Wrong("an end handed to receive.", "b'' is no message: it says that the connection ended.", call=call)
    if relay.received != relay.wanted:
        wanted, got = ([data for _, data in pairs] for pairs in (relay.wanted, relay.received))
        if not all(isinstance(data, bytes) for data in got):
            raise Wrong("something other than bytes.", "receive(sock, data): the bytes come second.", call=call)
        if not sum(sock.got for sock in relay.socks):
            raise Wrong("sockets that are never read.", "key.fileobj.recv(4096) reads one that is ready.", call=call)
        shown = {"call": call, "expected": wanted, "got": got}
        if got == wanted[: len(got)] and got != wanted:
            idea = "Go on until every socket has ended, not only the first."
            raise Wrong("messages that were never received.", idea, **shown)
        idea = "Hand each piece to receive once, with the socket that it came from."
        raise Wrong("other messages than those that came.", idea, **shown)
    if sum(sock.vain for sock in relay.socks) > len(relay.steps):
        raise Wrong(*A_POLL, call=call)
    if relay.cpu > MOST_CPU:
        idea = "It asks again and again, and never sleeps. select() without a 0 waits."
        raise Wrong("a select that does not wait.", idea, call=call)
    unread = [sock for sock in relay.socks if not sock.ends]
    if unread:
        raise Wrong("a return before the end.", f"{unread[0]} has not ended yet. Read until recv gives b''.", call=call)


# ---------------------------------------------------------------- 06.5


@task(
    "06.5",
    "mend a loop that stands still",
    hints=(
        "gather begins all the plans. But which of them hands its turn on before it is done?",
        "answer has no await inside, so each keeps the loop until its work is done. Give the work a thread.",
        "return await asyncio.gather(*[asyncio.to_thread(work, question) for question in questions])",
    ),
)
def mend(answer):
    for questions in (["tea", "milk", "sugar"], ["tea"], []):
        work, call = Work(together=max(1, len(questions))), f"await answer_all({questions}, work)"
        got = awaited(answer, work, (list(questions), work), call)
        if not inspect.isawaitable(got):
            judge_calls(got, questions, work, call)
            judge_turns(work, call)
        judge_results(got, [answer_to(question) for question in questions], work, call)


# ---------------------------------------------------------------- 06.6


RUN_CRASHES = (
    (
        "stopped after",
        "It waits for ever, or never leaves a loop. A socket is registered only while a job waits for it.",
    ),
    ("StopIteration", "next(job) raises StopIteration when the job is done. Catch it: one job less."),
    (
        "is already registered|KeyError|is not registered",
        "A socket is in the selector only while a job waits for it. Take it out before the job goes on.",
    ),
    ("Invalid file", "What a job yields is the socket that it waits for. Register that, not the job."),
    ("'NoneType'|can't send non-None", "next(job) starts a job, or lets it go on, up to its next yield."),
    ("TimeoutError|timed out", "A job went on before its socket was ready, and its read blocked."),
)


@task(
    "06.6",
    "write an event loop (optional)",
    hints=(
        "next(job) runs a job up to its next yield, and gives the socket that it waits for. Who calls next, and when?",
        "Start each job with next, and register its socket with the job as data: selector.register(sock, "
        "selectors.EVENT_READ, job). When the socket is ready: unregister it, and let key.data go on.",
        "def go_on(job): try: selector.register(next(job), selectors.EVENT_READ, job), except StopIteration: pass. "
        "Call it for each job. while selector.get_map(): for key, _ in selector.select(): "
        "selector.unregister(key.fileobj), go_on(key.data).",
    ),
)
def write_a_loop(answer):
    moves = [(1, b"one"), (0, b"two"), (1, b"three"), (0, b"four"), (2, b"five"), (0, b"six")]
    for plan in ({0: [0, 0, 0], 1: [1, 1], 2: [2]}, {0: [1, 0, 1, 0, 2, 0]}, {0: [1, 1, 2], 1: [0, 0, 0], 2: []}):
        with Relay(moves) as relay:
            jobs = [reading(relay, numbers) for numbers in plan.values()]
            call = f"run({[f'job_{number}' for number in plan]})"
            try:
                plain(attempt_with(RUN_CRASHES, answer, jobs), call)
            except Stopped as error:
                error.details["call"] = call
                error.details["error"] = error.details["error"].removesuffix(": ")  # StopIteration says no more
                if relay.blocked:
                    raise Wrong(*blocked_job(relay), call=call) from None
                raise
            if relay.received != relay.wanted:
                raise Wrong(*left_job(relay), call=call)
            if relay.cpu > MOST_CPU:
                raise Wrong("a select that does not wait.", "select() without a 0 sleeps until a socket is ready.")
            if any(job.gi_frame is not None for job in jobs):
                raise Wrong("a job that is not done.", "Let each job go on until next raises StopIteration.", call=call)


def reading(relay, numbers):
    """A job that reads the sockets with these numbers, one after the other."""
    for number in numbers:
        yield relay.socks[number]
        relay.took(relay.socks[number], relay.socks[number].recv(100))


def blocked_job(relay):
    """Return (looks, idea) for a loop under which a job hung in its read."""
    idea = f"A job waited for {relay.blocked}, and went on before it was ready. Call next when its socket is ready."
    return "a job that goes on too early.", idea


def left_job(relay):
    """Return (looks, idea) for a loop that returned too early."""
    if not relay.received:
        return "jobs that never go on.", "next(job) starts one, and after each wait lets it go on. Who waits for what?"
    return "a loop that ends before its jobs.", "Go on while any job waits for a socket."

"""The tasks of the exercise of lesson 16, Beyond one process. None of them needs Redis."""

import asyncio
import inspect

from ..checks import NotStarted, Wrong, attempt, call_text, task
from ..judging import attempt_with, must_be, readable

# ---------------------------------------------------------------- 16.1

PEOPLE = ["Ada", "Al", "Bob"]  # Ada and Al are on server A, Bob is on B
HEARD = {
    "two chat servers, no hub": ["Ada", "Al"],
    "a LocalHub in each process": ["Ada", "Al"],
    "both servers on one Redis": ["Ada", "Al", "Bob"],
    "B has lost Redis, A has not": ["Ada", "Al"],
    "Redis was killed": [],
}

# situation, wrong names: (looks, idea)
HEARD_IDEAS = {
    ("two chat servers, no hub", ("Ada", "Al", "Bob")): (
        "one list of members for two processes.",
        "It is the same program, but each process has a memory of its own.",
    ),
    ("a LocalHub in each process", ("Ada", "Al", "Bob")): (
        "a hub that joins two processes by its name.",
        "A LocalHub is an object in the memory of one process. The other has another one.",
    ),
    ("both servers on one Redis", ("Ada", "Al")): (
        "a message that stays in its process.",
        "A publishes it through Redis, and B has subscribed there.",
    ),
    ("both servers on one Redis", ("Bob",)): (
        "a message for the other server only.",
        "A has subscribed to the room, too: its own members hear it by the same way.",
    ),
    ("B has lost Redis, A has not", ("Ada", "Al", "Bob")): (
        "a hub that waits for those who are away.",
        "It delivers at most once. Bob will see a gap, when the next message reaches him.",
    ),
    ("B has lost Redis, A has not", ()): (
        "a hub that works for all, or for nobody.",
        "A still reaches Redis, and has subscribed there.",
    ),
    ("Redis was killed", ("Ada", "Al")): (
        "a server that tells its own members first.",
        "listen only publishes. What the hub does not bring, nobody hears.",
    ),
    ("Redis was killed", ("Ada",)): (
        "a speaker who hears herself.",
        "She gets an error. Her words would come back through the hub, as to all others.",
    ),
    ("Redis was killed", ("Ada", "Al", "Bob")): (
        "a message that needs no hub.",
        "The connections stay open, but what is said goes through Redis.",
    ),
}


@task(
    "16.1",
    "who hears it?",
    hints=(
        "Follow the message: from Ada to her server, from there to the hub, and from the hub to whom?",
        "Without a common hub, it stays in the process of A. With one, it goes to each server that has subscribed now.",
        "Twice Ada and Al, then all three, then Ada and Al again, and at the end nobody: [].",
    ),
)
def who_hears_it(answer):
    if not isinstance(answer, dict):
        raise Wrong(
            f"{type(answer).__name__} instead of the dict.", "Fill in the dots of `heard`.", got=readable(answer)
        )
    if any(answer.get(situation, ...) is ... for situation in HEARD):
        raise NotStarted()
    for situation, right in HEARD.items():
        call = f"heard[{situation!r}]"
        names = _names(answer[situation], call)
        if names != right:
            idea = "Who is on A, who is on B, and what joins them?"
            looks, idea = HEARD_IDEAS.get((situation, tuple(names)), ("other people.", idea))
            if right == ["Ada", *names]:
                looks, idea = "a speaker who is left out.", "The chat tells all members, also who said it: so Ada, too."
            raise Wrong(looks, idea, call=call, got=names)


def _names(value, call):
    """Return the list of people in an answer, in the order of PEOPLE. Raises Wrong for anything else."""
    if not isinstance(value, list | tuple | set):
        idea = 'Write a list, such as ["Ada", "Bob"]; [] is nobody.'
        raise Wrong(f"{type(value).__name__} instead of a list of names.", idea, call=call, got=readable(value))
    known = {name.casefold(): name for name in PEOPLE}
    odd = [name for name in value if not isinstance(name, str) or name.strip().casefold() not in known]
    if odd:
        raise Wrong("somebody who is not there.", "There are Ada, Al and Bob.", call=call, got=readable(value))
    found = {known[name.strip().casefold()] for name in value}
    return [name for name in PEOPLE if name in found]


# ---------------------------------------------------------------- 16.2

# Steps on one hub: (room, message, number due). Before, "tea" has stood at 6 messages, and "milk" at none.
PUBLISHED = (("tea", "hello", 7), ("milk", "hi", 1), ("tea", "again", 8), ("empty", "anybody?", 1), ("milk", "", 2))


@task(
    "16.2",
    "publish",
    hints=(
        "Three steps: the room's next number, then each outbox of the room, then the return.",
        "numbers.get(room, 0) + 1 is the number, and numbers[room] keeps it. outboxes.get(room, ()) are the outboxes. "
        "A full one is left as it is.",
        "number = numbers[room] = numbers.get(room, 0) + 1; then for outbox in outboxes.get(room, ()): if not "
        "outbox.full(): outbox.put_nowait((number, message)); then return number",
    ),
)
def publish(answer):
    numbers, everyone = {"tea": 6}, {"tea 1": 0, "tea 2": 0, "milk 1": 0, "full": 1}
    queues = {name: asyncio.Queue(size) for name, size in everyone.items()}
    queues["full"].put_nowait((6, "before"))
    outboxes = {"tea": [queues["tea 1"], queues["full"], queues["tea 2"]], "milk": [queues["milk 1"]]}
    wanted = {name: [] for name in queues} | {"full": [(6, "before")]}
    for room, message, number in PUBLISHED:
        call = f"publish(numbers, outboxes, {room!r}, {message!r})"
        before = numbers.get(room)
        got = attempt_with(_PUBLISH_CRASHES, answer, numbers, outboxes, room, message)
        for name in wanted:
            if name.startswith(room):
                wanted[name].append((number, message))
        held = {name: list(queue._queue) for name, queue in queues.items()}
        _number(got, call)
        if numbers.get(room) == before:
            raise Wrong("numbers that are not kept.", "The next message has to go on: numbers[room] = ...", call=call)
        if got != number:
            raise Wrong(*_number_misconception(got, number, room), call=call, expected=number, got=got)
        for name in wanted:
            if held[name] != wanted[name]:
                looks, idea = _outbox_misconception(name, held[name], wanted[name], room)
                raise Wrong(looks, idea, call=call, expected=wanted[name], got=held[name])
    if numbers != {"tea": 8, "milk": 2, "empty": 1}:
        idea = "numbers[room] is the last number of each room, also of one without listeners."
        raise Wrong("numbers that are not kept.", idea, expected={"tea": 8, "milk": 2, "empty": 1}, got=numbers)


def _number(got, call):
    """Raise Wrong unless `got` is an int."""
    if inspect.iscoroutine(got):
        got.close()
        raise Wrong("a function with async.", "Nothing in it waits: write `def`, without async.", call=call)
    must_be(int, got, call, "Return the number.")


_PUBLISH_CRASHES = (
    ("^KeyError", "A room may be new: numbers.get(room, 0), and outboxes.get(room, ())."),
    ("^QueueFull", "An outbox may be full: look at outbox.full() first. Its owner will see a gap."),
    ("not iterable", "A room may have no outboxes: outboxes.get(room, ()) is empty then."),
    ("unsupported operand", "A room may be new, and has no number then: numbers.get(room, 0)."),
    ("positional argument", "put_nowait takes one thing: the pair (number, message), in brackets of its own."),
)


def _number_misconception(got, right, room):
    """Return (looks, idea) for a wrong number."""
    if got == right - 1:
        return "the number of the message before.", "Count first: the first message of a room has the number 1."
    if room == "milk" and right == 1:
        return "one count for all rooms.", "Each room counts for itself: numbers[room]."
    if got > right:
        return "a count of deliveries.", "One message, one number, however many listen."
    return "another number.", "The room's last number, and one more. And it has to be kept: numbers[room] = ..."


def _outbox_misconception(name, held, wanted, room):
    """Return (looks, idea) for an outbox that holds something else."""
    if name == "full":
        return "an outbox that loses what it held.", "A full outbox is left as it is: the gap is seen by the numbers."
    if len(held) > len(wanted):
        if not name.startswith(room):
            return "a message in other rooms, too.", "Only the outboxes of this room: outboxes.get(room, ())."
        return "a message that is put in twice.", "Once for each outbox."
    if len(held) < len(wanted):
        if name == "tea 2":
            return "an end at the first full outbox.", "The others still get it: go on with the next."
        return "a message that is not put in.", "outbox.put_nowait((number, message)), for each outbox of the room."
    if not isinstance(held[-1], tuple | list):
        return "a message without its number.", "Put in a pair: (number, message)."
    if tuple(held[-1]) == wanted[-1][::-1]:
        return "a pair the wrong way round.", "First the number, then the message."
    if tuple(held[-1]) == wanted[-1]:
        return "a list where a pair belongs.", "A pair is a tuple: (number, message)."
    return "another pair.", "All listeners of a message get the same number, the one that is returned."


# ---------------------------------------------------------------- 16.3

GAPS = (
    [4, 5, 6],
    [4, 5, 8, 9, 13],
    [],
    [7],
    [1, 3],
    [2, 3, 3, 4],
    [5, 8, 6, 7, 9],
    [10, 4, 12],
)


def right_gaps(numbers):
    """Return the gaps between the numbers that were higher than all before them."""
    found, highest = [], None
    for number in numbers:
        if highest is None or number > highest:
            if highest is not None and number > highest + 1:
                found.append((highest + 1, number - 1))
            highest = number
    return found


@task(
    "16.3",
    "find the gaps",
    hints=(
        "Go through the numbers, and remember the highest so far. When is there a gap before a number?",
        "If number > highest + 1, the gap goes from highest + 1 to number - 1. A number that is not higher than the "
        "highest is passed over.",
        "found, highest = [], None; for number in numbers: if highest is None: highest = number; elif number > "
        "highest: if number > highest + 1: found.append((highest + 1, number - 1)); then highest = number. At the "
        "end: return found",
    ),
)
def find_the_gaps(answer):
    for numbers in GAPS:
        right, given = right_gaps(numbers), list(numbers)
        got = attempt_with(_GAPS_CRASHES, answer, given)
        call = call_text(answer, numbers)
        must_be(list, got, call, "Return a list of pairs.")
        if given != numbers:
            raise Wrong("a list that was changed.", "The list belongs to the caller.", call=call)
        pairs = [tuple(pair) if isinstance(pair, list) else pair for pair in got]
        if pairs != right:
            looks, idea = _gaps_misconception(pairs, right, numbers)
            raise Wrong(looks, idea, call=call, expected=right, got=got)


_GAPS_CRASHES = (
    ("list index out of range", "The list may be empty, or have one number only."),
    ("NoneType", "Before the first number, nothing is the highest. Look at that first."),
    ("empty", "The list may be empty."),
)


def _gaps_misconception(got, right, numbers):
    """Return (looks, idea) for wrong gaps."""
    if any(not isinstance(pair, tuple) or len(pair) != 2 for pair in got):
        missing = [number for first, last in right for number in range(first, last + 1)]
        if got == missing or (not right and got):
            return "single numbers.", "A gap is a pair: the first number that is missing, and the last."
        return "something other than pairs.", "A gap is a pair: the first number that is missing, and the last."
    if got == [(first - 1, last + 1) for first, last in right]:
        return "the numbers beside the gap.", "Those came. The gap begins one later, and ends one earlier."
    if got and not right and len(numbers) == 1:
        return "a newcomer who missed something.", "What came before the first number, nobody can know."
    if any(first > last for first, last in got):
        return "a gap that ends before it begins.", "A number that came before, or twice, is no gap. Compare with >."
    if numbers == sorted(numbers) and any(last < numbers[0] for _, last in got):
        return "a newcomer who missed something.", "What came before the first number, nobody can know."
    if numbers != sorted(numbers):
        if got == _in_order(numbers):
            idea = "Whether a number came late, you do not know at the time. The gap was shown already."
            return "a look at all the numbers at the end.", idea
        idea = "An old number changes nothing: go on from the highest so far."
        return "an old number that is taken for the last one.", idea
    if len(got) < len(right):
        return "too few gaps.", "Go on after the first one."
    return "other gaps.", "Between two numbers that follow one another, all that is missing is one gap."


def _in_order(numbers):
    return right_gaps(sorted(numbers))


# ---------------------------------------------------------------- 16.4


class Hub:
    """The hub of task 4. numbers: {room: last number}. listeners: {room: list of functions(number, message)}."""

    def __init__(self):
        self.numbers, self.listeners = {}, {}

    def __repr__(self):
        return "hub"


@task(
    "16.4",
    "find who loses the listeners",
    hints=(
        "Three faults, one in each of the first three lines. What of two rooms? Of a listener that leaves? Of one that "
        "fails?",
        "The count belongs to the room. Go through a copy of the list. And each call stands in a try of its own.",
        "number = hub.numbers[room] = hub.numbers.get(room, 0) + 1; listeners = hub.listeners.get(room, []); for "
        "listener in list(listeners): try: listener(number, message); except Exception: if listener in listeners: "
        "listeners.remove(listener). Then return number",
    ),
)
def find_who_loses_the_listeners(answer):
    call = "repaired(hub, 'tea', 'hello')"
    for scene in (_rooms, _leaves, _fails, _fails_and_leaves):
        scene(answer, call)


_HUB_CRASHES = (
    ("^KeyError", "A room may be new, or have no listeners: use .get(room, ...) for both dicts."),
    ("^a bug", "A listener raised it. It must not come out: try and except around the call."),
    ("x not in list", "The listener had left by itself before. Look whether it is still in the list."),
    ("no attribute 'number'", "There is hub.numbers, a dict: each room has a count of its own."),
    ("not iterable", "A room may have no listeners: hub.listeners.get(room, [])."),
)


def _published(answer, hub, room, call, due):
    got = attempt_with((("a bug", _HUB_CRASHES[1][1]), *_HUB_CRASHES), answer, hub, room, "hello")
    _number(got, call)
    if got != due:
        looks = "one count for all rooms." if room == "milk" else "another number."
        raise Wrong(looks, "Each room counts for itself: hub.numbers[room].", call=call, expected=due, got=got)


def _rooms(answer, call):
    hub, heard = Hub(), []
    hub.listeners = {"tea": [lambda *item: heard.append(("tea", *item))], "milk": []}
    for room, due in (("tea", 1), ("milk", 1), ("tea", 2), ("nobody", 1)):
        _published(answer, hub, room, call.replace("tea", room), due)
    if heard != [("tea", 1, "hello"), ("tea", 2, "hello")]:
        idea = "Call each listener of the room once: listener(number, message)."
        raise Wrong("listeners that hear something else.", idea, call=call, got=[item[1:] for item in heard])
    if hub.numbers != {"tea": 2, "milk": 1, "nobody": 1}:
        raise Wrong("a count that is not kept.", "hub.numbers[room] is the room's last number.", got=hub.numbers)


def _scene(answer, call, second):
    """Publish to four listeners, of which the second is `second(hub, itself)`; return (who heard it, who is left)."""
    hub, heard = Hub(), []

    def listener(name):
        return lambda number, message: heard.append(name)

    def odd(number, message):
        heard.append("2")
        second(listeners, odd)

    listeners = [listener("1"), odd, listener("3"), listener("4")]
    names = dict(zip(listeners, "1234", strict=True))
    hub.listeners = {"tea": listeners}
    _published(answer, hub, "tea", call, 1)
    return heard, [names[one] for one in hub.listeners.get("tea", ())]


def _leaves(answer, call):
    heard, left = _scene(answer, call, lambda listeners, itself: listeners.remove(itself))
    if sorted(heard) != ["1", "2", "3", "4"]:  # in any order
        idea = "When one leaves, the others move up, and the loop passes over the next. Go through a copy: list(...)."
        raise Wrong("a listener that is passed over.", idea, call=call, expected=list("1234"), got=heard)
    if left != ["1", "3", "4"]:
        idea = "Who leaves while it is called has left. Take out of hub.listeners[room] itself, not of a copy."
        raise Wrong("a listener that cannot leave.", idea, call=call, expected=list("134"), got=left)


def _bug(*_):
    raise ValueError("a bug")


def _fails(answer, call):
    heard, left = _scene(answer, call, _bug)
    if sorted(heard) != ["1", "2", "3", "4"]:  # in any order
        idea = "One that fails must not keep the message from the others: a try for each call, not one for all."
        raise Wrong("a failure that ends the delivery.", idea, call=call, expected=list("1234"), got=heard)
    if left == ["1", "2", "3", "4"]:
        idea = "Take out of hub.listeners[room] who has failed."
        raise Wrong("a listener that stays although it failed.", idea, call=call, expected=list("134"), got=left)
    if left != ["1", "3", "4"]:
        raise Wrong("others that are taken out, too.", "Only who has failed goes.", call=call, got=left)


def _fails_and_leaves(answer, call):
    def second(listeners, itself):
        listeners.remove(itself)
        _bug()

    heard, left = _scene(answer, call, second)
    if sorted(heard) != ["1", "2", "3", "4"] or left != ["1", "3", "4"]:
        idea = "One left by itself, and then failed. Nobody else may suffer from that."
        raise Wrong("a listener that is lost with another.", idea, call=call, expected=list("134"), got=left)


# ---------------------------------------------------------------- 16.5

LOADS = ((4, 1000, 0.5), (2, 1000, 0.5), (1, 10, 1), (8, 4000, 0.25), (5, 100, 2))
PARTS = ("what is said", "what Redis sends", "what each machine sends")


@task(
    "16.5",
    "who sends how much?",
    hints=(
        "One message: how often does it go to Redis, how often does Redis send it, and to how many clients does a "
        "machine pass it on?",
        "It goes to Redis once. Redis sends it to each machine. A machine has clients / machines clients.",
        "total = clients * said; return total, total * machines, total * clients / machines",
    ),
)
def who_sends_how_much(answer):
    for arguments in LOADS:
        machines, clients, said = arguments
        total = clients * said
        right = (total, total * machines, total * clients / machines)
        got = attempt(answer, *arguments)
        call = call_text(answer, *arguments)
        must_be(tuple | list, got, call, "Return the three numbers.")
        if len(got) != 3 or not all(isinstance(part, int | float) for part in got):
            raise Wrong("something other than three numbers.", "return a, b, c", call=call, got=got)
        for part, value, due in zip(PARTS, got, right, strict=True):
            if abs(value - due) > 1e-9 * due:
                looks, idea = _load_misconception(part, value, total, machines, clients)
                raise Wrong(looks, idea, call=f"{call}, {part}", expected=due, got=value)


def _load_misconception(part, value, total, machines, clients):
    """Return (looks, idea) for a wrong load."""
    if part == PARTS[0]:
        return "another number of messages.", "Each client says `said` messages a second."
    if part == PARTS[1]:
        if value == total:
            return "a message that goes to one machine.", "Each machine has subscribed: Redis sends it to all."
        if value == total * clients:
            return "a Redis that knows the clients.", "It knows only those who have subscribed: the machines."
        if value in (total * (machines - 1), total / machines):
            return "a Redis that leaves some machines out.", "Each machine gets each message, also the one it is from."
        return "another number.", "Each message goes once to each machine."
    if value == total * clients:
        return "one machine that serves all clients.", "They are spread over the machines."
    if value in (total, total / machines):
        return "one client for each machine.", "A machine passes each message on to all of its clients."
    if value == total * clients / machines**2:
        return "a machine that passes on its own clients' messages only.", "All messages come to it, through Redis."
    return "another number.", "A machine passes each message on to clients / machines clients."


# ---------------------------------------------------------------- 16.6

HISTORY = [(5, "e"), (6, "f"), (7, "g"), (8, "h")]
SINCE = (
    (HISTORY, 6, ([(7, "g"), (8, "h")], 0)),
    (HISTORY, None, (HISTORY, 0)),
    (HISTORY, 8, ([], 0)),
    (HISTORY, 4, (HISTORY, 0)),
    (HISTORY, 1, (HISTORY, 3)),
    ([], 3, ([], 0)),
    ([], None, ([], 0)),
    (HISTORY, 57, (HISTORY, 0)),
    ([(1, "a")], 0, ([(1, "a")], 0)),
)


@task(
    "16.6",
    "history after a gap (optional)",
    hints=(
        "Four kinds of client: a new one, one that was away for a moment, one that was away for too long, and one that "
        "comes from another count.",
        "The new one and the one whose number is above all: everything, 0. The others: what has a higher number, and "
        "history[0][0] - last - 1 are lost, if that is more than 0.",
        "if not history: return [], 0; if last is None or last > history[-1][0]: return list(history), 0; return "
        "[item for item in history if item[0] > last], max(0, history[0][0] - last - 1)",
    ),
)
def history_after_a_gap(answer):
    for history, last, right in SINCE:
        given = list(history)
        got = attempt_with(_SINCE_CRASHES, answer, given, last)
        call = call_text(answer, history, last)
        must_be(tuple | list, got, call, "Return the messages, and how many are lost.")
        if given != history:
            raise Wrong("a history that was changed.", "Others will ask for it, too.", call=call)
        if len(got) != 2 or not isinstance(got[0], list) or not isinstance(got[1], int):
            raise Wrong("something other than a list and a number.", "return messages, lost", call=call, got=got)
        if (list(got[0]), got[1]) != right:
            looks, idea = _since_misconception(got, right, history, last)
            raise Wrong(looks, idea, call=call, expected=right, got=tuple(got))


_SINCE_CRASHES = (
    ("list index out of range", "The history may be empty."),
    ("NoneType", "last is None for somebody who is new."),
)


def _since_misconception(got, right, history, last):
    """Return (looks, idea) for a wrong answer to somebody who comes back."""
    messages, lost = got
    if last is None:
        return "a newcomer who lost something.", "Who is new gets all, and has lost nothing."
    if not history:
        return "a loss that nobody knows of.", "From an empty history nothing can be told: [], 0."
    if last > history[-1][0]:
        return "a number of this count.", "It is above all: it is from before the count began anew. All of it, 0."
    if len(messages) > len(right[0]):
        return "messages that were heard before.", "Only those with a number above `last`."
    if len(messages) < len(right[0]):
        return "too few messages.", "All with a number above `last`."
    if lost < 0:
        return "less than nothing.", "Mostly nothing is lost: max(0, ...)."
    if right[1] == 0:
        return "a loss where there is none.", "Lost is what lies between `last` and the first in the history."
    return "another loss.", "Lost is what lies between `last` and the first in the history."

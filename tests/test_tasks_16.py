"""The checks of lesson 16 and of its exercise: typical wrong answers are named for what they are, right ones pass.

Each table has one row for an answer. A wrong one has the sign of its card, "[ ]", "[x]" or "[!]",
and words of the card that name the misconception.
"""

import asyncio
import math

import pytest

from classroom.tasks.lesson_16_exercise import HEARD, right_gaps
from tests.answers import right, spin, wrong

SECONDS = 0.5  # for one check

# ---------------------------------------------------------------- 16.a


def missing_stub(last, number):
    """Return how many messages are missing between `last` and `number`."""
    if last is None:
        return ...
    return max(0, ...)


def no_return(*args):
    len(args)


MISSING = [
    ("the stub", missing_stub, "[ ]", "still has a blank"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("negative", lambda last, number: 0 if last is None else number - last - 1, "[x]", "fewer than none"),
    ("all", lambda last, number: number - (last or 0) - 1, "[x]", "a newcomer who missed something"),
    ("difference", lambda last, number: 0 if last is None else number - last, "[x]", "a number that came, counted"),
    ("one too few", lambda last, number: max(0, number - (last or number) - 2), "[x]", "one too few"),
    ("none looked at", lambda last, number: max(0, number - last - 1), "[!]", "None stands for"),
    ("whether", lambda last, number: int(last is not None and number > last + 1), "[x]", "whether there is a gap"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 16.b


def machines_stub(clients, each, holds, sends):
    """Return how many machines the service needs, one of them to spare: int."""
    ...  # your code here


def machines(join=max, up=math.ceil, spare=1, need=lambda c, e, h, s: (c / h, c * e / s)):
    """Return a machines() that is right, but for what it is given."""
    return lambda *arguments: join(up(part) for part in need(*arguments)) + spare


MACHINES = [
    ("the stub", machines_stub, "[ ]", "write its body"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("no spare", machines(spare=0), "[x]", "no machine to spare"),
    ("the sum", machines(sum), "[x]", "machines for memory beside machines for messages"),
    ("the smaller", machines(min), "[x]", "the smaller of the two"),
    ("a part", machines(up=float), "[x]", "a part of a machine"),
    ("down", machines(up=math.floor), "[x]", "rounded down"),
    ("one up", machines(up=lambda part: int(part) + 1), "[x]", "rounding up what is whole"),
    ("rounded", machines(up=round), "[x]", "rounded down"),
    ("memory only", machines(need=lambda c, e, h, s: (c / h, 0)), "[x]", "the smaller of the two"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 16.1

DOTS = dict.fromkeys(HEARD, ...)


def people(situation, *names):
    return HEARD | {situation: list(names)}


NO_HUB, LOCAL, REDIS, LOST, KILLED = HEARD
WHO = [
    ("the stub", DOTS, "[ ]", "Replace the dots"),
    ("one left", HEARD | {KILLED: ...}, "[ ]", "Replace the dots"),
    ("no hub, all", people(NO_HUB, "Ada", "Al", "Bob"), "[x]", "one list of members for two processes"),
    ("local, all", people(LOCAL, "Ada", "Al", "Bob"), "[x]", "a hub that joins two processes by its name"),
    ("redis, own", people(REDIS, "Ada", "Al"), "[x]", "a message that stays in its process"),
    ("redis, others", people(REDIS, "Bob"), "[x]", "a message for the other server only"),
    ("lost, all", people(LOST, "Ada", "Al", "Bob"), "[x]", "a hub that waits for those who are away"),
    ("lost, none", people(LOST), "[x]", "a hub that works for all, or for nobody"),
    ("killed, own", people(KILLED, "Ada", "Al"), "[x]", "a server that tells its own members first"),
    ("killed, herself", people(KILLED, "Ada"), "[x]", "a speaker who hears herself"),
    ("without herself", people(NO_HUB, "Al"), "[x]", "a speaker who is left out"),
    ("redis, without herself", people(REDIS, "Al", "Bob"), "[x]", "a speaker who is left out"),
    ("another", people(NO_HUB, "Bob"), "[x]", "other people"),
    ("a stranger", people(NO_HUB, "Eve"), "[x]", "somebody who is not there"),
    ("a text", HEARD | {NO_HUB: "Ada"}, "[x]", "str instead of a list of names"),
    ("a list", [["Ada"]], "[x]", "list instead of the dict"),
]

# ---------------------------------------------------------------- 16.2


def publish_stub(numbers, outboxes, room, message):
    """Give the message to all who listen in the room; return its number: int."""
    ...  # your code here


def publish(put=None, count=None, rooms=None, result=None):
    """Return a publish() that is right, but for what it is given."""

    def answer(numbers, outboxes, room, message):
        number = (count or next_number)(numbers, room)
        for outbox in rooms(outboxes) if rooms else outboxes.get(room, ()):
            if not outbox.full():
                outbox.put_nowait(put(number, message) if put else (number, message))
        return result(number) if result else number

    return answer


def next_number(numbers, room):
    numbers[room] = numbers.get(room, 0) + 1
    return numbers[room]


def not_kept(numbers, room):
    return numbers.get(room, 0) + 1


def before(numbers, room):
    return next_number(numbers, room) - 1


def for_all(numbers, room):
    numbers[room] = sum(numbers.values()) + 1
    return numbers[room]


def key_error(numbers, room):
    numbers[room] += 1
    return numbers[room]


def ends_at_full(numbers, outboxes, room, message):
    number = next_number(numbers, room)
    for outbox in outboxes.get(room, ()):
        if outbox.full():
            break
        outbox.put_nowait((number, message))
    return number


def drops_oldest(numbers, outboxes, room, message):
    number = next_number(numbers, room)
    for outbox in outboxes.get(room, ()):
        if outbox.full():
            outbox.get_nowait()
        outbox.put_nowait((number, message))
    return number


def raises_at_full(numbers, outboxes, room, message):
    number = next_number(numbers, room)
    for outbox in outboxes.get(room, ()):
        outbox.put_nowait((number, message))
    return number


def counts_deliveries(numbers, outboxes, room, message):
    for outbox in outboxes.get(room, ()):
        if not outbox.full():
            outbox.put_nowait((next_number(numbers, room), message))
    return numbers.get(room, 0)


def needs_listeners(numbers, outboxes, room, message):
    number = next_number(numbers, room)
    for outbox in outboxes[room]:
        if not outbox.full():
            outbox.put_nowait((number, message))
    return number


def two_arguments(numbers, outboxes, room, message):
    number = next_number(numbers, room)
    for outbox in outboxes.get(room, ()):
        outbox.put_nowait(number, message, room)
    return number


def catches_full(numbers, outboxes, room, message):
    numbers.setdefault(room, 0)
    numbers[room] += 1
    for outbox in outboxes.get(room) or []:
        try:
            outbox.put_nowait((numbers[room], message))
        except asyncio.QueueFull:
            continue
    return numbers[room]


async def with_async(numbers, outboxes, room, message):
    return publish()(numbers, outboxes, room, message)


async def repaired_with_async(hub, room, message):
    return repaired()(hub, room, message)


def every(outboxes):
    return [outbox for room in outboxes.values() for outbox in room]


PUBLISH = [
    ("the stub", publish_stub, "[ ]", "write its body"),
    ("no return", publish(result=lambda number: None), "[x]", "a function without a return"),
    ("the number before", publish(count=before), "[x]", "the number of the message before"),
    ("one count", publish(count=for_all), "[x]", "one count for all rooms"),
    ("not kept", publish(count=not_kept), "[x]", "numbers that are not kept"),
    ("a new room", publish(count=key_error), "[!]", "A room may be new"),
    ("no listeners", needs_listeners, "[!]", "outboxes.get(room, ())"),
    ("all rooms", publish(rooms=every), "[x]", "a message in other rooms, too"),
    ("no number", publish(put=lambda number, message: message), "[x]", "a message without its number"),
    ("the wrong way round", publish(put=lambda number, message: (message, number)), "[x]", "the wrong way round"),
    ("a list", publish(put=lambda number, message: [number, message]), "[x]", "a list where a pair belongs"),
    ("nothing put in", publish(rooms=lambda outboxes: ()), "[x]", "a message that is not put in"),
    ("ends at a full one", ends_at_full, "[x]", "an end at the first full outbox"),
    ("drops the oldest", drops_oldest, "[x]", "an outbox that loses what it held"),
    ("full", raises_at_full, "[!]", "outbox.full()"),
    ("counts deliveries", counts_deliveries, "[x]", "a count of deliveries"),
    ("async", with_async, "[x]", "a function with async"),
    ("three arguments", two_arguments, "[!]", "in brackets of its own"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 16.3


def gaps_stub(numbers):
    """Return the list of the gaps, a pair for each: (first missing, last missing)."""
    ...  # your code here


def neighbours(numbers):
    return [(a + 1, b - 1) for a, b in zip(numbers, numbers[1:], strict=False) if b > a + 1]


def not_greater(numbers):
    return [(a + 1, b - 1) for a, b in zip(numbers, numbers[1:], strict=False) if b != a + 1]


def from_one(numbers):
    return right_gaps([0, *numbers])


def singles(numbers):
    return [number for first, last in right_gaps(numbers) for number in range(first, last + 1)]


def beside(numbers):
    return [(first - 1, last + 1) for first, last in right_gaps(numbers)]


def sorts(numbers):
    return right_gaps(sorted(numbers))


def sorts_it(numbers):
    numbers.sort()
    return right_gaps(numbers)


def first_only(numbers):
    return right_gaps(numbers)[:1]


def empty_fails(numbers):
    numbers[0]
    return right_gaps(numbers)


def none_fails(numbers):
    highest = None
    for number in numbers:
        if number > highest + 1:
            highest = number
    return []


def other_style(numbers):
    if not numbers:
        return []
    found, last = [], numbers[0]
    for number in numbers:
        if number - last > 1:
            found.append([last + 1, number - 1])
        if number > last:
            last = number
    return found


GAPS = [
    ("the stub", gaps_stub, "[ ]", "write its body"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("neighbours", neighbours, "[x]", "an old number that is taken for the last one"),
    ("not compared", not_greater, "[x]", "a gap that ends before it begins"),
    ("from one", from_one, "[x]", "a newcomer who missed something"),
    ("singles", singles, "[x]", "single numbers"),
    ("beside", beside, "[x]", "the numbers beside the gap"),
    ("sorted", sorts, "[x]", "a look at all the numbers at the end"),
    ("sorted in place", sorts_it, "[x]", "a list that was changed"),
    ("the first only", first_only, "[x]", "too few gaps"),
    ("an empty list", empty_fails, "[!]", "The list may be empty"),
    ("None", none_fails, "[!]", "Before the first number"),
    ("a tuple", lambda numbers: tuple(right_gaps(numbers)), "[x]", "a tuple instead of a list"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 16.4


def repaired_stub(hub, room, message):
    """Call all who listen in the room; return the number of the message: int."""
    ...  # your code here


def count(hub, room):
    hub.numbers[room] = hub.numbers.get(room, 0) + 1
    return hub.numbers[room]


def repaired(count=count, copy=list, guard=True, remove=None):
    """Return a repaired() that is right, but for what it is given."""

    def answer(hub, room, message):
        number = count(hub, room)
        listeners = hub.listeners.get(room, [])
        for listener in copy(listeners):
            try:
                listener(number, message)
            except Exception:
                if not guard:
                    raise
                if remove:
                    remove(listeners, listener)
                elif listener in listeners:
                    listeners.remove(listener)
        return number

    return answer


def one_count(hub, room):
    hub.numbers[room] = sum(hub.numbers.values()) + 1
    return hub.numbers[room]


def attribute(hub, room):
    hub.number += 1
    return hub.number


def one_try(hub, room, message):
    number = count(hub, room)
    try:
        for listener in list(hub.listeners.get(room, [])):
            listener(number, message)
    except Exception:
        pass
    return number


def no_room(hub, room, message):
    number = count(hub, room)
    for listener in list(hub.listeners[room]):
        listener(number, message)
    return number


def new_list(hub, room, message):
    """It keeps a list of those who did not fail, so that whoever leaves meanwhile is put back."""
    number, good = count(hub, room), []
    for listener in list(hub.listeners.get(room, [])):
        try:
            listener(number, message)
            good.append(listener)
        except Exception:
            pass
    hub.listeners[room] = good
    return number


def failed_later(hub, room, message):
    number, failed = count(hub, room), []
    for listener in tuple(hub.listeners.get(room, ())):
        try:
            listener(number, message)
        except Exception:
            failed.append(listener)
    if failed:
        hub.listeners[room] = [each for each in hub.listeners[room] if each not in failed]
    return number


def clears(listeners, listener):
    listeners.clear()


def never(listeners, listener):
    pass


def the_last(listeners, listener):
    listeners.pop()


REPAIRED = [
    ("the stub", repaired_stub, "[ ]", "write its body"),
    ("no return", lambda hub, room, message: repaired()(hub, room, message) and None, "[x]", "without a return"),
    ("one count", repaired(one_count), "[x]", "one count for all rooms"),
    ("the old attribute", repaired(attribute), "[!]", "hub.numbers, a dict"),
    ("no room", no_room, "[!]", ".get(room, ...)"),
    ("no copy", repaired(copy=lambda listeners: listeners), "[x]", "a listener that is passed over"),
    ("no try", repaired(guard=False), "[!]", "It must not come out"),
    ("one try", one_try, "[x]", "a failure that ends the delivery"),
    ("not taken out", repaired(remove=never), "[x]", "a listener that stays although it failed"),
    ("all taken out", repaired(remove=clears), "[x]", "others that are taken out, too"),
    ("another taken out", repaired(remove=the_last), "[x]", "others that are taken out, too"),
    ("not in the list", repaired(remove=list.remove), "[!]", "had left by itself before"),
    ("async", repaired_with_async, "[x]", "a function with async"),
    ("a new list", new_list, "[x]", "a listener that cannot leave"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 16.5


def loads_stub(machines, clients, said):
    """Return what is said, what Redis sends, and what each machine sends: three numbers."""
    ...  # your code here


def loads(total=lambda m, c, s: c * s, redis=lambda t, m, c: t * m, each=lambda t, m, c: t * c / m):
    """Return a loads() that is right, but for what it is given."""

    def answer(machines, clients, said):
        found = total(machines, clients, said)
        return found, redis(found, machines, clients), each(found, machines, clients)

    return answer


LOADS = [
    ("the stub", loads_stub, "[ ]", "write its body"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("one number", lambda m, c, s: c * s, "[x]", "a float instead of a tuple or a list"),
    ("two numbers", lambda m, c, s: (c * s, c * s * m), "[x]", "something other than three numbers"),
    ("per machine", loads(lambda m, c, s: c * s / m), "[x]", "another number of messages"),
    ("to one", loads(redis=lambda t, m, c: t), "[x]", "a message that goes to one machine"),
    ("to all clients", loads(redis=lambda t, m, c: t * c), "[x]", "a Redis that knows the clients"),
    ("to the others", loads(redis=lambda t, m, c: t * (m - 1)), "[x]", "a Redis that leaves some machines out"),
    ("all clients", loads(each=lambda t, m, c: t * c), "[x]", "one machine that serves all clients"),
    ("one client", loads(each=lambda t, m, c: t / m), "[x]", "one client for each machine"),
    ("own only", loads(each=lambda t, m, c: t * c / m**2), "[x]", "its own clients' messages only"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 16.6


def since_stub(history, last):
    """Return what comes after `last`, and how many messages before that are lost: list, int."""
    ...  # your code here


def since(new=True, anew=True, empty=True, above=lambda number, last: number > last, low=0, extra=1):
    """Return a since() that is right, but for what it is given."""

    def answer(history, last):
        if empty and not history:
            return [], 0
        if last is None:
            return list(history), 0 if new else history[0][0] - 1
        if anew and last > history[-1][0]:
            return list(history), 0
        return [item for item in history if above(item[0], last)], max(low, history[0][0] - last - extra)

    return answer


def in_place(history, last):
    while history and last is not None and history[0][0] <= last <= history[-1][0]:
        history.pop(0)
    return history, 0


SINCE = [
    ("the stub", since_stub, "[ ]", "write its body"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("the list only", lambda history, last: history, "[x]", "something other than a list and a number"),
    ("a newcomer", since(new=False), "[x]", "a newcomer who lost something"),
    ("the count anew", since(anew=False), "[x]", "a number of this count"),
    ("nothing there", since(empty=False), "[!]", "The history may be empty"),
    ("once more", since(above=lambda number, last: number >= last), "[x]", "messages that were heard before"),
    ("too few", since(above=lambda number, last: number > last + 1), "[x]", "too few messages"),
    ("negative", since(low=-100), "[x]", "less than nothing"),
    ("one too many", since(extra=0), "[x]", "a loss where there is none"),
    ("changed", in_place, "[x]", "a history that was changed"),
    ("None", lambda history, last: ([item for item in history if item[0] > last], 0), "[!]", "last is None"),
    ("no loss", lambda h, last: ([i for i in h if not last or i[0] > last or last > 8], 0), "[x]", "another loss"),
    ("endless", spin, "[!]", "stopped after"),
]

# ----------------------------------------------------------------

ROWS = {"16.a": MISSING, "16.b": MACHINES, "16.1": WHO, "16.2": PUBLISH, "16.3": GAPS}
ROWS |= {"16.4": REPAIRED, "16.5": LOADS, "16.6": SINCE}
ALL_WRONG = [row for task, rows in ROWS.items() for row in wrong(task, rows)]


@pytest.mark.parametrize("task, answer, sign, phrase", ALL_WRONG)
def test_wrong_answers_are_named(card, task, answer, sign, phrase):
    text = card(task, answer)
    assert text.startswith(sign) and phrase in text, text


def ceil_without_math(clients, each, holds, sends):
    return max(-(-clients // holds), int(-(-clients * each // sends))) + 1


def one_by_one(last, number):
    return 0 if last is None or number <= last else len(range(last + 1, number))


RIGHT = [
    *right("16.a", by_a_range=one_by_one, plain=lambda a, b: max(0, b - a - 1) if a is not None else 0),
    *right("16.b", usual=machines(), without_math=ceil_without_math),
    *right("16.1", usual=HEARD, sets={key: set(value) for key, value in HEARD.items()}),
    *right("16.1", small_and_turned={key: [name.lower() for name in value[::-1]] for key, value in HEARD.items()}),
    *right("16.2", usual=publish(), catches_full=catches_full),
    *right("16.3", usual=right_gaps, other_style=other_style),
    *right("16.4", usual=repaired(), failed_later=failed_later, a_slice=repaired(copy=lambda listeners: listeners[:])),
    *right("16.4", the_last_first=repaired(copy=lambda listeners: listeners[::-1])),
    *right("16.5", usual=loads(), a_list=lambda m, c, s: [c * s, m * c * s, c / m * (c * s)]),
    *right("16.6", usual=since(), a_list=lambda history, last: list(since()(history, last))),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_right_answers_pass(card, task, answer):
    assert card(task, answer).startswith("[ok]")

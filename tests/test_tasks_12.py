"""The checks of lesson 12: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[x]" or "[!]",
and words of the card that name the misconception.
"""

import asyncio

import pytest

from tests.answers import right, spin, wrong

# ---------------------------------------------------------------- 12.a


def blank(outbox, message):
    dropped = ... if outbox.full() else None
    outbox.put_nowait(...)
    return dropped


def newest(outbox, message):
    dropped = outbox.get_nowait() if outbox.full() else None
    outbox.put_nowait(message)
    return dropped


def no_room_made(outbox, message):
    outbox.put_nowait(message)


def method_not_called(outbox, message):
    dropped = outbox.get_nowait if outbox.full() else None
    outbox.put_nowait(message)
    return dropped


def refuses(outbox, message):
    if outbox.full():
        return message
    outbox.put_nowait(message)


def always_drops(outbox, message):
    dropped = None if outbox.empty() else outbox.get_nowait()
    outbox.put_nowait(message)
    return dropped


def takes_from_nothing(outbox, message):
    dropped = outbox.get_nowait()
    outbox.put_nowait(message)
    return dropped


def empties(outbox, message):
    dropped = None
    if outbox.full():
        while not outbox.empty():
            dropped = outbox.get_nowait()
    outbox.put_nowait(message)
    return dropped


def twice(outbox, message):
    newest(outbox, message)
    return newest(outbox, message)


def drops_the_youngest(outbox, message):
    dropped = outbox._queue.pop() if outbox.full() else None
    outbox.put_nowait(message)
    return dropped


def returns_nothing(outbox, message):
    newest(outbox, message)


def returns_the_new_one(outbox, message):
    newest(outbox, message)
    return message


def puts_the_outbox(outbox, message):
    dropped = outbox.get_nowait() if outbox.full() else None
    outbox.put_nowait("message")
    return dropped


def pops(outbox, message):
    return outbox.pop() if outbox.full() else outbox.put_nowait(message)


async def a_plan(outbox, message):
    return newest(outbox, message)


def keeps(outbox, message):
    if outbox.full():
        return newest(outbox, message)
    return outbox.put_nowait(message)


def tries(outbox, message):
    try:
        outbox.put_nowait(message)
    except asyncio.QueueFull:
        dropped = outbox.get_nowait()
        outbox.put_nowait(message)
        return dropped


NEWEST = [
    ("blanks left", blank, "[ ]", "still has a blank"),
    ("no room made", no_room_made, "[!]", "What has to happen before"),
    ("a method not called", method_not_called, "[!]", "What has to happen before"),
    ("the new one refused", refuses, "[x]", "a new message that does not go in"),
    ("always drops", always_drops, "[x]", "a message dropped where there was room"),
    ("always takes", takes_from_nothing, "[x]", "a message dropped where there was room"),
    ("emptied", empties, "[x]", "an outbox that is emptied"),
    ("put in twice", twice, "[x]", "the new message put in twice"),
    ("the youngest dropped", drops_the_youngest, "[x]", "The oldest goes"),
    ("nothing returned", returns_nothing, "[x]", "nothing returned of what was dropped"),
    ("the new one returned", returns_the_new_one, "[x]", "the wrong thing returned"),
    ("another message", puts_the_outbox, "[x]", "a new message that does not go in"),
    ("pop", pops, "[!]", "get_nowait() takes one out"),
    ("async", a_plan, "[x]", "a plan where the deed belongs"),
    ("endless", spin, "[!]", "stopped after"),
    ("no function", "newest", "[x]", "not a function"),
]

# ---------------------------------------------------------------- 12.b


def empty_body(outboxes, sender, message):
    """Put the message into every outbox but the sender's."""
    ...  # your code here


def all_but(outboxes, sender, message):
    late = []
    for name, outbox in outboxes.items():
        if name == sender:
            continue
        if outbox.full():
            late.append(name)
        else:
            outbox.put_nowait(message)
    return late


def to_all(outboxes, sender, message):
    late = []
    for name, outbox in outboxes.items():
        if outbox.full():
            late.append(name)
        else:
            outbox.put_nowait(message)
    return late


def never_full(outboxes, sender, message):
    for name, outbox in outboxes.items():
        if name != sender:
            outbox.put_nowait(message)
    return []


def without_names(outboxes, sender, message):
    for _name, outbox in outboxes:
        outbox.put_nowait(message)


def through_the_names(outboxes, sender, message):
    for outbox in outboxes:
        outbox.put_nowait(message)


def drops(outboxes, sender, message):
    late = []
    for name, outbox in outboxes.items():
        if name != sender:
            if outbox.full():
                late.append(name)
                outbox.get_nowait()
            outbox.put_nowait(message)
    return late


def stops(outboxes, sender, message):
    late = []
    for name, outbox in outboxes.items():
        if name == sender:
            continue
        if outbox.full():
            late.append(name)
            break
        outbox.put_nowait(message)
    return late


def returns_in_the_loop(outboxes, sender, message):
    for name, outbox in outboxes.items():
        if name != sender:
            if outbox.full():
                return [name]
            outbox.put_nowait(message)
    return []


def stops_at_the_sender(outboxes, sender, message):
    for name, outbox in reversed(outboxes.items()):
        if name == "Bob":
            break
        outbox.put_nowait(message)
    return []


def looks_only(outboxes, sender, message):
    return [name for name, outbox in outboxes.items() if outbox.full() and name != sender]


def sender_late(outboxes, sender, message):
    late = [name for name, outbox in outboxes.items() if outbox.full()]
    all_but(outboxes, sender, message)
    return late


def a_set(outboxes, sender, message):
    return set(all_but(outboxes, sender, message))


def no_return(outboxes, sender, message):
    all_but(outboxes, sender, message)


def the_outboxes(outboxes, sender, message):
    return [outboxes[name] for name in all_but(outboxes, sender, message)]


def nobody_named(outboxes, sender, message):
    all_but(outboxes, sender, message)
    return []


def throws_out(outboxes, sender, message):
    late = all_but(outboxes, sender, message)
    for name in late:
        del outboxes[name]
    return late


def throws_out_in_the_loop(outboxes, sender, message):
    late = []
    for name, outbox in outboxes.items():
        if outbox.full():
            late.append(name)
            del outboxes[name]
        elif name != sender:
            outbox.put_nowait(message)
    return late


def put_twice(outboxes, sender, message):
    all_but(outboxes, sender, message)
    return all_but(outboxes, sender, message)


async def another_plan(outboxes, sender, message):
    return all_but(outboxes, sender, message)


def in_one_go(outboxes, sender, message):
    others = {name: outbox for name, outbox in outboxes.items() if name != sender}
    late = [name for name in others if others[name].full()]
    for name in others.keys() - set(late):
        others[name].put_nowait(message)
    return late


def by_exception(outboxes, sender, message):
    late = []
    for name in outboxes:
        try:
            if name != sender:
                outboxes[name].put_nowait(message)
        except asyncio.QueueFull:
            late.append(name)
    return late


OTHERS = [
    ("the stub", empty_body, "[ ]", "write its body"),
    ("to all", to_all, "[x]", "an echo: the sender gets the message, too"),
    ("never looks", never_full, "[!]", "put_nowait() raises QueueFull"),
    ("no pairs", without_names, "[!]", "name and outbox come in pairs"),
    ("names for outboxes", through_the_names, "[!]", "Going through a dict gives the names"),
    ("drops the oldest", drops, "[x]", "a full outbox that is changed"),
    ("stops at a full one", stops, "[x]", "a loop that ends too early"),
    ("returns in the loop", returns_in_the_loop, "[x]", "a loop that ends too early"),
    ("one left out", stops_at_the_sender, "[x]", "someone left out"),
    ("puts nothing in", looks_only, "[x]", "a message that reaches nobody"),
    ("the sender is late", sender_late, "[x]", "the sender among the late"),
    ("a set", a_set, "[x]", "a set instead of a list"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("outboxes returned", the_outboxes, "[x]", "outboxes instead of names"),
    ("outboxes shown", the_outboxes, "[x]", "[a Queue]"),
    ("nobody named", nobody_named, "[x]", "other names than wanted"),
    ("throws them out", throws_out, "[x]", "a client taken off the list"),
    ("throws them out at once", throws_out_in_the_loop, "[!]", "must not change while you go through it"),
    ("twice", put_twice, "[x]", "other messages than wanted"),
    ("async", another_plan, "[x]", "a plan where the deed belongs"),
    ("endless", spin, "[!]", "stopped after"),
]


@pytest.mark.parametrize("task, answer, sign, phrase", wrong("12.a", NEWEST) + wrong("12.b", OTHERS))
def test_a_wrong_answer_is_named_for_what_it_is(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(sign), words
    assert phrase in words, words


@pytest.mark.parametrize(
    "task, answer",
    right("12.a", ours=newest, branches=keeps, tries=tries)
    + right("12.b", ours=all_but, in_one_go=in_one_go, by_exception=by_exception),
)
def test_a_right_answer_passes(card, task, answer):
    assert card(task, answer).startswith("[ok]"), card(task, answer)

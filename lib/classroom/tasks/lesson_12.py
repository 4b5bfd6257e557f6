"""The tasks of lesson 12, Many clients; those of its exercise are in lesson_12_exercise."""

import asyncio
import inspect

from ..checks import Wrong, task
from ..judging import Text, attempt_with, must_be, readable, with_article
from . import lesson_12_exercise  # noqa: F401 - it registers its tasks

# (regular expression, idea)
CRASHES = (
    ("QueueFull", "put_nowait() raises QueueFull where there is no room. What has to happen before, or instead?"),
    ("QueueEmpty", "get_nowait() raises QueueEmpty where there is nothing to take. When is there something for sure?"),
    ("can't be used in 'await'|coroutine", "put_nowait() and get_nowait() are plain methods: call them without await."),
    ("changed size", "A dict must not change while you go through it. Nobody has to leave `outboxes` here."),
    ("values to unpack|'Queue' object is not iterable", "outboxes is a dict: name and outbox come in pairs."),
    (
        "'str' object has no attribute",
        "Going through a dict gives the names. outboxes.items() gives pairs, name and outbox.",
    ),
    (
        "'Queue' object has no attribute",
        "An outbox is a queue: put_nowait(message) puts one in, get_nowait() takes one out.",
    ),
)


def outbox(*messages, room=3):
    """Return an outbox with room for `room` messages, of which some are there."""
    queue = asyncio.Queue(room)
    for message in messages:
        queue.put_nowait(message)
    return queue


def inside(queue):
    """Return the messages in an outbox, which stay there: a list."""
    return list(queue._queue)


def refuse_plan(answer, call):
    """Raise Wrong for `async def`, whose call does nothing yet."""
    if inspect.iscoroutinefunction(answer):
        idea = "Nothing here has to wait: put_nowait() and get_nowait() return at once. Take `async` away."
        raise Wrong("a plan where the deed belongs.", idea, call=call)


# ---------------------------------------------------------------- 12.a


@task(
    "12.a",
    "the newest only",
    hints=(
        "An outbox is a queue: what went in first comes out first. Which of its messages is the oldest?",
        "If there is no room, take one message out, then put the new one in. The new one goes in in any case.",
        "The blanks, in order: outbox.get_nowait(), message.",
    ),
)
def newest_only(answer):
    for before, room, dropped in ((("a", "b"), 3, None), ((), 1, None), (("a",), 1, "a"), (("a", "b", "c"), 3, "a")):
        queue = outbox(*before, room=room)
        call = f"put_newest(outbox, 'd'), where the outbox has room for {room} and holds {list(before)}"
        refuse_plan(answer, call)
        got = attempt_with(CRASHES, answer, queue, "d")
        right = [*before, "d"][-room:]
        if inside(queue) != right:
            raise Wrong(
                *outbox_misconception(inside(queue), before, dropped), call=call, expected=right, got=inside(queue)
            )
        if got != dropped:
            idea = "It returns the message that had to make room, or None if none had to."
            looks = "the wrong thing returned." if got is not None else "nothing returned of what was dropped."
            raise Wrong(looks, idea, call=call, expected=dropped, got=readable(got))


def outbox_misconception(found, before, dropped):
    """Return (looks, idea) for an outbox with the wrong messages in it."""
    if "d" not in found:
        if any(callable(item) for item in found):
            return "a method that is not called.", "Call it, with ()."
        return "a new message that does not go in.", "The new one goes in, whatever happens to the old ones."
    if dropped is None and len(found) <= len(before):
        return "a message dropped where there was room.", "Only a full outbox has to lose one."
    if found.count("d") > 1:
        return "the new message put in twice.", "Once is enough."
    if len(found) == 1 and len(before) > 1:
        return "an outbox that is emptied.", "One message has to make room, and no more."
    return "other messages than wanted.", "The oldest goes, all others stay, in their order."


# ---------------------------------------------------------------- 12.b


@task(
    "12.b",
    "all but the sender",
    hints=(
        "Go through the dict, name by name. Three things may happen: it is the sender, it is full, it has room.",
        "Begin with late = []. for name, outbox in outboxes.items(): skip the sender, append the name if the outbox is "
        "full, else put the message in.",
        "if name == sender: continue. elif outbox.full(): late.append(name). else: outbox.put_nowait(message). "
        "After the loop: return late.",
    ),
)
def all_but_the_sender(answer):
    call = "put_all(outboxes, 'Ada', 'hi')"
    refuse_plan(answer, call)
    for full in ((), ("Bob",), ("Cy",), ("Bob", "Cy"), ("Ada",), ("Ada", "Bob")):
        outboxes = {name: outbox(*(["old"] * 3 if name in full else [])) for name in ("Ada", "Bob", "Cy", "Dot")}
        where = f"{call}, where {' and '.join(full) or 'nobody'} has a full outbox"
        got = attempt_with(CRASHES, answer, outboxes, "Ada", "hi")
        judge_outboxes(outboxes, full, where)
        judge_late(got, [name for name in full if name != "Ada"], where)


def judge_outboxes(outboxes, full, call):
    """Raise Wrong unless each outbox holds what it should."""
    if len(outboxes) != 4:
        idea = "Only say who is late. Whoever calls the function decides what becomes of them."
        raise Wrong("a client taken off the list.", idea, call=call)
    got = {name: inside(queue) for name, queue in outboxes.items()}
    right = {name: ["old"] * 3 if name in full else [] if name == "Ada" else ["hi"] for name in outboxes}
    if got == right:
        return
    if "hi" in got["Ada"]:
        looks, idea = "an echo: the sender gets the message, too.", "Skip the name that is `sender`."
    elif any(got[name] != right[name] for name in full):
        looks, idea = "a full outbox that is changed.", "Leave a full one as it is, and return its name."
    elif not full and not any("hi" in messages for messages in got.values()):
        looks, idea = "a message that reaches nobody.", "outbox.put_nowait(message) puts it in."
    elif any(name not in full and not messages for name, messages in got.items() if name != "Ada"):
        looks = "a loop that ends too early." if full else "someone left out."
        idea = "Nobody else may suffer because one is late, or is the sender: go on with the next name."
    else:
        looks, idea = "other messages than wanted.", "Put in the message itself, once."
    raise Wrong(looks, idea, call=call, expected=right, got=got)


def judge_late(got, right, call):
    """Raise Wrong unless `got` is the list of those with full outboxes."""
    must_be(list, got, call, "It holds the names of those who are late; nobody late makes an empty list.")
    if got == right:
        return
    looks, idea = "other names than wanted.", "Return the names of those whose outbox is full, in their order."
    if "Ada" in got:
        looks, idea = (
            "the sender among the late.",
            "The sender gets nothing, so nothing can be late: skip it first.",
        )
    elif any(isinstance(item, asyncio.Queue) for item in got):
        looks, idea = "outboxes instead of names.", "Append the name, not the outbox."
    shown = [item if isinstance(item, str) else Text(with_article(type(item))) for item in got]
    raise Wrong(looks, idea, call=call, expected=right, got=readable(shown))

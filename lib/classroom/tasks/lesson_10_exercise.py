"""The tasks of the exercise of lesson 10, and what they share with those of the lesson.

Handlers are judged with a real client of `websockets`. Only the last task, in which answers overtake each other,
has a connection in memory, and a loop whose clock is its own.
"""

import asyncio
import contextlib
import datetime
import inspect
import io
import json
import logging

from websockets import ConnectionClosed, ConnectionClosedError, InvalidHandshake, connect, serve

from .. import checks, servers
from ..checks import NotStarted, Wrong, call_text, task
from ..figure import plural
from ..judging import Text, attempt_with, letters_in_order, must_have, readable, stopped
from .lesson_06 import with_idea
from .lesson_07_exercise import awaited, in_a_loop, real_server
from .lesson_08_exercise import LONG, death, played

# ---------------------------------------------------------------- shared with the lesson


@contextlib.contextmanager
def logged():
    """Give a list, into which every record that is logged meanwhile goes, and nowhere else."""
    root, records, keep = logging.getLogger(), [], logging.Handler()
    keep.emit = records.append
    handlers, level = root.handlers, root.level
    root.handlers = [keep]
    root.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        root.handlers = handlers
        root.setLevel(level)


def text_of(record, what, call):
    """Return the text of a log record. Raises Wrong if its places and its values do not fit. what: str, its values."""
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        brackets = "{" in str(record.msg)
        looks = "curly brackets in the text for the log." if brackets else f"a text without a place for {what}."
        idea = f"logging puts {what} where the text has %s. Here it would write --- Logging error ---."
        raise Wrong(looks, idea, call=call, got=readable(record.msg)) from None


SLOW = datetime.timedelta(minutes=5)  # less than the difference between two zones


def judge_time(text, call, what="a second message"):
    """Raise Wrong unless `text` is a time in UTC that knows its zone. what: str, where it comes from."""
    try:
        time = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        idea = "now.isoformat() makes a text of the time."
        raise Wrong(f"{what} that is no time.", idea, call=call, got=readable(text)) from None
    if time.tzinfo is None:
        raise Wrong("a time without its zone.", "now(datetime.UTC) knows its zone.", call=call, got=text)
    if time.utcoffset():
        raise Wrong("a time of another zone.", "The old program sent UTC: datetime.UTC.", call=call, got=text)
    if abs(datetime.datetime.now(datetime.UTC) - time) > SLOW:
        idea = "It says that it is in UTC, and there the time is another. now(datetime.UTC) gives it."
        raise Wrong("a time of another zone.", idea, call=call, got=text)


# ---------------------------------------------------------------- real connections


def in_quiet(call, scene, *args):
    """As in_a_loop, with one argument more: the list of what is logged meanwhile. What is printed is dropped."""
    with logged() as records, contextlib.redirect_stdout(io.StringIO()):
        return in_a_loop(call, _judged, scene, *args, records)


async def _judged(scene, *args):
    """Return what scene(*args) gives. Raise TimeoutError instead if a task was stopped in an endless loop.

    Nobody else sees that: for the loop, the task has ended.
    """
    with tasks_kept() as tasks:
        try:
            return await scene(*args)
        finally:
            for each in tasks:
                death(each)


@contextlib.contextmanager
def tasks_kept():
    """Give the list of the tasks that are created in this loop meanwhile."""
    loop, tasks = asyncio.get_running_loop(), []

    def make(loop, plan, **options):
        tasks.append(asyncio.Task(plan, loop=loop, **options))
        return tasks[-1]

    loop.set_task_factory(make)
    try:
        yield tasks
    finally:
        loop.set_task_factory(None)


def must_be_coroutine_function(answer, *args, ideas=()):
    """Raise NotStarted for a stub or a blank, and Wrong or Stopped unless a call with `args` gives a coroutine.

    ideas: as for attempt_with.
    """
    if inspect.isfunction(answer) and not inspect.iscoroutinefunction(answer):
        raise Wrong("a function without async.", f"Begin it with `async def {answer.__name__}(`.")
    plan = attempt_with(ideas, answer, *args)
    if not inspect.iscoroutine(plan):
        raise Wrong("something other than a coroutine function.", "Give the check the function that you wrote.")
    plan.close()


HANDLER_CRASHES = (("required positional argument", "A server calls its handler with the connection alone: ws."),)


def patience():
    """Return how long a reply may take, in seconds: so long that the verdict comes before in_a_loop ends it all."""
    return checks.SECONDS / 2


async def told(ws, message, count, call):
    """Send a message; return the next `count` messages. Raises Wrong if they do not come, and ConnectionClosed."""
    received = []
    try:
        async with asyncio.timeout(patience()):
            await ws.send(message)
            while len(received) < count:
                received.append(await ws.recv())
    except TimeoutError:
        idea = "The connection is open, and nothing comes. Is there a send for this case, and `await` before it?"
        if received:
            idea = f"{plural(len(received), 'message')} came, and {count} were due. {idea}"
        raise Wrong("a message without a reply.", idea, call=call) from None
    return received


# ---------------------------------------------------------------- 10.1

# handler: (close code of the client, is there an ERROR in the log?)
SEEN = {"A": (1000, False), "B": (1011, True), "C": (1000, False), "D": (1001, True), "E": (1001, False)}

CODE_IDEAS = {
    ("A", 1001): ("a connection that waits for the client.", "The handler is done at once. Who closes then?"),
    ("A", 1011): ("a return taken for an error.", "It came to its end, and no exception left it."),
    ("B", 1000): ("an error that nobody hears of.", "int('tea') raises ValueError. What does the server tell then?"),
    ("B", 1001): ("a connection that outlives its handler.", "It ended with the error, long before the client left."),
    ("B", 1006): ("a server that falls over.", "It lives. It catches the exception, logs it, and closes with a code."),
    ("B", 1003): ("a fault that is the client's.", "No line of the handler says so. It raised, and that is its own."),
    ("C", 1011): ("an exception that leaves the handler.", "except has caught it. And what does the handler do then?"),
    ("C", 1001): ("a loop that goes on.", "The try is around the whole loop. What comes after `pass`?"),
    ("D", 1000): ("a code that is lost.", "The client closed first, and the server repeats its code (section 5.5.1)."),
    ("D", 1011): (
        "an error that comes in time.",
        "The client has left, with its own code, before the handler sends. Nobody can be told anything any more.",
    ),
    ("D", 1006): ("a Close frame without an answer.", "The library answers it, whatever the handler waits for."),
    ("E", 1000): ("a handler that ends first.", "Its loop waits for more. So who closed, and with which code?"),
    ("E", 1011): ("an orderly end taken for an error.", "When a client closes properly, `async for` just ends."),
    ("E", 1006): ("a Close frame without an answer.", "The library answers it, whatever the handler waits for."),
}
LOG_IDEAS = {
    "A": ("an end taken for an error.", "A handler may return whenever it likes."),
    "B": ("an error without a trace.", "Nobody catches the ValueError. What does the server do with it?"),
    "C": ("an error that is caught, and logged all the same.", "Who should log it? `pass` did not. It is lost."),
    "D": (
        "a send to nobody that works.",
        "send raises ConnectionClosed. Nobody catches it, so it leaves the handler, like any other exception.",
    ),
    "E": ("an orderly end taken for an error.", "When a client closes properly, `async for` just ends."),
}


@task(
    "10.1",
    "five handlers",
    hints=(
        "For each: who closes first, the client or the server? And does an exception leave the handler?",
        "If the handler returns or raises while the client is there, the server closes, with 1000 or 1011. If the "
        "client leaves first, its own code counts. And only what leaves the handler is logged.",
        "The codes, in order: 1000, 1011, 1000, 1001, 1001. In two of the handlers an exception gets out: the one "
        "with int and no try, and the one that sends too late.",
    ),
)
def five_handlers(answer):
    must_have(SEEN, answer, "It is a dict with the keys A to E. Keep them, and replace the dots.")
    missing = []
    for name, given in answer.items():
        if given is ... or (isinstance(given, tuple | list) and any(part is ... for part in given)):
            missing.append(name)
        elif not isinstance(given, tuple | list) or len(given) != 2 or not isinstance(given[1], bool):
            idea = f"{name}: two things, the close code and True or False, such as (1006, True)."
            raise Wrong("something other than a pair.", idea, got=readable(given))
    if len(missing) == len(SEEN):
        raise NotStarted()
    for name, (code, error) in SEEN.items():
        if name in missing:
            continue
        if answer[name][0] != code:
            other = ("another code.", "Look at the picture of the lesson: which of the four ends is it?")
            looks, idea = CODE_IDEAS.get((name, answer[name][0]), other)
            raise Wrong(looks, f"{name}: {idea}", got=answer[name])
        if answer[name][1] != error:
            looks, idea = LOG_IDEAS[name]
            raise Wrong(looks, f"{name}: {idea}", got=answer[name])
    if missing:
        raise Wrong(idea=f"Right so far. Still to do: {', '.join(missing)}.")


# ---------------------------------------------------------------- 10.2

SCRIPT = {
    "A": '    async with serve(shout, "127.0.0.1", 0) as server:',
    "B": "asyncio.run(main())",
    "C": "        await ws.send(message.upper())",
    "D": "from websockets import serve",
    "E": "async def main():",
    "F": "    async for message in ws:",
    "G": "        await server.serve_forever()",
    "H": "async def shout(ws):",
    "I": "import asyncio",
    "J": '        print("port", server.sockets[0].getsockname()[1], flush=True)',
    "K": "await main()",
    "L": "    for message in ws:",
}

SCRIPT_MISSING = {
    "I": ("a name that nobody has imported.", "asyncio is a module, and comes with Python."),
    "D": ("a name that nobody has imported.", "serve comes from the library."),
    "H": ("a server without a handler.", "serve is given a function. Which line begins it?"),
    "C": ("a handler that never replies.", "Which line sends something?"),
    "E": ("a program without its main.", "asyncio.run carries out a coroutine. Which line begins its function?"),
    "A": ("a program without a server.", "Which line starts it?"),
    "J": ("a port that nobody is told.", "0 takes any free one. Which line says which it is?"),
    "G": ("a server that ends at once.", "At the end of `async with` it is stopped. What keeps the program there?"),
    "B": ("functions that nobody calls.", "A def line only makes a function. Which line starts the loop?"),
}

# line: (the lines of which one has to stand right above it, what it needs)
ABOVE = {
    "F": ("H", "ws is the handler's parameter"),
    "L": ("H", "ws is the handler's parameter"),
    "C": ("FL", "message comes from the loop"),
    "A": ("E", "the server is started in main"),
    "G": ("AJ", "server comes from the `async with`"),
    "J": ("AG", "server comes from the `async with`"),
}


@task(
    "10.2",
    "put the lines in order",
    hints=(
        "Three parts: what is imported, the two functions, and the one line that starts everything.",
        "The handler has a first line, a loop, and what the loop does. main has a first line, the `async with`, and "
        "two lines in it. Of two lines that begin alike, one cannot wait. And `await` at the left edge is for cells.",
        "I D for the imports, H F C for the handler, then main: E A J G. At the end comes B. K and L are left over.",
    ),
)
def put_in_order(answer):
    letters = letters_in_order(answer, dict.fromkeys(SCRIPT, "def "))  # a script may begin with any line
    if "K" in letters:
        idea = "At the left edge, `await` works in a notebook, whose loop runs already. Who starts the loop here?"
        raise Wrong("a cell taken for a program.", idea, got=answer)
    for letter, (looks, idea) in SCRIPT_MISSING.items():
        if letter not in letters:
            raise Wrong(looks, idea, got=answer)
    if not set("FL") & set(letters):
        raise Wrong("a handler without a loop.", "Which line takes one message after the other?", got=answer)
    if {"F", "L"} <= set(letters):
        raise Wrong("two loops for one.", "Both begin a loop over the messages. Which of them can wait?", got=answer)
    for at, letter in enumerate(letters):
        above, needs = ABOVE.get(letter, ("", ""))
        if above and (at == 0 or letters[at - 1] not in above):
            idea = f"Line {letter} is indented, and {needs}. Which line has to stand above it?"
            raise Wrong("a line outside its block.", idea, got=answer)
    if letters.index("G") < letters.index("J"):
        raise Wrong("a port that is told too late.", "serve_forever does not come back. Say it before.", got=answer)
    if letters[-1] != "B":
        idea = "asyncio.run comes back when the server has ended. Whatever stands behind it is done only then."
        raise Wrong("a program that starts too early.", idea, got=answer)
    source = "\n".join(SCRIPT[letter] for letter in letters[:-1])
    reply = in_quiet(SCRIPT["B"], shouted, source)
    if reply != "TEA":
        idea = "A plain for cannot wait for a message: it raised TypeError, so the client got 1011. What can wait?"
        raise Wrong("a loop that cannot wait.", idea, call="a client that sends 'tea'", expected="TEA", got=reply)


async def shouted(source, records):
    """Run the program `source`, without its last line, as asyncio.run(main()) would. Return what "tea" gets: str.

    If the connection ends without a reply, return the close code.
    """
    scope = {"__name__": "__main__", "print": lambda *args, **options: None}
    exec(source, scope)
    async with servers_kept() as (listening, opened):
        program = asyncio.create_task(scope["main"]())
        await asyncio.wait_for(opened.wait(), checks.SECONDS)
        try:
            async with connect(url_of(listening[0])) as ws:
                return (await told(ws, "tea", 1, SCRIPT["B"]))[0]
        except ConnectionClosed:
            return int(ws.close_code)
        finally:
            program.cancel()
            await asyncio.wait([program])


@contextlib.asynccontextmanager
async def servers_kept():
    """Give the TCP servers that are opened in this loop, a list, and an Event for the first. Close them at the end."""
    loop, kept, opened = asyncio.get_running_loop(), [], asyncio.Event()
    create_server = loop.create_server

    async def create(*args, **kwargs):
        server = await create_server(*args, **kwargs)
        kept.append(server)
        opened.set()
        return server

    loop.create_server = create
    try:
        yield kept, opened
    finally:
        for server in kept:
            server.close()


def url_of(server):
    """Return the URL at which an asyncio server of this machine listens."""
    return "ws://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]


# ---------------------------------------------------------------- 10.3

PRICES = {"tea": 150, "cocoa": 250}

# message, what the reply is: cents, or the word that the error must have; what another reply looks like
ORDERS = (
    ('{"drink": "tea", "cups": 2}', 300, ""),
    ('{"cups": 1, "drink": "cocoa", "note": "hot"}', 250, ""),
    ("tea, please", "JSON", "a text that is no JSON, taken for an order."),
    ("", "JSON", "an empty message taken for an order."),
    (b'{"drink": "tea", "cups": 100}', 15000, ""),
    (b"\xc3(", "JSON", "bytes that are no text, taken for an order."),
    ("[]", "object", "a list taken for an object."),
    ('"tea"', "object", "a text taken for an object."),
    ("3", "object", "a number taken for an object."),
    ("null", "object", "null taken for an object."),
    ('["drink", "cups"]', "object", "a list taken for an object."),
    ("{}", "drink or cups", "an order for nothing that is taken."),
    ('{"cups": 2}', "drink", "an order without a drink that is taken."),
    ('{"drink": "soup", "cups": 2}', "drink", "a drink that nobody sells."),
    ('{"drink": 3, "cups": 2}', "drink", "a number taken for a drink."),
    ('{"drink": null, "cups": 2}', "drink", "null taken for a drink."),
    ('{"drink": ["tea"], "cups": 2}', "drink", "a list taken for a drink."),
    ('{"drink": {"tea": 1}, "cups": 2}', "drink", "an object taken for a drink."),
    ('{"drink": "tea"}', "cups", "an order without cups that is taken."),
    ('{"drink": "tea", "cups": "2"}', "cups", "a text taken for a number."),
    ('{"drink": "tea", "cups": null}', "cups", "null taken for a number."),
    ('{"drink": "tea", "cups": [2]}', "cups", "a list taken for a number."),
    ('{"drink": "tea", "cups": true}', "cups", "true taken for a number."),
    ('{"drink": "tea", "cups": 2.5}', "cups", "half a cup that is sold."),
    ('{"drink": "tea", "cups": 0}', "cups", "an order of no cups that is taken."),
    ('{"drink": "tea", "cups": -1}', "cups", "a cup that is given back."),
    ('{"drink": "tea", "cups": 101}', "cups", "more cups than there are."),
    ("[" * 100_000, "JSON", "brackets without an end, taken for an order."),
    ('{"drink": "tea", "cups": 1}', 150, ""),
)

TILL_CRASHES = (
    ("JSONDecodeError", "Not every message is JSON. What does section 3 do about a ValueError?"),
    ("UnicodeDecodeError", "Bytes may be no text at all. That is a ValueError, too."),
    ("RecursionError", "Brackets in each other are too many for json.loads. Catch RecursionError, too."),
    ("unhashable", "A drink may be a list, which cannot be looked up. Ask first: isinstance(drink, str)."),
    ("KeyError: '(drink|cups)'", "The order may lack this field. Look for it before you take it."),
    ("KeyError", "Nobody sells that. Look it up in PRICES before you take it."),
    (
        "indices must be|not subscriptable|is not iterable|not a container|no attribute 'get'",
        "JSON may be a list, a number, a text or null. Is it a dict?",
    ),
    ("not supported between", "Cups may be a text, a list or null. Ask for the type first, and then for the value."),
    ("multiply|unsupported operand", "Cups may be anything. Ask for the type first."),
    ("dict-like|data must be|data is a", "What goes out is a text: json.dumps makes it of the dict."),
    ("NameError: name 'PRICES'", "PRICES is in the cell of this task. Leave it there."),
)


@task(
    "10.3",
    "answer every order",
    hints=(
        "Take the three questions of section 3, in their order. Each no has a reply of its own, and the loop goes on.",
        "A plain function that returns a dict makes it easy: try json.loads, with except (ValueError, "
        "RecursionError); not a dict; drink is no str, or not in PRICES; cups is a bool, or no int, or not from 1 to "
        "100. The handler sends json.dumps of it, and has try and except ConnectionClosed around its loop.",
        "async for message in ws: await ws.send(json.dumps(priced(message))). In priced: drink, cups = "
        'order.get("drink"), order.get("cups"). if not isinstance(drink, str) or drink not in PRICES: return '
        '{"error": "drink: expected tea or cocoa"}. if isinstance(cups, bool) or not isinstance(cups, int) or not '
        '1 <= cups <= 100: return {"error": "cups: expected 1 to 100"}. return {"cents": PRICES[drink] * cups}.',
    ),
)
def answer_every_order(answer):
    must_be_coroutine_function(answer, None, ideas=HANDLER_CRASHES)
    in_quiet("till(ws)", ordered, answer)
    for leave in ("closes properly", "vanishes"):
        in_quiet(f"till(ws), and the client {leave}", left, answer, leave == "vanishes")


class Watched:
    """A handler that notes how the answer ended: `error` is the exception that left it, or None."""

    def __init__(self, answer):
        self.answer, self.error, self.task, self.ended = answer, None, None, asyncio.Event()

    async def __call__(self, ws):
        self.task = asyncio.current_task()
        try:
            await self.answer(ws)
        except Exception as error:
            self.error = error
            raise
        finally:
            self.ended.set()


@contextlib.asynccontextmanager
async def served(answer):
    """Serve the answer; give what watches it, and a client. Whatever the answer waits for, it is over at the end."""
    watched = Watched(answer)
    async with real_server(watched) as (url, _):
        try:
            async with connect(url) as ws:
                yield watched, ws
        finally:
            if watched.task is not None:
                watched.task.cancel()


async def ordered(answer, records):
    """Raise Wrong or Stopped unless each order gets its reply, all over one connection."""
    async with served(answer) as (watched, ws):
        for number, (message, right, looks) in enumerate(ORDERS):
            call = "the client: " + call_text(ws.send, message)
            try:
                (reply,) = await told(ws, message, 1, call)
            except ConnectionClosed:
                raise closed_early(watched, ws.close_code, ORDERS[number - 1][1] if number else None, call) from None
            judge_reply(reply, right, looks, call)


def closed_early(watched, code, before, call):
    """Return what to raise for a connection that ended instead of a reply. before: what the last order got, or None."""
    if watched.error is not None and not isinstance(watched.error, ConnectionClosed):
        return with_idea(stopped(watched.error, watched.answer, call), TILL_CRASHES)
    if code == 1000:
        looks = "a handler that ends too early."
        idea = "The handler came to its end, and so did the connection. What makes it wait for the next message?"
        if isinstance(before, str):
            looks, idea = "a bad order that ends it all.", "After an error the loop goes on: the connection lives."
        return Wrong(looks, idea, call=call)
    idea = f"It was closed with {int(code)}. Here, a bad order gets a reply, and the connection lives."
    return Wrong("a connection that is closed on purpose.", idea, call=call)


def judge_reply(reply, right, looks, call):
    """Raise Wrong unless the reply is {"cents": right}, or an error that has the word `right`."""
    if not isinstance(reply, str):
        raise Wrong("bytes instead of a str.", "json.dumps gives a text: send it as it is.", call=call, got=reply)
    try:
        held = json.loads(reply)
    except ValueError:
        idea = "json.dumps makes JSON of a dict. str does not: it writes other quotation marks."
        raise Wrong("a reply that is no JSON.", idea, call=call, got=reply) from None
    if not isinstance(held, dict):
        raise Wrong("a reply that is no object.", 'Reply {"cents": ...} or {"error": ...}.', call=call, got=reply)
    if isinstance(right, int):
        if held != {"cents": right}:
            missed = "a good order that is refused." if "error" in held else "another reply to a good order."
            raise Wrong(missed, "This one is in order.", call=call, expected={"cents": right}, got=held)
        return
    if "error" not in held:
        raise Wrong(looks, 'Reply {"error": ...}, and say what is wrong.', call=call, got=held)
    judge_words(held, right, call)


def judge_words(held, right, call):
    """Raise Wrong unless the error says what was wrong, and does not blame another field."""
    error = held["error"]
    if len(held) > 1:
        raise Wrong("a reply and an error in one.", "One of the two.", call=call, got=held)
    if not isinstance(error, str) or not error.strip():
        raise Wrong("an error that says nothing.", "The client's author reads it: a text.", call=call, got=held)
    words = right.split(" or ")
    if not any(word.lower() in error.lower() for word in words):
        idea = f"Something else is wrong than it says, or it does not say what. A word that belongs there: {right}."
        raise Wrong("an error that does not say what is wrong.", idea, call=call, got=held)
    other = {"drink": "cups", "cups": "drink"}.get(right)
    if other and other in error.lower():
        idea = f"Only {right} is wrong here. Who reads this looks for the fault in {other}, too."
        raise Wrong("an error that blames too much.", idea, call=call, got=held)


async def left(answer, vanishes, records):
    """Raise Wrong unless the handler returns when the client has gone."""
    call = "till(ws), and the client " + ("vanishes" if vanishes else "closes properly")
    async with served(answer) as (watched, ws):
        await told(ws, ORDERS[0][0], 1, call)
        if vanishes:
            ws.transport.abort()
        else:
            await ws.close()
        try:
            await asyncio.wait_for(watched.ended.wait(), patience())
        except TimeoutError:
            raise Wrong("a handler that stays when the client has gone.", "What does it wait for?", call=call) from None
        if isinstance(watched.error, ConnectionClosed):
            idea = "Then recv, send and `async for` may raise ConnectionClosed. It is no fault of ours: catch it."
            raise Wrong(
                "a client that left, taken for a fault.", idea, call=call, got=Text(type(watched.error).__name__)
            )
        if watched.error is not None:
            raise with_idea(stopped(watched.error, answer, call), TILL_CRASHES)


# ---------------------------------------------------------------- 10.4

OLD_CRASHES = (
    ("missing 1 required positional argument", "The server calls book(ws). Where is the path today?"),
    ("no attribute 'path'", "The path is a part of the request: ws.request.path."),
    (
        "Passing coroutines is forbidden|no running event loop",
        "asyncio.wait takes tasks. Await one send, then the other.",
    ),
    ("loop is already running|asyncio.run\\(\\) cannot", "A loop runs already, as in each cell: await serve(...)."),
    ("has no attribute 'UTC'", "UTC belongs to the module: datetime.UTC. The class is datetime.datetime."),
    ("tzinfo argument must be", "now() takes a time zone: datetime.UTC, without quotation marks."),
    ("not JSON serializable", "JSON has no times. isoformat() makes a text of it."),
    ("dict-like|data must be|data is a", "What goes out is a text: json.dumps makes it of the dict."),
    ("Neither host/port nor sock", 'serve needs to know where: "127.0.0.1", and port 0, stand behind the handler.'),
    ("name 'websockets' is not defined", "The first cell has imported serve itself: serve(book, ...)."),
    ("type object 'datetime.datetime' has no", "The first cell has imported the module: datetime.datetime.now(...)."),
    ("address already in use", "Another program has this port. 0 takes any free one."),
)
VISITS = (("tea", ("Ada", "Zoë")), ("soup", ("Bob 100%",)))


@task(
    "10.4",
    "port a server",
    hints=(
        "Five things are wrong today, and section 5 has each of them. One is at the start, two end the handler, and "
        "two are wrong without an error.",
        "ws.request.path for the parameter; %s and %s for the log; datetime.now with the zone; two awaits, one after "
        "the other. start is awaited in a loop that runs: so await serve(...), and return what it gives.",
        'async def book(ws): room = ws.request.path.strip("/"). In the loop: logging.info("%s came to %s", name, '
        'room); at = datetime.datetime.now(datetime.UTC).isoformat(); await ws.send("Welcome!"); await '
        'ws.send(entry). And start: return await serve(book, "127.0.0.1", 0).',
    ),
)
def port_a_server(answer):
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Wrong("something other than the two functions.", "The check takes (book, start).", got=readable(answer))
    book, start = answer
    must_be_coroutine_function(book, None, ideas=OLD_CRASHES)
    in_quiet("book(ws)", visited, book, serving(book))  # so that book can be tried before start is written
    try:
        must_be_coroutine_function(start)
    except NotStarted:
        raise Wrong(idea="Right so far: book does its work. Still to do: start.") from None
    real, servers.start = servers.start, _refuse_helper  # it would keep a server of a loop that is gone
    try:
        in_quiet("await start()", visited, book, start)
    finally:
        servers.start = real


def serving(book):
    """Return a right start for the handler `book`."""

    async def start():
        return await serve(book, "127.0.0.1", 0)

    return start


async def _refuse_helper(*args, **options):
    idea = "servers.start keeps the server for itself, and gives its URL. Call serve of the library, as in section 4."
    raise Wrong("the course's helper.", idea, call="await start()")


async def visited(book, start, records):
    """Raise Wrong or Stopped unless the server that start() gives does what the old one did."""
    async with servers_kept() as (listening, _):
        waits = "start comes back as soon as the server listens. What does it wait for? serve_forever has no end."
        server = await awaited(start, call="await start()", ideas=OLD_CRASHES, waits=waits, passing=(Wrong,))
        judge_started(server, listening)
        for room, names in VISITS:
            await visit(book, server, url_of(listening[0]) + room, names, records)
        try:  # a second one, beside the first
            await awaited(start, call="await start()", ideas=OLD_CRASHES, waits=waits, passing=(Wrong, OSError))
        except OSError:
            idea = "As long as one server has it, no other can start. Any free one will do: which number asks for it?"
            raise Wrong("a port that is always the same.", idea, call="await start()") from None


def judge_started(server, listening):
    """Raise Wrong unless start() gave a server that listens."""
    call = "await start()"
    if not listening:
        idea = "Without `await`, serve(...) only makes a plan." if server is not None else "await serve(book, ...)."
        raise Wrong("a server that was never started.", idea, call=call)
    if not listening[0].is_serving():
        idea = "At the end of `async with` it is stopped. Here it is to stay: return await serve(...)."
        raise Wrong("a server that ends at once.", idea, call=call)
    if server is None:
        raise Wrong("a function without a return.", "Return the server, so that it can be stopped.", call=call)
    if not hasattr(server, "sockets"):
        raise Wrong("something other than the server.", "Return what `await serve(...)` gives.", call=call)
    host = listening[0].sockets[0].getsockname()[0]
    if host != "127.0.0.1":
        raise Wrong("a server for everybody.", 'Serve at "127.0.0.1", and port 0.', call=call, got=host)


async def visit(book, server, url, names, records):
    """Raise Wrong or Stopped unless each name gets its two messages, and its entry in the log."""
    room = url.rpartition("/")[2]
    try:
        async with connect(url) as ws:
            for name in names:
                call = f"a client at /{room} that sends {name!r}"
                records.clear()
                judge_entry(await told(ws, name, 2, call), room, name, call)
                judge_note(own(records), room, name, call)
    except InvalidHandshake as refusal:
        raise Wrong(
            "a server that lets nobody in.", "The old one took every path.", call=url, got=Text(refusal)
        ) from None
    except ConnectionClosed:
        server.close()
        with contextlib.suppress(TimeoutError):  # the library logs what left the handler after it has closed
            await asyncio.wait_for(server.wait_closed(), patience())
        error = handlers_error(records)
        if error is not None:
            raise with_idea(stopped(error, book, call), OLD_CRASHES) from None
        idea = "The old one had a loop, and served name after name. After which line does yours end?"
        raise Wrong("a handler that ends too early.", idea, call=call) from None


def own(records):
    """Return the records that are not from the library or from asyncio."""
    return [record for record in records if record.name.partition(".")[0] not in ("websockets", "asyncio")]


def handlers_error(records):
    """Return the exception that has left the handler, as the library's log has it, or None."""
    return next((record.exc_info[1] for record in records if record.levelno >= logging.ERROR and record.exc_info), None)


def judge_entry(received, room, name, call):
    """Raise Wrong unless the welcome came, and then the entry."""
    welcome, entry = received
    if welcome != "Welcome!":
        raise Wrong("another first message.", "First Welcome!, then the entry.", call=call, got=readable(welcome))
    try:
        held = json.loads(entry)
    except ValueError:
        raise Wrong("an entry that is no JSON.", "json.dumps makes it, as before.", call=call, got=entry) from None
    if not isinstance(held, dict) or set(held) != {"room", "name", "at"}:
        raise Wrong("another entry.", "It has room, name and at, as before.", call=call, got=readable(held))
    for field, right in (("room", room), ("name", name)):
        if held[field] != right:
            slash = isinstance(held[field], str) and held[field].strip("/") == right
            idea = 'The path begins with a slash: .strip("/").' if slash else "As the old one would have it."
            raise Wrong(f"another {field}.", idea, call=call, expected=right, got=held[field])
    judge_time(held["at"], call, "an entry")


def judge_note(records, room, name, call):
    """Raise Wrong unless there is one entry in the log, with the name and the room."""
    if len(records) != 1:
        idea = "One name, one call of logging.info, before the messages are sent."
        raise Wrong(f"a log with {len(records)} entries.", idea, call=call)
    text = text_of(records[0], "the name and the room", call)
    if name not in text or room not in text:
        idea = "The text has %s twice, and name and room come after the comma."
        raise Wrong("an entry without the name or the room.", idea, call=call, got=text)


# ---------------------------------------------------------------- 10.5

LOOK_UPS = {"soup": 3, "tea": 1, "cake": 2, "bread": LONG}  # what: seconds that it takes; others are a KeyError

DESK_CRASHES = (
    ("type KeyError is not JSON", "An exception is no text: put a text of yours there."),
    (
        "KeyError|ExceptionGroup|unhandled errors",
        "look_up raises KeyError for what it does not know. Where is it caught?",
    ),
    ("dict-like|data must be|data is a|send\\(\\) takes", "What goes out is a text: json.dumps makes it of the dict."),
    ("not JSON serializable", "look_up(...) is a plan: put `await` before it."),
    ("can't be used in 'await'|object NoneType", "What does this line await? A task is made by asyncio.create_task."),
    ("CancelledError", "A task that was cancelled raises CancelledError where it is awaited. asyncio.wait does not."),
    (
        "set changed size|changed size during",
        "A task that ends takes itself out of the set. Go through list(...) of it.",
    ),
)


class Desk:
    """A connection in memory: `requests` come at once, and at second `end` the client leaves.

    sent: list of (second, reply). lost: bool, whether the client vanishes instead of closing.
    """

    def __init__(self, requests, end, lost=False):
        self.requests, self.end, self.lost = [json.dumps(request) for request in requests], end, lost
        self.sent, self.start = [], asyncio.get_running_loop().time()

    def __repr__(self):
        return "ws"

    def second(self):
        return round(asyncio.get_running_loop().time() - self.start, 6)

    async def recv(self):
        if self.requests:
            return self.requests.pop(0)
        await asyncio.sleep(max(self.end - self.second(), 0))
        raise ConnectionClosedError(None, None)

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return await self.recv()
        except ConnectionClosed:
            if self.lost:
                raise
            raise StopAsyncIteration from None

    async def send(self, message):
        if not isinstance(message, str | bytes):
            raise TypeError("send() takes a text or bytes")
        if self.second() >= self.end:
            raise ConnectionClosedError(None, None)
        self.sent.append((self.second(), message))


# requests as (id, ask), and what has to go out: (second, id, ask)
DESKS = (
    (((7, "tea"),), ((1, 7, "tea"),)),
    (((1, "soup"), (2, "tea")), ((1, 2, "tea"), (3, 1, "soup"))),
    (
        ((5, "soup"), (4, "cake"), (12, "tea"), (3, "tea")),
        ((1, 12, "tea"), (1, 3, "tea"), (2, 4, "cake"), (3, 5, "soup")),
    ),
    (((1, "glue"), (2, "tea"), (3, "glue")), ((0, 1, "glue"), (0, 3, "glue"), (1, 2, "tea"))),
)


@task(
    "10.5",
    "let the quick ones pass (optional)",
    hints=(
        "A handler that awaits look_up takes no other message meanwhile. Who else could wait for it?",
        "One task for each request: a small coroutine function that looks up, and sends the reply with the id. Keep "
        "the tasks in a set. When the loop over the messages is over, however that comes, cancel those that are left.",
        "async def one(request): try: reply = {..., 'answer': await look_up(request['ask'])} except KeyError: reply = "
        "{..., 'error': 'unknown'}; then send it, with except ConnectionClosed: pass. In desk: tasks = set(); try: "
        "async for message in ws: tasks.add(asyncio.create_task(one(json.loads(message)))) except ConnectionClosed: "
        "pass finally: for task in tasks: task.cancel().",
    ),
)
def let_the_quick_ones_pass(answer):
    must_be_coroutine_function(answer, None, None)
    for requests, wanted in DESKS:
        call = "desk(ws, look_up), asked for " + ", ".join(ask for _, ask in requests)
        judge_desk(at_the_desk(answer, requests, 10, False, call), requests, wanted, call)
    for lost in (False, True):
        call = "desk(ws, look_up), and the client " + ("vanishes" if lost else "leaves") + " before the answer"
        judge_leaving(at_the_desk(answer, ((1, "bread"), (2, "tea")), 1.5, lost, call), call)


class Waited:
    """What was seen of a desk. sent: list of (second, reply). second: float, when it returned.

    running: how many look-ups were still under way then; held: whether `second` is its own, or our limit.
    """

    def __init__(self, sent, second, running, held):
        self.sent, self.second, self.running, self.held = sent, second, running, held


def at_the_desk(answer, requests, end, lost, call):
    """Return what was Waited for. Raises Wrong or Stopped for an exception that leaves the handler."""
    return played(desk_story, answer, requests, end, lost, call, call=call)


async def desk_story(answer, requests, end, lost, call):
    running = []

    async def look_up(what):
        if what not in LOOK_UPS:
            raise KeyError(what)
        running.append(what)
        try:
            await asyncio.sleep(LOOK_UPS[what])
        finally:
            running.remove(what)
        return f"{what} is ready"

    ws = Desk([{"id": number, "ask": ask} for number, ask in requests], end, lost)
    with tasks_kept() as tasks:
        try:
            async with asyncio.timeout(LONG / 2) as limit:
                await answer(ws, look_up)
        except ConnectionClosed:
            idea = "When the client has gone, the handler ends, and no exception leaves it: catch ConnectionClosed."
            raise Wrong("a client that left, taken for a fault.", idea, call=call) from None
        except Exception as error:
            if not limit.expired():
                raise with_idea(stopped(error, answer, call), DESK_CRASHES) from None
        second = ws.second()
        for _ in range(10):  # a task that was cancelled ends in its next turn
            await asyncio.sleep(0)
    for error in map(death, tasks):
        if error is not None and not isinstance(error, ConnectionClosed):
            raise with_idea(stopped(error, answer, call), DESK_CRASHES)
    return Waited(ws.sent, second, len(running), limit.expired())


def judge_desk(seen, requests, wanted, call):
    """Raise Wrong unless each request got its own reply, as soon as it was ready."""
    replies = []
    for second, text in seen.sent:
        try:
            replies.append((second, json.loads(text)))
        except ValueError:
            raise Wrong("a reply that is no JSON.", "json.dumps makes it of a dict.", call=call, got=text) from None
    if seen.held and not replies:
        raise Wrong("a handler that never replies.", "What does it wait for?", call=call)
    if len(replies) != len(wanted):
        idea = "Each request gets one, also the one that look_up does not know."
        came = "1 reply" if len(replies) == 1 else f"{len(replies)} replies"
        looks = f"{came} to {plural(len(wanted), 'request')}."
        raise Wrong(looks, idea, call=call, got=[reply for _, reply in replies])
    for _, reply in replies:
        if not isinstance(reply, dict) or "id" not in reply:
            raise Wrong(
                "a reply without an id.", "The client could not tell whose it is.", call=call, got=readable(reply)
            )
    ids = [reply["id"] for _, reply in replies]
    if sorted(map(str, ids)) != sorted(str(number) for number, _ in requests):
        idea = "Each reply has the id of its request. Is there a variable that the loop changes meanwhile?"
        raise Wrong("another id.", idea, call=call, expected=[number for _, number, _ in wanted], got=ids)
    for (second, reply), (due, number, ask) in zip(
        sorted(replies, key=by_id), sorted(wanted, key=by_number), strict=True
    ):
        right = {"id": number, "answer": f"{ask} is ready"}
        if ask not in LOOK_UPS:
            if not isinstance(reply.get("error"), str) or set(reply) != {"id", "error"}:
                idea = 'look_up raised KeyError: reply {"id": ..., "error": "..."}.'
                raise Wrong("an answer to what nobody knows.", idea, call=call, got=reply)
        elif reply != right:
            raise Wrong("another reply.", "id, and the answer to this one.", call=call, expected=right, got=reply)
        if second != due:
            idea = f"{ask} takes {plural(LOOK_UPS.get(ask, 0), 'second')}, and its reply went out after {second:g}."
            raise Wrong("one after the other.", f"{idea} Who waited for whom?", call=call)


def by_id(pair):
    return str(pair[1]["id"])


def by_number(row):
    return str(row[1])


def judge_leaving(seen, call):
    """Raise Wrong unless the handler ended with its client, and took its look-ups along."""
    if seen.held or seen.second > 1.5:
        idea = "It waited for an answer that nobody wants any more. Cancel what is left."
        raise Wrong("a handler that stays when the client has gone.", idea, call=call)
    if seen.running:
        idea = "The handler has ended, and a look-up goes on. Keep the tasks, and cancel them at the end."
        raise Wrong("a task that is left running.", idea, call=call)

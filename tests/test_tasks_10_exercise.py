"""The checks of the exercise of lesson 10: wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer, as in test_tasks_10.py. What the checks claim of real servers is played with
real ones, too.
"""

import asyncio
import contextlib
import datetime
import itertools
import json
import logging
import threading
from types import SimpleNamespace

import nbformat
import pytest
import websockets
from websockets import ConnectionClosed, connect, serve

from classroom import servers
from classroom.tasks.lesson_10_exercise import PRICES, SCRIPT, SEEN, logged
from classroom.workspace import ROOT
from tests.answers import right, wrong
from tests.notebook_rules import code_cells

SECONDS = 2  # for one check: each has a server, and a slow machine is no fault of an answer

# ---------------------------------------------------------------- 10.1


def seen(**other):
    return SEEN | other


BLANK = (..., ...)
HANDLERS = [
    ("untouched", dict.fromkeys(SEEN, BLANK), "[ ]", "Replace the dots"),
    ("half a pair", seen(E=(1001, ...)), "[x]", "Still to do: E"),
    ("one only", dict.fromkeys(SEEN, BLANK) | {"A": (1000, False)}, "[x]", "Still to do: B, C, D, E"),
    ("no dict", [1000], "[x]", "another shape"),
    ("codes only", dict.fromkeys(SEEN, 1000), "[x]", "other than a pair"),
    ("a number for the log", seen(A=(1000, 0)), "[x]", "other than a pair"),
    ("A stays open", seen(A=(1001, False)), "[x]", "waits for the client"),
    ("A is an error", seen(A=(1011, True)), "[x]", "a return taken for an error"),
    ("A is logged", seen(A=(1000, True)), "[x]", "an end taken for an error"),
    ("B goes on", seen(B=(1001, True)), "[x]", "outlives its handler"),
    ("B ends well", seen(B=(1000, True)), "[x]", "an error that nobody hears of"),
    ("B kills the server", seen(B=(1006, True)), "[x]", "a server that falls over"),
    ("B is not logged", seen(B=(1011, False)), "[x]", "an error without a trace"),
    ("C raises", seen(C=(1011, True)), "[x]", "leaves the handler"),
    ("C goes on", seen(C=(1001, False)), "[x]", "a loop that goes on"),
    ("C is logged", seen(C=(1000, True)), "[x]", "logged all the same"),
    ("D tells the client", seen(D=(1011, True)), "[x]", "an error that comes in time"),
    ("D ends well", seen(D=(1000, True)), "[x]", "a code that is lost"),
    ("D without an answer", seen(D=(1006, True)), "[x]", "a Close frame without an answer"),
    ("D sends to nobody", seen(D=(1001, False)), "[x]", "a send to nobody that works"),
    ("E ends first", seen(E=(1000, False)), "[x]", "a handler that ends first"),
    ("E raises", seen(E=(1011, True)), "[x]", "an orderly end taken for an error"),
    ("E is logged", seen(E=(1001, True)), "[x]", "an orderly end taken for an error"),
    ("another code", seen(E=(1234, False)), "[x]", "another code"),
]


def words_of(task):
    """Return the Markdown cell of a task."""
    notebook = nbformat.read(ROOT / "solutions" / "10_first_servers.ipynb", as_version=4)
    return next(cell.source for cell in notebook.cells if cell.source.startswith(f"## Task {task}"))


def python_of(task):
    """Return the Python that stands between the words of a task."""
    return words_of(task).split("```python\n")[1].split("```")[0]


async def met(handler):
    """Return what the client of task 10.1 sees of a handler: (close code, whether the log has an ERROR).

    The second after which it leaves is cut short: it leaves when its own ping was answered, and no message comes.
    """
    with logged() as records:
        async with serve(handler, "127.0.0.1", 0) as server:
            url = "ws://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
            async with asyncio.timeout(20), connect(url) as ws:
                with contextlib.suppress(ConnectionClosed):
                    await ws.send("tea")
                    if handler.__name__ in "de":  # for the others, the connection ends by itself
                        await (await ws.ping())
                        await ws.close(1001)
                await ws.wait_closed()
    return int(ws.close_code), any(record.levelno >= logging.ERROR for record in records)


def test_five_handlers_do_what_10_1_says():
    scope = {}
    exec(python_of(1), scope)
    assert {name: asyncio.run(met(scope[name.lower()])) for name in SEEN} == SEEN


# ---------------------------------------------------------------- 10.2

ORDER = [
    ("untouched", ..., "[ ]", "Replace the dots"),
    ("other letters", "XYZ", "[x]", "not made of the letters A to L"),
    ("a line twice", "IIDHFCEAJGB", "[x]", "a line used twice"),
    ("awaits at the top", "IDHFCEAJGK", "[x]", "a cell taken for a program"),
    ("all lines", "IDHFLCEAJGBK", "[x]", "a cell taken for a program"),
    ("no asyncio", "DHFCEAJGB", "[x]", "nobody has imported"),
    ("no serve", "IHFCEAJGB", "[x]", "nobody has imported"),
    ("no handler", "IDFCEAJGB", "[x]", "a server without a handler"),
    ("no reply", "IDHFEAJGB", "[x]", "a handler that never replies"),
    ("no main", "IDHFCAJGB", "[x]", "a program without its main"),
    ("no server", "IDHFCEJGB", "[x]", "a program without a server"),
    ("no port", "IDHFCEAGB", "[x]", "a port that nobody is told"),
    ("no serve_forever", "IDHFCEAJB", "[x]", "a server that ends at once"),
    ("no run", "IDHFCEAJG", "[x]", "functions that nobody calls"),
    ("no loop", "IDHCEAJGB", "[x]", "a handler without a loop"),
    ("both loops", "IDHFLCEAJGB", "[x]", "two loops for one"),
    ("a reply before its loop", "IDHCFEAJGB", "[x]", "a line outside its block"),
    ("the server in the handler", "IDHAFCEJGB", "[x]", "a line outside its block"),
    ("a body first", "FIDHCEAJGB", "[x]", "a line outside its block"),
    ("an import in the middle", "IHDFCEAJGB", "[x]", "a line outside its block"),
    ("the port last", "IDHFCEAGJB", "[x]", "a port that is told too late"),
    ("run first", "IDBHFCEAJG", "[x]", "a program that starts too early"),
    ("run before the handler", "IDEAJGBHFC", "[x]", "a program that starts too early"),
    ("a loop that cannot wait", "IDHLCEAJGB", "[x]", "a loop that cannot wait"),
]


def test_the_lines_are_those_of_the_exercise():
    assert python_of(2).splitlines() == [f"{letter} {line}" for letter, line in SCRIPT.items()]


def blocks_in_any_order():
    """Return the right orders: the blocks of the program in each order, and asyncio.run at the end."""
    return ["".join(blocks) + "B" for blocks in itertools.permutations(("I", "D", "HFC", "EAJG"))]


# ---------------------------------------------------------------- 10.3


def priced(
    message, catch=(ValueError, RecursionError), kind=dict, drinks=str, cups_are=int, least=1, most=100, true=False
):
    """Return the right reply, or one with a slip."""
    try:
        order = json.loads(message)
    except catch:
        return {"error": "expected JSON"}
    if not isinstance(order, kind):
        return {"error": "expected an object"}
    drink, cups = order.get("drink"), order.get("cups")
    if not isinstance(drink, drinks) or drink not in PRICES:
        return {"error": "drink: expected tea or cocoa"}
    if (isinstance(cups, bool) and not true) or not isinstance(cups, cups_are) or not least <= cups <= most:
        return {"error": "cups: expected 1 to 100"}
    return {"cents": PRICES[drink] * cups}


def selling(reply=priced, dumps=json.dumps, **slip):
    """Return a till that replies what reply(message, **slip) gives."""

    async def till(ws):
        with contextlib.suppress(ConnectionClosed):
            async for message in ws:
                await ws.send(dumps(reply(message, **slip)))

    return till


async def till_stub(ws):
    """Reply to each order with its price, or with what is wrong with it."""
    pass


def not_async(ws):
    return selling()(ws)


async def with_a_path(ws, path):
    await selling()(ws)


async def once(ws):
    await ws.send(json.dumps(priced(await ws.recv())))


async def ends_with_an_error(ws):
    async for message in ws:
        reply = priced(message)
        await ws.send(json.dumps(reply))
        if "error" in reply:
            return


async def closes_on_purpose(ws):
    async for message in ws:
        reply = priced(message)
        if "error" in reply:
            await ws.close(1008, reply["error"])
            return
        await ws.send(json.dumps(reply))


async def silent_about_errors(ws):
    async for message in ws:
        reply = priced(message)
        if "error" not in reply:
            await ws.send(json.dumps(reply))


async def plans_only(ws):
    async for message in ws:
        ws.send(json.dumps(priced(message)))


async def says_nothing(ws):
    await ws.wait_closed()


async def sleeps_endlessly(ws):
    await asyncio.sleep(3600)


async def sends_the_dict(ws):
    async for message in ws:
        await ws.send(priced(message))


async def catches_nothing(ws):
    async for message in ws:
        await ws.send(json.dumps(priced(message)))


async def receives_for_ever(ws):
    while True:
        await ws.send(json.dumps(priced(await ws.recv())))


async def goes_on_after_the_end(ws):
    while True:
        try:
            await ws.send(json.dumps(priced(await ws.recv())))
        except ConnectionClosed:
            pass


async def stays_after_the_end(ws):
    await selling()(ws)
    await asyncio.sleep(3600)


def trusting(message):
    order = json.loads(message)
    return {"cents": PRICES[order["drink"]] * order["cups"]}


def careful_with_json(message):
    try:
        order = json.loads(message)
    except (ValueError, RecursionError):
        return {"error": "JSON"}
    return {"cents": PRICES[order["drink"]] * order["cups"]}


def asks_for_the_fields(message):
    try:
        order = json.loads(message)
    except (ValueError, RecursionError):
        return {"error": "JSON"}
    if "drink" not in order or "cups" not in order:
        return {"error": "object with drink and cups"}
    return {"cents": PRICES[order["drink"]] * order["cups"]}


def takes_what_is_there(message):
    reply = priced(message)
    if reply == {"error": "drink: expected tea or cocoa"}:
        return {"cents": PRICES[json.loads(message)["drink"]]}
    return reply


def looks_up_anything(message):
    try:
        return {"cents": PRICES[json.loads(message)["drink"]]} if "error" in priced(message) else priced(message)
    except (ValueError, RecursionError, TypeError, KeyError):
        return priced(message)


def compares_anything(message):
    reply = priced(message)
    if reply == {"error": "cups: expected 1 to 100"}:
        cups = json.loads(message).get("cups", 0)
        return reply if not 1 <= cups <= 100 else {"cents": 150 * cups}
    return reply


def multiplies_anything(message):
    reply = priced(message)
    if reply == {"error": "cups: expected 1 to 100"} and "cups" in json.loads(message):
        return {"cents": 150 * json.loads(message)["cups"]}
    return reply


def always(reply):
    return lambda message: priced(message) if "cents" in priced(message) else reply


def more(message):
    reply = priced(message)
    return reply if "cents" in reply else reply | {"cents": 0}


def every_second_cup_is_free(message):
    reply = priced(message)
    return {"cents": 150} if reply == {"cents": 300} else reply


def refuses_bytes(message):
    return priced(message) if isinstance(message, str) else {"error": "JSON, as text"}


TILLS = [
    ("untouched", till_stub, "[ ]", "still empty"),
    ("no function", "till", "[x]", "not a function"),
    ("not async", not_async, "[x]", "a function without async"),
    ("with a path", with_a_path, "[!]", "with the connection alone"),
    ("once", once, "[x]", "a handler that ends too early"),
    ("ends with an error", ends_with_an_error, "[x]", "a bad order that ends it all"),
    ("closes on purpose", closes_on_purpose, "[x]", "closed on purpose"),
    ("silent about errors", silent_about_errors, "[x]", "a message without a reply"),
    ("plans only", plans_only, "[x]", "a message without a reply"),
    ("says nothing", says_nothing, "[x]", "a message without a reply"),
    ("endless sleep", sleeps_endlessly, "[x]", "a message without a reply"),
    ("the dict itself", sends_the_dict, "[!]", "json.dumps makes it of the dict"),
    ("str of the dict", selling(dumps=str), "[x]", "a reply that is no JSON"),
    ("JSON as bytes", selling(dumps=lambda reply: json.dumps(reply).encode()), "[x]", "bytes instead of a str"),
    ("a text as JSON", selling(dumps=lambda reply: '"300"'), "[x]", "a reply that is no object"),
    ("trusting", selling(trusting), "[!]", "Not every message is JSON"),
    ("JSONDecodeError only", selling(catch=json.JSONDecodeError), "[!]", "Bytes may be no text at all"),
    ("no RecursionError", selling(catch=ValueError), "[!]", "Catch RecursionError, too"),
    ("any JSON", selling(careful_with_json), "[!]", "Is it a dict?"),
    ("any JSON with get", selling(kind=object), "[!]", "Is it a dict?"),
    ("asks for the fields only", selling(asks_for_the_fields), "[!]", "Is it a dict?"),
    ("any drink", selling(drinks=object), "[!]", "isinstance(drink, str)"),
    ("no such drink", selling(takes_what_is_there), "[!]", "The order may lack this field"),
    ("any cups", selling(compares_anything), "[!]", "Ask for the type first"),
    ("text times price", selling(multiplies_anything), "[x]", "a text taken for a number"),
    ("true is one", selling(true=True), "[x]", "true taken for a number"),
    ("half a cup", selling(cups_are=int | float), "[x]", "half a cup"),
    ("no cups", selling(least=0), "[x]", "an order of no cups"),
    ("a cup given back", selling(least=-1), "[x]", "an order of no cups"),
    ("101 cups", selling(most=101), "[x]", "more cups than there are"),
    ("JSON for all", selling(always({"error": "no JSON"})), "[x]", "does not say what is wrong"),
    ("all in one", selling(always({"error": "a JSON object with drink and cups"})), "[x]", "blames too much"),
    ("an empty error", selling(always({"error": ""})), "[x]", "an error that says nothing"),
    ("more than an error", selling(more), "[x]", "a reply and an error in one"),
    ("another price", selling(every_second_cup_is_free), "[x]", "another reply to a good order"),
    ("refuses bytes", selling(refuses_bytes), "[x]", "a good order that is refused"),
    ("a lost client", catches_nothing, "[x]", "a client that left, taken for a fault"),
    ("receives for ever", receives_for_ever, "[x]", "a client that left, taken for a fault"),
    ("stays after the end", stays_after_the_end, "[x]", "stays when the client has gone"),
    ("endless after the end", goes_on_after_the_end, "[!]", "never gave the turn back"),
]


async def till_with_match(ws):
    """One function, recv, and match."""
    while True:
        try:
            message = await ws.recv()
        except ConnectionClosed:
            return
        try:
            match json.loads(message):
                case {"drink": "tea" | "cocoa" as drink, "cups": int(cups)} if cups is not True and 0 < cups < 101:
                    reply = {"cents": PRICES[drink] * cups}
                case {"drink": "tea" | "cocoa"}:
                    reply = {"error": "How many cups?"}
                case dict():
                    reply = {"error": "Which drink?"}
                case _:
                    reply = {"error": "Send an object."}
        except (ValueError, RecursionError):
            reply = {"error": "Not json."}
        try:
            await ws.send(json.dumps(reply))
        except ConnectionClosed:
            break


def with_type(message):
    """Cups first, type() for isinstance, exceptions for questions."""
    try:
        order = json.loads(message)
    except Exception:
        return {"error": "JSON?"}
    if type(order) is not dict:
        return {"error": "This is no object"}
    if type(order.get("cups")) is not int or order["cups"] not in range(1, 101):
        return {"error": "CUPS" if "drink" in order and order["drink"] in list(PRICES) else "drink or cups"}
    try:
        return {"cents": PRICES[order["drink"]] * order["cups"]}
    except (KeyError, TypeError):
        return {"error": "the drink is wrong"}


# ---------------------------------------------------------------- 10.4


def booking(
    log="%s came to %s",
    room=lambda ws: ws.request.path.strip("/"),
    now=lambda: datetime.datetime.now(datetime.UTC).isoformat(),
    first="Welcome!",
    pack=json.dumps,
    times=100,
):
    """Return a right book, or one with a slip."""

    async def book(ws):
        here = room(ws)
        for _ in range(times):
            try:
                name = await ws.recv()
            except ConnectionClosed:
                return
            logging.info(log, name, here)
            at = now()
            await ws.send(first)
            await ws.send(pack({"room": here, "name": name, "at": at}))

    return book


def beginning(book):
    """Return a right start for the handler `book`."""

    async def start():
        return await serve(book, "127.0.0.1", 0)

    return start


def an_hour_late():
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)).isoformat()


def ported(**slip):
    book = booking(**slip)
    return book, beginning(book)


def both(book):
    return book, beginning(book)


def started(make):
    """Return a right book, and a start made by make(book)."""
    book = booking()
    return book, make(book)


async def book_stub(ws):
    """Welcome each name, and send the entry."""
    pass


async def start_stub():
    """Serve book, and return the server."""
    pass


async def with_path(ws, path):
    await booking()(ws)


async def path_of_ws(ws):
    await ws.send(ws.path)


async def still_asyncio_wait(ws):
    async for name in ws:
        logging.info("%s came to %s", name, ws.request.path)
        await asyncio.wait([ws.send("Welcome!"), ws.send("{}")])


async def forgets_await(ws):
    async for name in ws:
        logging.info("%s came to %s", name, ws.request.path)
        ws.send("Welcome!")


async def forgets_the_entry(ws):
    async for name in ws:
        logging.info("%s came to %s", name, ws.request.path)
        await ws.send("Welcome!")


async def nothing_logged(ws):
    async for name in ws:
        await ws.send("Welcome!")
        at = datetime.datetime.now(datetime.UTC).isoformat()
        await ws.send(json.dumps({"room": ws.request.path.strip("/"), "name": name, "at": at}))


def no_await(book):
    async def start():
        return serve(book, "127.0.0.1", 0)

    return start


def no_return(book):
    async def start():
        await serve(book, "127.0.0.1", 0)

    return start


def returns_the_port(book):
    async def start():
        server = await serve(book, "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    return start


def never_starts(book):
    async def start():
        print("ready")

    return start


def by_the_helper(book):
    async def start():
        return await servers.start("book", book)

    return start


def for_ever(book):
    async def start():
        async with serve(book, "127.0.0.1", 0) as server:
            await server.serve_forever()

    return start


def until_the_return(book):
    async def start():
        async with serve(book, "127.0.0.1", 0) as server:
            return server

    return start


def for_everybody(book):
    async def start():
        return await serve(book, "0.0.0.0", 0)

    return start


def on_one_port(book):
    ports = []

    async def start():
        server = await serve(book, "127.0.0.1", *(ports or [0]))
        ports.append(server.sockets[0].getsockname()[1])
        return server

    return start


def without_address(book):
    async def start():
        return await serve(book)

    return start


def until_complete(book):
    async def start():
        return asyncio.get_event_loop().run_until_complete(serve(book, "127.0.0.1", 0))

    return start


def runs(book):
    async def start():
        return asyncio.run(serve(book, "127.0.0.1", 0))

    return start


def by_the_old_name(book):
    async def start():
        return await websocket.serve(book, "127.0.0.1", 0)  # noqa: F821 - that is the slip

    return start


def lets_nobody_in(book):
    def only_book(connection, request):
        if request.path != "/book":
            return connection.respond(404, "Try /book\n")

    async def start():
        return await serve(book, "127.0.0.1", 0, process_request=only_book)

    return start


async def spin_in_start():
    while True:
        pass


async def loops_in_the_handler(ws):
    while True:
        pass


BOOKS = [
    ("untouched", (book_stub, start_stub), "[ ]", "book_stub is still empty"),
    ("start untouched", (booking(), start_stub), "[x]", "Still to do: start."),
    ("a slip, and start untouched", (booking(first="Hello!"), start_stub), "[x]", "another first message"),
    ("one function", booking(), "[x]", "other than the two functions"),
    ("with a path", both(with_path), "[!]", "Where is the path today?"),
    ("the path of ws", both(path_of_ws), "[!]", "The path is a part of the request"),
    ("asyncio.wait", both(still_asyncio_wait), "[!]", "Await one send, then the other"),
    ("no await", both(forgets_await), "[x]", "a message without a reply"),
    ("the welcome only", both(forgets_the_entry), "[x]", "1 message came, and 2 were due"),
    ("nothing logged", both(nothing_logged), "[x]", "a log with 0 entries"),
    ("curly brackets", ported(log="{} came to {}"), "[x]", "curly brackets in the text for the log"),
    ("one place", ported(log="%s came"), "[x]", "a text without a place for the name and the room"),
    ("utcnow", ported(now=lambda: "2026-01-01T12:00:00"), "[x]", "a time without its zone"),
    ("another zone", ported(now=lambda: "2026-01-01T12:00:00+02:00"), "[x]", "a time of another zone"),
    ("local time called UTC", ported(now=an_hour_late), "[x]", "there the time is another"),
    ("no time", ported(now=lambda: "now"), "[x]", "an entry that is no time"),
    ("the time itself", ported(now=lambda: datetime.datetime.now(datetime.UTC)), "[!]", "isoformat() makes a text"),
    ("UTC as text", ported(now=lambda: datetime.datetime.now("UTC")), "[!]", "without quotation marks"),
    ("UTC of the class", ported(now=lambda: datetime.datetime.UTC), "[!]", "UTC belongs to the module"),
    ("a room with a slash", ported(room=lambda ws: ws.request.path), "[x]", "begins with a slash"),
    ("another room", ported(room=lambda ws: "book"), "[x]", "an entry without the name or the room|another room"),
    ("another welcome", ported(first="Hello!"), "[x]", "another first message"),
    ("no JSON", ported(pack=str), "[x]", "an entry that is no JSON"),
    ("the dict", ported(pack=lambda entry: entry), "[!]", "json.dumps makes it of the dict"),
    ("no room", ported(pack=lambda entry: json.dumps({"name": entry["name"]})), "[x]", "another entry"),
    ("one name only", ported(times=1), "[x]", "a handler that ends too early"),
    ("no await in start", started(no_await), "[x]", "a server that was never started"),
    ("nothing started", started(never_starts), "[x]", "a server that was never started"),
    ("no return", started(no_return), "[x]", "a function without a return"),
    ("the port", started(returns_the_port), "[x]", "other than the server"),
    ("the course's helper", started(by_the_helper), "[x]", "the course's helper"),
    ("endless: serve_forever", started(for_ever), "[!]", "serve_forever has no end"),
    ("async with", started(until_the_return), "[x]", "a server that ends at once"),
    ("for everybody", started(for_everybody), "[x]", "a server for everybody"),
    ("a port of its own", started(on_one_port), "[x]", "a port that is always the same"),
    ("no address", started(without_address), "[!]", "serve needs to know where"),
    ("run_until_complete", started(until_complete), "[!]", "A loop runs already"),
    ("asyncio.run", started(runs), "[!]", "A loop runs already"),
    ("a name of its own", started(by_the_old_name), "[!]", "Python does not know this name"),
    ("another path", started(lets_nobody_in), "[x]", "lets nobody in"),
    ("start not async", (booking(), lambda: None), "[x]", "a function without async"),
    ("an endless start", started(lambda book: spin_in_start), "[!]", "never gave the turn back"),
    ("an endless loop", both(loops_in_the_handler), "[!]", "never gave the turn back"),
]


async def book_with_gather(ws):
    """gather, a logger of its own, an f-string, and the level that it had once."""
    _, _, room = ws.request.path.partition("/")
    async for name in ws:
        logging.getLogger("book").warning(f"{name} is in {room}")
        at = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%dT%H:%M:%S+00:00}"  # noqa: UP017
        await asyncio.gather(ws.send("Welcome!"), ws.send(json.dumps(dict(at=at, room=room, name=name))))


def with_the_module(book):
    async def start():
        server = await websockets.serve(book, host="127.0.0.1", port=0)
        print("port", server.sockets[0].getsockname()[1])
        return server

    return start


# ---------------------------------------------------------------- 10.5


def asked_at(
    catch=KeyError,
    ident=lambda asked: asked["id"],
    lost=ConnectionClosed,
    cancels=True,
    dumps=json.dumps,
    gone=Exception,
):
    """Return a right desk, or one with a slip."""

    async def desk(ws, look_up):
        async def reply(asked):
            try:
                answer = {"id": ident(asked), "answer": await look_up(asked["ask"])}
            except catch:
                answer = {"id": ident(asked), "error": "unknown"}
            with contextlib.suppress(gone):
                await ws.send(dumps(answer))

        tasks = set()
        try:
            async for message in ws:
                tasks.add(asyncio.create_task(reply(json.loads(message))))
        except lost:
            pass
        for task in tasks if cancels else ():
            task.cancel()

    return desk


async def desk_stub(ws, look_up):
    """Reply to each request as soon as its answer is there."""
    pass


async def one_by_one(ws, look_up):
    with contextlib.suppress(ConnectionClosed):
        async for message in ws:
            asked = json.loads(message)
            try:
                await ws.send(json.dumps({"id": asked["id"], "answer": await look_up(asked["ask"])}))
            except KeyError:
                await ws.send(json.dumps({"id": asked["id"], "error": "unknown"}))


async def all_at_the_end(ws, look_up):
    asked = []
    with contextlib.suppress(ConnectionClosed):
        async for message in ws:
            asked.append(json.loads(message))
    for each in asked:
        await ws.send(json.dumps({"id": each["id"], "answer": await look_up(each["ask"])}))


async def last_of_the_loop(ws, look_up):
    """Each task reads the variable of the loop, when the loop has gone on."""
    tasks = []

    async def reply():
        try:
            answer = {"answer": await look_up(asked["ask"])}
        except KeyError:
            answer = {"error": "unknown"}
        await ws.send(json.dumps({"id": asked["id"], **answer}))

    with contextlib.suppress(ConnectionClosed):
        async for message in ws:
            asked = json.loads(message)
            tasks.append(asyncio.create_task(reply()))
    for task in tasks:
        task.cancel()


async def in_a_group(ws, look_up):
    """A group waits for its tasks, also when the client has left."""

    async def reply(asked):
        try:
            answer = {"id": asked["id"], "answer": await look_up(asked["ask"])}
        except KeyError:
            answer = {"id": asked["id"], "error": "unknown"}
        with contextlib.suppress(ConnectionClosed):
            await ws.send(json.dumps(answer))

    async with asyncio.TaskGroup() as group:
        with contextlib.suppress(ConnectionClosed):
            async for message in ws:
                group.create_task(reply(json.loads(message)))


async def in_a_group_without_except(ws, look_up):
    async def reply(asked):
        await ws.send(json.dumps({"id": asked["id"], "answer": await look_up(asked["ask"])}))

    async with asyncio.TaskGroup() as group:
        async for message in ws:
            group.create_task(reply(json.loads(message)))


async def awaits_the_cancelled(ws, look_up):
    tasks = []

    async def reply(asked):
        try:
            answer = {"id": asked["id"], "answer": await look_up(asked["ask"])}
        except KeyError:
            answer = {"id": asked["id"], "error": "unknown"}
        await ws.send(json.dumps(answer))

    with contextlib.suppress(ConnectionClosed):
        async for message in ws:
            tasks.append(asyncio.create_task(reply(json.loads(message))))
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def says_nothing_of_glue(ws, look_up):
    async def reply(asked):
        with contextlib.suppress(KeyError):
            await ws.send(json.dumps({"id": asked["id"], "answer": await look_up(asked["ask"])}))

    tasks = []
    with contextlib.suppress(ConnectionClosed):
        async for message in ws:
            tasks.append(asyncio.create_task(reply(json.loads(message))))
    for task in tasks:
        task.cancel()


async def says_the_exception(ws, look_up):
    async def reply(asked):
        try:
            answer = {"id": asked["id"], "answer": await look_up(asked["ask"])}
        except KeyError as error:
            answer = {"id": asked["id"], "error": error}
        await ws.send(json.dumps(answer))

    tasks = []
    with contextlib.suppress(ConnectionClosed):
        async for message in ws:
            tasks.append(asyncio.create_task(reply(json.loads(message))))
    for task in tasks:
        task.cancel()


async def forgets_the_look_up(ws, look_up):
    async def reply(asked):
        await ws.send(json.dumps({"id": asked["id"], "answer": look_up(asked["ask"])}))

    with contextlib.suppress(ConnectionClosed):
        async for message in ws:
            task = asyncio.create_task(reply(json.loads(message)))
    task.cancel()


async def holds_the_loop(ws, look_up):
    while True:
        pass


async def never_ends(ws, look_up):
    await asyncio.Event().wait()


DESK_ROWS = [
    ("untouched", desk_stub, "[ ]", "still empty"),
    ("one by one", one_by_one, "[x]", "one after the other"),
    ("all at the end", all_at_the_end, "[x]", "a client that left, taken for a fault"),
    ("the loop's variable", last_of_the_loop, "[x]", "another id"),
    ("one id for all", asked_at(ident=lambda asked: 1), "[x]", "another id"),
    ("the request for the id", asked_at(ident=lambda asked: asked["ask"]), "[x]", "another id"),
    ("no id", asked_at(dumps=lambda reply: json.dumps({"answer": "tea is ready"})), "[x]", "a reply without an id"),
    ("no JSON", asked_at(dumps=str), "[x]", "a reply that is no JSON"),
    ("nobody catches KeyError", asked_at(catch=ValueError), "[!]", "Where is it caught?"),
    ("the KeyError itself", says_the_exception, "[!]", "An exception is no text"),
    ("nothing for KeyError", says_nothing_of_glue, "[x]", "1 reply to 3 requests"),
    ("no await before look_up", forgets_the_look_up, "[!]", "look_up(...) is a plan"),
    ("a lost client", asked_at(lost=ValueError), "[x]", "a client that left, taken for a fault"),
    ("nothing cancelled", asked_at(cancels=False), "[x]", "a task that is left running"),
    ("waits for all", in_a_group, "[x]", "stays when the client has gone"),
    ("a group without except", in_a_group_without_except, "[!]", "Where is it caught?"),
    ("says nothing", never_ends, "[x]", "a handler that never replies"),
    ("an endless loop", holds_the_loop, "[!]", "stopped after"),
    ("with one parameter", catches_nothing, "[!]", "positional argument"),
    ("another answer", asked_at(dumps=lambda reply: json.dumps(reply | {"more": 1})), "[x]", "another reply"),
]

# ----------------------------------------------------------------

TABLES = {"10.1": HANDLERS, "10.2": ORDER, "10.3": TILLS, "10.4": BOOKS, "10.5": DESK_ROWS}
WRONG = [row for name, rows in TABLES.items() for row in wrong(name, rows)]


# Some answers are ended in the middle.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize("task, answer, sign, phrase", WRONG)
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert any(part in words for part in phrase.split("|")), words


RIGHT = [
    *right("10.1", ours=SEEN, lists={name: list(pair) for name, pair in SEEN.items()}),
    *right("10.2", **{order: order for order in blocks_in_any_order()}, spaced="i d, h f c, e a j g, b"),
    *right("10.3", ours=selling(), match=till_with_match, types=selling(with_type)),
    *right("10.4", ours=ported(), gather=both(book_with_gather), module=started(with_the_module)),
    *right("10.5", ours=asked_at(), waits=awaits_the_cancelled),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    words = card(task, answer)
    assert words.startswith(f"[ok] Task {task}"), words


def test_a_line_of_the_students_own_code_is_shown(card):
    words = card("10.3", selling(trusting))
    assert "json.loads(message)" in words


@pytest.mark.parametrize("answer", [sleeps_endlessly, stays_after_the_end, selling()])
def test_nothing_is_left_running(card, answer):
    before = threading.active_count()
    card("10.3", answer)
    assert threading.active_count() == before


@pytest.mark.parametrize("make", [beginning, no_return, until_the_return])
def test_no_server_listens_after_the_check(card, make, monkeypatch):
    found = []
    real = asyncio.BaseEventLoop.create_server

    async def create_server(*args, **kwargs):
        server = await real(*args, **kwargs)
        found.append(server)
        return server

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_server", create_server)
    card("10.4", started(make))
    assert found and not any(server.sockets for server in found)
    assert servers.running() == []


def test_the_check_leaves_the_log_as_it_was(card, caplog):
    root = logging.getLogger()
    before = root.handlers[:], root.level
    for task, answer in (("10.3", selling(trusting)), ("10.4", ported(log="{}")), ("10.4", ported())):
        card(task, answer)
        assert (root.handlers, root.level) == before
    assert not caplog.records


# ---------------------------------------------------------------- the solution, with a real server


@pytest.fixture(scope="module")
def solutions():
    """What the cells of the solution define."""
    scope = {}
    for source in code_cells(ROOT / "solutions" / "10_first_servers.ipynb"):
        if not any(word in source for word in ("await servers", "check(")) or "import" in source:
            exec(source, scope)
    return SimpleNamespace(**scope)


def test_the_desk_at_a_real_server(solutions):
    """Here, too, the quick answer comes first, and a look-up ends with its client."""

    async def story():
        ready, ended = asyncio.Event(), asyncio.Event()

        async def look_up(what):
            if what == "bread":
                try:
                    await asyncio.Event().wait()
                finally:
                    ended.set()
            if what == "soup":
                await ready.wait()
            return what

        async def handler(ws):
            await solutions.desk(ws, look_up)

        async with serve(handler, "127.0.0.1", 0) as server:
            url = "ws://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
            async with asyncio.timeout(20):
                async with connect(url) as ws:
                    for number, what in enumerate(("bread", "soup", "tea")):
                        await ws.send(json.dumps({"id": number, "ask": what}))
                    first = json.loads(await ws.recv())
                    ready.set()
                    second = json.loads(await ws.recv())
                await ended.wait()
        return first, second

    assert asyncio.run(story()) == ({"id": 2, "answer": "tea"}, {"id": 1, "answer": "soup"})

"""The tasks of lesson 10, First servers; those of its exercise are in lesson_10_exercise."""

import json
from types import SimpleNamespace

from ..awaiting import attempt_awaited
from ..checks import Wrong, call_text, task
from ..figure import plural
from ..judging import attempt_with, must_be, with_article
from .lesson_10_exercise import judge_time, logged, text_of  # and its tasks are registered

# ---------------------------------------------------------------- 10.a


class Connection:
    """As a handler gets it, without a network: it keeps what is sent."""

    def __init__(self, path):
        self.request, self.sent = SimpleNamespace(path=path), []

    async def send(self, message):
        if not isinstance(message, str | bytes):
            raise TypeError(f"send() takes a text or bytes, not {with_article(type(message))}")
        self.sent.append(message)

    def __repr__(self):
        return "ws"


VISIT_CRASHES = (
    ("missing 1 required positional argument", "A handler is called with the connection alone: visit(ws)."),
    ("no attribute 'path'", "The path is a part of the request: ws.request.path."),
    ("send\\(\\) takes", "What goes out is a text: the path, and the time as .isoformat() gives it."),
    ("tzinfo argument must be", "now() takes a time zone: datetime.UTC, without quotation marks."),
    ("Passing coroutines is forbidden|no running event loop", "Await one send, and then the other."),
    ("has no attribute 'UTC'", "UTC belongs to the module: datetime.UTC. The class is datetime.datetime."),
)


@task(
    "10.a",
    "port a handler",
    hints=(
        "Each blank stands where the old handler is wrong today. What became of a line like it in section 5?",
        "logging fills in %s. The path is a part of the request. now() takes the zone.",
        'The blanks, in order: "%s was visited", datetime.UTC, ws.request.path.',
    ),
)
def port_a_handler(answer):
    for path in ("/weather", "/tea?milk=100%"):
        connection = Connection(path)
        with logged() as records:
            attempt_awaited(VISIT_CRASHES, answer, connection)
        judge_log(records, path, "await visit(ws)")
        judge_sent(connection.sent, path, "await visit(ws)")


def judge_log(records, path, call):
    """Raise Wrong unless there is one record, and its text has the path."""
    if len(records) != 1:
        raise Wrong(f"a log with {len(records)} entries.", "One visit, one call of logging.info.", call=call)
    text = text_of(records[0], "the path", call)
    if path not in text:
        idea = "The text has %s where the path belongs, and the path comes after the comma."
        raise Wrong("an entry without the path.", idea, call=call, got=text)


def judge_sent(sent, path, call):
    """Raise Wrong unless the path was sent, and then the time with its zone."""
    if len(sent) != 2:
        idea = "Two: the path, and then the time. Without `await`, send() is only a plan."
        raise Wrong(f"{plural(len(sent), 'message')} sent.", idea, call=call, got=sent)
    if sent[0] != path:
        idea = "ws.request.path is what the client asked for."
        raise Wrong("another first message.", idea, call=call, expected=path, got=sent[0])
    judge_time(sent[1], call)


# ---------------------------------------------------------------- 10.b

GREET_CRASHES = (
    ("JSONDecodeError", "Not every message is JSON. What does section 3 do about a ValueError?"),
    ("UnicodeDecodeError", "Bytes may be no text at all. That is a ValueError, too."),
    ("KeyError", "The object may have no name. Look for it before you take it."),
    ("RecursionError", "A thousand brackets in each other are too many for json.loads. Catch RecursionError, too."),
    (
        "indices must be|not subscriptable|is not iterable|no attribute 'get'",
        "JSON may be a list, a number, a text or null. Is it a dict?",
    ),
    ("can only concatenate", "The name may be a number, or null. Is it a str?"),
)

# message, the key of the right reply, a word that the error must have, and what a wrong reply looks like
GREETINGS = (
    ('{"name": "Ada"}', "greeting", "", ""),
    ('{"name": "Zoë", "age": 3}', "greeting", "", ""),
    ("Ada", "error", "json", "a text that is no JSON, taken for a name."),
    ("", "error", "json", "an empty message taken for JSON."),
    (b"\xc3(", "error", "json", "bytes that are no text, taken for JSON."),
    ("[" * 100_000, "error", "json", "brackets without an end, taken for JSON."),
    ("{}", "error", "name", "an object without a name that is greeted."),
    ('"my name is Ada"', "error", "name", "a text taken for an object."),
    ('["name"]', "error", "name", "a list taken for an object."),
    ("3", "error", "name", "a number taken for an object."),
    ("null", "error", "name", "null taken for an object."),
    ('{"name": 3}', "error", "name", "a number that is greeted."),
    ('{"name": null}', "error", "name", "null that is greeted."),
    ('{"name": ["Ada"]}', "error", "name", "a list that is greeted."),
)


@task(
    "10.b",
    "answer in JSON",
    hints=(
        "Three things can be wrong: no JSON, no object with a name, a name that is no text. One answer for each.",
        "try json.loads; except (ValueError, RecursionError) return an error. Then isinstance(asked, dict), then "
        '"name" in asked, then isinstance(asked["name"], str).',
        'After the try: if not isinstance(asked, dict) or "name" not in asked: return {"error": "expected an object '
        'with a name"}. If the name is no str: return {"error": "name: expected a text"}. At the end, return '
        '{"greeting": f"Hello, {asked[\'name\']}!"}.',
    ),
)
def answer_in_json(answer):
    for message, key, word, looks in GREETINGS:
        got = attempt_with(GREET_CRASHES, answer, message)
        call = call_text(answer, message)
        if isinstance(got, str):
            raise Wrong("a text instead of a dict.", "Return the dict: json.dumps comes later.", call=call, got=got)
        must_be(dict, got, call, 'A dict such as {"error": "..."}.')
        if key == "greeting":
            right = {"greeting": f"Hello, {json.loads(message)['name']}!"}
            if got != right:
                idea = "This message is in order." if "error" in got else "The greeting is Hello, the name, and a !."
                raise Wrong("another reply to a good message.", idea, call=call, expected=right, got=got)
            continue
        judge_error(got, word, looks, call)


def judge_error(got, word, looks, call):
    """Raise Wrong unless the reply is an error that has the word."""
    if "error" not in got:
        raise Wrong(looks, 'Reply {"error": ...}, and say what you expected.', call=call, got=got)
    if "greeting" in got:
        raise Wrong("a greeting and an error in one.", "One of the two.", call=call, got=got)
    if not isinstance(got["error"], str) or not got["error"].strip():
        idea = "The client's author reads it: say in a text what you expected."
        raise Wrong("an error that says nothing.", idea, call=call, got=got)
    if word not in got["error"].lower():
        wanted = "JSON" if word == "json" else "a name"
        idea = f"Say what you expected: {wanted}. The word should be in it."
        raise Wrong("an error that does not say what was expected.", idea, call=call, got=got)

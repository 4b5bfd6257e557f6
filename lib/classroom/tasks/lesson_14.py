"""The tasks of lesson 14, Letting the right people in."""

import inspect
from http import HTTPStatus

from websockets.datastructures import Headers

from ..awaiting import attempt_awaited
from ..checks import Stopped, Wrong, task
from ..judging import attempt_with, readable, with_article

TOKEN, ROOMS = "sesame-7", ("/chat", "/diary")  # of the lesson, where the student has not changed them

CRASHES = (
    ("ellipsis", "by_token still has a blank. Fill it in first, or look at the token here, without it."),
    ("comparing strings|bytes-like", "compare_digest wants bytes twice: .encode()."),
    ("KeyError", 'A stranger may send no such header. request.headers.get(name, "") gives "" then.'),
    ("not a valid HTTPStatus", "The status is a number: 401, without quotation marks."),
    ("name 'Authorization' is not defined", 'The name of a header is a text: "Authorization".'),
    ("respond", "connection.respond takes a status and a text."),
)

COMPARED = (
    "a comparison that may stop at the first letter that differs.",
    "hmac.compare_digest(a, b) takes the same time wherever they differ.",
)


class Watched(str):
    """The text of a header, which takes note when it is compared by == or !=. So does what is cut out of it."""

    compared = []

    def _note(self, other, equal):
        if isinstance(other, str) and other:  # whether it is empty may be asked in any way
            self.compared.append(str(other))
        return (str.__str__(self) == other) == equal

    def __eq__(self, other):
        return self._note(other, True)

    def __ne__(self, other):
        return self._note(other, False)

    __hash__ = str.__hash__

    def __getitem__(self, at):
        return Watched(super().__getitem__(at))

    def encode(self, *args, **kwargs):
        return WatchedBytes(super().encode(*args, **kwargs))


class WatchedBytes(bytes):
    """The same, encoded."""

    def __eq__(self, other):
        Watched.compared.append("")
        return bytes(self) == other

    def __ne__(self, other):
        Watched.compared.append("")
        return bytes(self) != other

    __hash__ = bytes.__hash__


def _cutting(name):
    """Return the method `name` of str, whose result is watched, too."""

    def cut(self, *args):
        found = getattr(str, name)(self, *args)
        return Watched(found) if isinstance(found, str) else type(found)(map(Watched, found))

    return cut


for _name in ("strip", "lstrip", "rstrip", "removeprefix", "partition", "rpartition", "split", "rsplit", "replace"):
    setattr(Watched, _name, _cutting(_name))


class _Refusal:
    """What connection.respond gives."""

    def __init__(self, status, text):
        if not isinstance(status, int):
            HTTPStatus(status)  # as `websockets` does, to which "401" is no status
        self.status_code, self.text, self.headers = int(status), str(text), Headers()


class Connection:
    def respond(self, status, text):
        return _Refusal(status, text)


class Request:
    def __init__(self, path, authorization):
        self.path = path
        self.headers = Headers({"Host": "127.0.0.1"})
        if authorization is not None:
            self.headers["Authorization"] = Watched(authorization)


def visitors(token):
    """Return [(who, the value of Authorization or None, whether it is right)]."""
    right = f"Bearer {token}"
    return [
        ("the right token", right, True),
        ("no token at all", None, False),
        ("another token of the same length", right[:-1] + chr(ord(right[-1]) ^ 1), False),
        ("the beginning of the token", right[:-1], False),
        ("the token and one letter more", right + "7", False),
        ("the token without the word Bearer", token, False),
        ("an empty token", "Bearer ", False),
        ("an é in the token", right[:-1] + "é", False),
    ]


def of_the_lesson(answer, name, usual):
    """Return what the student's notebook calls `name`, if it is of the same type as `usual`, or else that."""
    found = getattr(answer, "__globals__", {}).get(name)
    return found if isinstance(found, type(usual)) and found else usual


@task(
    "14.a",
    "look at the token",
    hints=(
        "In section 3, `early` asks the same three questions: which header, which status, what lets somebody in?",
        "The header is a text in quotation marks. The status says that somebody has to show who they are.",
        'The blanks, in order: "Authorization", 401, None.',
    ),
)
def look_at_the_token(answer):
    for who, value, good in visitors(of_the_lesson(answer, "TOKEN", TOKEN)):
        judge_door(answer, "/chat", who, value, None if good else 401)


@task(
    "14.b",
    "first the token, then the path",
    hints=(
        "Two checks, one after the other. Each gives a response, and then you are done, or None, and you go on.",
        "refused = by_token(connection, request), and if that is not None, return it. Then the same with by_path.",
        "return by_token(connection, request) or by_path(connection, request)",
    ),
)
def first_the_token(answer):
    rooms = of_the_lesson(answer, "ROOMS", ROOMS)
    known, other = rooms[0], rooms[-1]
    people = visitors(of_the_lesson(answer, "TOKEN", TOKEN))
    right, nobody = people[0], people[1]
    for path, status in (
        (known, None),
        (f"{other}?day=3", None),
        (f"{known}?", None),
        ("/attic", 404),
        (f"{known}ter", 404),
        (f"{known}/attic", 404),
        ("/", 404),
        (f"/attic?from={known}", 404),
    ):
        judge_door(answer, path, right[0], right[1], status)
    for who, value, good in people[1:]:
        judge_door(answer, known, who, value, None if good else 401)
    judge_door(answer, "/attic", nobody[0], nobody[1], 401)


def judge_door(answer, path, who, value, status):
    """Raise Wrong unless a door, for a request with `path` and the Authorization `value`, gives `status`, or None.

    answer: the student's function. who: str, who comes, in words.
    """
    Watched.compared.clear()
    call = f"{getattr(answer, '__name__', 'answer')}(connection, request): {path}, {who}"
    arguments = Connection(), Request(path, value)
    carry_out = attempt_awaited if inspect.iscoroutinefunction(answer) else attempt_with
    try:
        got = carry_out(CRASHES, answer, *arguments)
    except Stopped as stopped:
        stopped.details["call"] = call
        raise
    found = got.status_code if isinstance(got, _Refusal) else got
    if got is not None and not isinstance(got, _Refusal):
        raise Wrong(*no_response(got), call=call, got=readable(got))
    if found != status:
        raise Wrong(*misconception(found, status, path), call=call, expected=status, got=found)
    if Watched.compared:
        raise Wrong(*COMPARED, call=call)


def no_response(got):
    """Return (looks, idea) for a result that is neither a response nor None."""
    if got is True or got is False:
        return f"{got} instead of an answer.", "Return a response to refuse, and None to let in."
    if isinstance(got, int):
        return "a bare number.", f"connection.respond({got}, ...) makes a response of it."
    return f"{with_article(type(got))} instead of a response.", "connection.respond(status, text) makes one."


def misconception(found, status, path):
    """Return (looks, idea) for the wrong status `found`, int or None."""
    if status is None and found == 404 and "?" in path:
        return "the query taken for a part of the path.", 'request.path.partition("?")[0] is the path without it.'
    if status is None and found in (101, 200):
        return "a response that is meant to let in.", "A response refuses, whatever its status. None lets in."
    if status is None and found == 401:
        return "the right token refused.", 'What must the header hold? "Bearer ", and then the token.'
    if status is None:
        return "a door that stays closed.", "Return None where all is in order."
    if found is None and status == 401:
        return "an open door.", "Who does not show exactly the token is refused with 401."
    if found is None:
        idea = "The path has to be one of ROOMS, exactly. And a response counts only if you return it."
        return "a room that is not there, and a door to it.", idea
    if (found, status) == (404, 401):
        return "the path looked at first.", "A stranger is told 401, whether the room is there or not."
    if found > 999:
        return "a close code.", "The WebSocket is not open yet: the answer is an HTTP status."
    return f"{found} where {status} belongs.", "401 asks who somebody is. 404 says that there is nothing here."


from . import lesson_14_exercise  # noqa: E402, F401 - it registers the tasks of the exercise, 14.1 to 14.6

"""The tasks of the exercise of lesson 19, Bring it all together. Task 2 runs on MicroPython, too, if there is one."""

import base64
import datetime
import hashlib
import hmac
from email.utils import formatdate

from ..checks import NotStarted, Stopped, Wrong, attempt, call_text, task
from ..doctor import find_micropython
from ..judging import Text, attempt_with, must_be, must_have, readable, with_article
from ..judging_board import on_micropython
from .lesson_14 import Watched

# ---------------------------------------------------------------- 19.1

LETTERS = "A B C".split()

# situation: (right letter, {wrong letter: what it looks like}, idea)
SITUATIONS = {
    "the cable is out for half a minute": (
        "A",
        {"B": "a board that keeps too little.", "C": "a cable that loses what is on its way."},
        "One reading a second, and 200 are kept. What was on its way is not acknowledged: it goes out again.",
    ),
    "the cable is out for ten minutes": (
        "B",
        {"A": "a board that keeps everything.", "C": "a loss that nobody sees."},
        "600 readings, and room for 200. The oldest go. What do the numbers tell, and `dropped`?",
    ),
    "the connection ends after 9 was kept, before it was acknowledged": (
        "A",
        {"B": "a reading that is lost because it was not acknowledged.", "C": "a reading that is lost."},
        "The server has it. The board does not know that, and sends it again. Is that a loss?",
    ),
    "the server acknowledges 9, and fails before it keeps it": (
        "B",
        {"A": "a board that sends again what was acknowledged.", "C": "a loss that nobody sees."},
        "The board has forgotten 9. Then 10 comes. What does the server see?",
    ),
    "the cable is out, and the board's plug is pulled": (
        "C",
        {"A": "a memory that outlives its power.", "B": "a gap in the numbers."},
        "Its memory is empty, and its numbers begin anew. Which next number would show the gap?",
    ),
    "the board is reset when all is acknowledged": (
        "A",
        {"B": "a new count taken for a gap.", "C": "a reset that always loses something."},
        "What was in its memory that the server did not have?",
    ),
}


@task(
    "19.1",
    "what is lost?",
    hints=(
        "Ask two questions each time: who had the reading in its memory, and what told it that it may forget it?",
        "A loss can be counted if a later number of the same start comes, or if the board itself has counted. A number "
        "that comes twice is no loss.",
        "In order: A, B, A, B, C, A.",
    ),
)
def what_is_lost(answer):
    must_have(SITUATIONS, answer, "It is the dict of the task. Keep its keys, and replace the dots.")
    missing = [situation for situation in SITUATIONS if answer[situation] is ...]
    if len(missing) == len(SITUATIONS):
        raise NotStarted()
    for situation, (right, slips, idea) in SITUATIONS.items():
        if situation in missing:
            continue
        letter = str(answer[situation]).strip().upper()
        call = Text(situation)
        if letter not in LETTERS:
            raise Wrong("none of the letters.", 'Write "A", "B" or "C".', call=call, got=readable(answer[situation]))
        if letter != right:
            raise Wrong(slips[letter], idea, call=call, got=letter)
    if missing:
        raise Wrong(idea=f"Right so far. Still to do: {', '.join(missing)}.")


# ---------------------------------------------------------------- 19.2

# A leap day, the first and the last month, each day of the week, one-digit days, midnight, and the epoch.
MOMENTS = (784_111_777, 1_800_000_000, 1_709_164_800, 1_735_689_599, 0, 1_704_067_200, 1_767_225_600, 1_614_556_799)
MOMENTS += (1_690_000_000, 1_700_000_000, 1_715_000_000, 1_740_000_000, 1_750_000_000, 1_725_000_000, 1_665_000_000)

_DATE_CRASHES = (
    ("tuple index|list index|out of range", "gmtime counts weekdays from 0, Monday, and months from 1, January."),
    ("not enough arguments|not all arguments", "Each %s or %02d takes one value, in their order."),
    ("tm_year|tm_mon|tm_mday|tm_hour", "MicroPython's gmtime gives a plain tuple: year, month, day, hour ..."),
    ("unpack", "time.gmtime(now)[:7] has seven values: year, month, day, hour, minute, second, weekday."),
    ("NameError: name '(DAYS|MONTHS|time)'", "It stands in a cell above. Run that cell first."),
)
_ON_BOARD = (
    ("strftime", "MicroPython's time has no strftime: put the parts together with % or an f-string."),
    ("tm_", "MicroPython's gmtime gives a plain tuple. Take its values by place: year, month, day, hour ..."),
    ("email", "MicroPython has no module email: put the parts together with % or an f-string."),
    ("datetime", "MicroPython has no module datetime: time.gmtime(now) is what a board has."),
    ("calendar", "MicroPython has no module calendar: DAYS and MONTHS are given."),
    ("keyword", "There, this function takes no names for its arguments."),
    ("to unpack", "A Pico's gmtime gives eight values, and CPython's nine. time.gmtime(now)[:7] has the same seven."),
)
# MicroPython's gmtime has nine values on a computer, and eight on a Pico.
_PRELUDE = (
    "import time as _time\n"
    "class time:\n"
    "    def gmtime(*now):\n"
    "        return _time.gmtime(*now)[:8]\n"
    'DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")\n'
    'MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")\n'
)


@task(
    "19.2",
    "the date, on a board",
    hints=(
        "time.gmtime(now) gives the moment in parts. Which parts are numbers, and which are names in DAYS and MONTHS?",
        "year, month, day, hour, minute, second, weekday = time.gmtime(now)[:7]. Weekdays count from 0, months from 1. "
        "%02d writes a number with two digits.",
        "return '%s, %02d %s %04d %02d:%02d:%02d GMT' % (DAYS[weekday], day, MONTHS[month - 1], year, hour, minute, "
        "second)",
    ),
)
def the_date_on_a_board(answer):
    for now in MOMENTS:
        got = attempt_with(_DATE_CRASHES, answer, now)
        judge_date(got, now, call_text(answer, now))
    if find_micropython():
        call = f"{call_text(answer, MOMENTS[0])}, on MicroPython"
        drive = f"print([answer(now) for now in {MOMENTS!r}])"
        for now, got in zip(MOMENTS, on_micropython(answer, drive, _PRELUDE, ideas=_ON_BOARD, call=call), strict=True):
            judge_date(got, now, call)


def judge_date(got, now, call):
    """Raise Wrong unless `got` is the moment `now` (seconds) as RFC 9110 section 5.6.7 writes it."""
    right = formatdate(now, usegmt=True)
    must_be(str, got, call, "Return the date as a text.")
    if got != right:
        looks, idea = _date_misconception(got, right, now)
        raise Wrong(looks, idea, call=call, expected=right, got=got)


def _date_misconception(got, right, now):
    """Return (looks, idea) for another date."""
    words, wanted = got.split(), right.split()
    if got.replace("UTC", "GMT").replace("+0000", "GMT").replace("-0000", "GMT") in (right, f"{right} GMT"):
        return "another name for the zone.", "It ends with GMT, always (RFC 9110 section 5.6.7)."
    if f"{got} GMT" == right:
        return "a date without its zone.", "It ends with GMT, always (RFC 9110 section 5.6.7)."
    if len(words) != len(wanted):
        return "other parts.", "Six parts with spaces between: weekday and comma, day, month, year, time, GMT."
    if words[0].rstrip(",") != wanted[0].rstrip(","):
        return "another weekday.", "The last value of gmtime(now)[:7] counts from 0, and 0 is Monday: DAYS[weekday]."
    if words[0] != wanted[0]:
        return "a weekday without its comma.", "After the weekday comes a comma."
    if words[2] != wanted[2]:
        return "another month.", "gmtime counts months from 1, and a tuple counts from 0: MONTHS[month - 1]."
    if words[1] != wanted[1]:
        return "a day with one digit.", "Two digits, always: %02d, or {day:02}."
    if words[4] != wanted[4]:
        local = datetime.datetime.fromtimestamp(now).strftime("%H:%M:%S")
        if words[4] == local:
            return "the time of this place.", "GMT is asked for: time.gmtime, not time.localtime."
        return "a time with other digits.", "Two digits for each part, with a colon between: %02d:%02d:%02d."
    return "another date.", "Compare it with the expected one, part by part."


# ---------------------------------------------------------------- 19.3

WINDOW = 300
HOST, KEYS = "pico.example:8443", {"pico": "sesame-7", "kitchen": "ein Schlüssel"}
NOW = 1_800_000_000


def signature_of(key, host, date, path):
    """Return the signature (str) of a request, as device/signing.py makes it."""
    text = f"host: {host}\ndate: {date}\nGET {path} HTTP/1.1"
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def signed(key="pico", path="/board", host=HOST, age=0, secret=None):
    """Return the values (dict of str) of a URL that was signed `age` seconds before NOW."""
    date = formatdate(NOW - age, usegmt=True)
    made = signature_of(secret or KEYS.get(key, "nobody's"), host, date, path)
    return {"host": host, "date": date, "key": key, "signature": Watched(made)}


_DOOR_CRASHES = (
    ("KeyError: '(host|date|key|signature)'", "A stranger may leave something out: values.get(name) gives None then."),
    ("KeyError", "A stranger may name a key that there is not: keys.get(name), or `in`."),
    ("NoneType", "Something was left out, or the date is none: look for None first."),
    ("comparing strings|bytes-like|non-ASCII", "compare_digest wants bytes twice: .encode()."),
    ("name '(seconds|string_to_sign|sign)'", "It stands in a cell above. Run that cell first."),
    ("changed size during iteration", "Go through a copy, list(seen), or find first what is to go."),
)


@task(
    "19.3",
    "the server's door",
    hints=(
        "Go through what can be wrong, one after the other: something left out, the key, the host, the signature, the "
        "date, the replay. Each returns None. Only at the end take note of the signature.",
        "right = sign(keys[name], string_to_sign(host, date, path)), compared with hmac.compare_digest of bytes. "
        "abs(now - moment) > 300 is too old, or too new. seen[signature] = moment + 300 at the end.",
        "if None in (the four values): return None; if key not in keys or values['host'] != host: return None; then "
        "compare; moment = seconds(date); if moment is None or abs(now - moment) > 300: return None; for old in [s for "
        "s, end in seen.items() if end < now]: del seen[old]; if signature in seen: return None; seen[signature] = "
        "moment + 300; return key",
    ),
)
def the_servers_door(answer):
    door = _Door(answer)
    door.opens("/board", signed(), "pico", "in order", "a door that stays closed.", "All is in order. Return its name.")
    idea = "`path` says what the request asks for: sign it."
    door.opens("/voice", signed(path="/voice"), "pico", "for /voice", "one path for all.", idea)
    door.opens("/board", signed("kitchen"), "kitchen", "with another key", "one key for all.", _KEYS)
    for age in (299, -299):
        idea = "300 seconds, to both sides: abs(now - moment) > 300 is too much."
        door.opens("/board", signed(age=age), "pico", f"signed {age} s ago", "a window that is too small.", idea)
    door.same = dict(door.seen)
    for name in ("host", "date", "key", "signature"):
        values = signed(age=1)
        del values[name]
        door.refuses("/board", values, f"without {name}", f"a door that does not ask for {name}.", _ALL_FOUR[name])
    for path, values, what, looks, idea in _REFUSED:
        door.refuses(path, values, what, looks, idea)
    door.refuses_for_good("/board", signed(age=2))
    door.forgets()


_KEYS = "keys[values['key']] is the key of this board."
_ALL_FOUR = dict.fromkeys(("date", "key", "signature"), "All four must be there.") | {
    "host": "All four must be there: compare values.get('host') with `host`, too."
}
_REFUSED = (
    ("/board", signed("attic"), "a key that there is not", "a key that nobody gave out.", "Is the name in keys?"),
    ("/board", signed(secret="sesame-8"), "made with another key", "a signature that nobody looks at.", _KEYS),
    ("/board", signed("kitchen", secret=KEYS["pico"]), "made with another's key", "any of the keys.", _KEYS),
    (
        "/admin",
        signed(age=3),
        "signed for /board",
        "a path that nobody signed.",
        "What is not signed belongs to Eve: sign `path`, which the request asks for.",
    ),
    (
        "/board",
        signed(host="other.example", age=4),
        "signed for other.example",
        "a URL for another server.",
        "The signature is right, for other.example. This server is `host`: compare it with values['host'].",
    ),
    (
        "/board",
        signed(age=5) | {"date": formatdate(NOW - 1, usegmt=True)},
        "with another date",
        "a date that nobody signed.",
        "What is not signed belongs to Eve.",
    ),
    (
        "/board",
        signed(age=301),
        "signed 301 s ago",
        "a signature that counts too long.",
        "Without a limit, Eve uses it tomorrow: now - moment > 300 is too old.",
    ),
    (
        "/board",
        signed(age=-301),
        "signed 301 s in the future",
        "a date of the future that counts.",
        "It would count for twice as long: abs(now - moment).",
    ),
    (
        "/board",
        signed(age=6) | {"signature": Watched("é")},
        "with an é for a signature",
        "a signature that nobody looks at.",
        "It is not the right one.",
    ),
)
_UNREADABLE = signed(age=7) | {"date": "yesterday"}
_UNREADABLE["signature"] = Watched(signature_of(KEYS["pico"], HOST, "yesterday", "/board"))
_REFUSED += (
    ("/board", _UNREADABLE, "with the date 'yesterday'", "a date that is none.", "seconds gives None for it."),
)


class _Door:
    """The student's function, with what it keeps. same: the `seen` that refusals must leave as it is."""

    def __init__(self, answer):
        self.answer, self.seen, self.now = answer, {}, NOW

    def _asked(self, path, values, what):
        Watched.compared.clear()
        self.call = Text(f"door({path!r}, values, host, keys, now, seen): {what}")
        try:
            got = attempt_with(_DOOR_CRASHES, self.answer, path, dict(values), HOST, dict(KEYS), self.now, self.seen)
        except Stopped as stopped:
            stopped.details["call"] = self.call
            raise
        if isinstance(got, bool):
            raise Wrong(f"{got} in place of a name.", "Return the name of the key, or None.", call=self.call)
        if got is not None and not isinstance(got, str):
            raise Wrong(f"{with_article(type(got))}.", "Return the name of the key, or None.", call=self.call)
        return got

    def opens(self, path, values, name, what, looks, idea):
        """Raise Wrong unless it lets in this request, and says who it is."""
        before = set(self.seen)
        got = self._asked(path, values, what)
        if got is None:
            raise Wrong(looks, idea, call=self.call, expected=name, got=got)
        if got != name:
            raise Wrong("another name.", "Return values['key'].", call=self.call, expected=name, got=got)
        if [other for other in Watched.compared if other not in before]:
            idea = "== may stop at the first letter that differs. hmac.compare_digest takes the same time always."
            raise Wrong("a comparison whose time tells something.", idea, call=self.call)

    def refuses(self, path, values, what, looks, idea):
        """Raise Wrong unless it refuses this request, and keeps nothing of it."""
        got = self._asked(path, values, what)
        if got is not None:
            raise Wrong(looks, idea, call=self.call, expected=None, got=got)
        if self.seen != self.same:
            idea = "Whoever has no key could fill the memory with it. Take note at the end, when all is in order."
            raise Wrong("a note of a request that was refused.", idea, call=self.call)

    def refuses_for_good(self, path, values):
        """Raise Wrong unless it takes a signature once only."""
        before = dict(self.seen)
        self.opens(path, values, "pico", "in order", "a door that stays closed.", "All is in order. Return its name.")
        if self.seen == before:
            idea = "`seen` is as it was before. A change in it stays, as in seen[signature] = ... or del seen[old]. "
            idea += "But seen = ... makes another dict, which ends with the call."
            raise Wrong("a signature that is noted nowhere, or in another dict.", idea, call=self.call)
        if self._asked(path, values, "the same again") is not None:
            idea = "Keep each signature that was let in: seen[signature] = ... And look there first."
            raise Wrong("a replay that gets in.", idea, call=self.call, expected=None)
        late = signed(age=-200)
        self.opens(
            path, late, "pico", "signed 200 s in the future", "a window that is too small.", "It is not over 300."
        )
        self.now += 450  # 250 seconds after what it says
        other = signed(age=-449)  # which clears away, in a function that does so only when it puts something in
        self.opens(path, other, "pico", "another, 450 s later", "a window that is too small.", "It is new.")
        if self._asked(path, late, "the same, 450 s later") is not None:
            idea = "It counts until its own date and 300 seconds. Until then, keep it: seen[signature] = moment + 300."
            raise Wrong("a signature that is forgotten too early.", idea, call=self.call, expected=None)

    def forgets(self):
        """Raise Wrong unless it lets go of signatures that are over."""
        self.now += 10_000
        self.opens("/board", signed(age=-10_450), "pico", "10,000 s later", "a window that is too small.", "It is new.")
        if len(self.seen) > 1:
            idea = "They come in for years. Take out what is over, whenever you put something in."
            raise Wrong(f"{len(self.seen) - 1} old signatures that stay for ever.", idea, call=self.call)


# ---------------------------------------------------------------- 19.4

_READINGS_CRASHES = (
    ("index out of range|pop from empty", "There may be none: look whether the list is empty."),
    ("has no attribute", "What a method uses must be there before: set it in __init__, with self. in front."),
    ("takes .* positional|missing .* argument", "add gets a value, acknowledge a number; next and start_over nothing."),
    ("NoneType", "What next gives may be None: nothing is left to send."),
)


@task(
    "19.4",
    "mend the readings",
    hints=(
        "Four faults. What may be forgotten when it was sent? What does acknowledged 3 say of 1 and 2? Which reading "
        "goes when there is no room? And what does a new connection know?",
        "Keep all in self.kept, and the last number that went out in self.sent. next looks for the first with a higher "
        "one. acknowledge takes out all up to its number. start_over sets self.sent back to 0.",
        "add: append, and if len(self.kept) > self.most: self.kept.pop(0); self.dropped += 1. next: for number, value "
        "in self.kept: if number > self.sent: self.sent = number; return number, value. acknowledge: while self.kept "
        "and self.kept[0][0] <= number: self.kept.pop(0). start_over: self.sent = 0.",
    ),
)
def mend_the_readings(answer):
    if not isinstance(answer, type):
        raise Wrong("something other than a class.", "Give the check the class itself, without ().")
    for name in ("add", "next", "acknowledge", "start_over"):
        if not callable(vars(answer).get(name)):
            raise Wrong(f"a class without {name}.", f"Write `def {name}(self, ...)` in the class.")
        _refuse_stubs(vars(answer)[name])
    for scene in (_in_order, _lost_connection, _many_at_once, _late_acknowledgement, _no_room):
        scene(_Kept(answer))


def _refuse_stubs(method):
    """Raise NotStarted while the method is a stub. What it does wrong without a self is no fault, but for a loop."""
    code = getattr(method, "__code__", None)
    try:
        attempt(method, *[None] * (code.co_argcount if code else 1))
    except Stopped as stopped:
        if stopped.details["error"].startswith("stopped after"):
            raise


class _Kept:
    """Readings of the student's class, whose calls are judged and written down."""

    def __init__(self, answer, most=5):
        self.said = [f"readings = Readings({most})"]
        self.readings = attempt_with(_READINGS_CRASHES, answer, most)

    def do(self, name, *args):
        """Return what the method `name` gives."""
        self.said.append(f"readings.{name}({', '.join(map(repr, args))})")
        try:
            return attempt_with(_READINGS_CRASHES, getattr(self.readings, name), *args)
        except Stopped as stopped:
            stopped.details["call"] = self.call
            raise

    @property
    def call(self):
        return Text("; ".join(self.said[-8:]))

    def add(self, *values):
        for value in values:
            self.do("add", value)

    def sends(self, wanted, looks, idea):
        """Raise Wrong unless next() gives the pairs `wanted`, one by one, and then None."""
        found = []
        while len(found) <= len(wanted) + 2 and (pair := self.do("next")) is not None:
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                idea = "next returns the number and the value, or None."
                raise Wrong("something other than a pair.", idea, call=self.call, got=readable(pair))
            found.append(tuple(pair))
        if found != wanted:
            raise Wrong(looks, idea, call=self.call, expected=wanted, got=found)


def _in_order(kept):
    kept.sends([], "something to send where nothing was added.", "Then next returns None.")
    kept.add(24.1, 24.2)
    idea = "Numbers count from 1, and next gives the oldest that has not gone out."
    kept.sends([(1, 24.1), (2, 24.2)], "readings that go out in another way.", idea)
    kept.sends([], "a reading that goes out twice on one connection.", "It is under way. next goes on from there.")
    kept.add(24.3)
    kept.sends([(3, 24.3)], "other readings.", "What is under way stays; next goes on behind it.")
    kept.do("acknowledge", 1)
    idea = "2 and 3 are under way: an acknowledgement of 1 says nothing of them."
    kept.sends([], "a reading that goes out twice on one connection.", idea)


def _lost_connection(kept):
    kept.add(24.1, 24.2, 24.3)
    kept.do("next")
    kept.do("next")
    kept.do("acknowledge", 1)
    kept.do("start_over")
    idea = "2 was sent, and not acknowledged: perhaps it is lost. After start_over it goes out again."
    kept.sends([(2, 24.2), (3, 24.3)], "a reading that is lost because it was sent.", idea)
    kept.do("start_over")
    kept.sends([(2, 24.2), (3, 24.3)], "a reading that goes out again only once.", "It stays until it is acknowledged.")
    kept.add(24.4)
    idea = "A number stands for one reading, also on a new connection: the count goes on."
    kept.sends([(4, 24.4)], "numbers that begin anew with the connection.", idea)


def _many_at_once(kept):
    kept.add(24.1, 24.2, 24.3, 24.4)
    for _ in range(3):
        kept.do("next")
    kept.do("acknowledge", 3)
    kept.sends([(4, 24.4)], "an acknowledgement that takes too many.", "4 is not acknowledged, and has not gone out.")
    kept.do("start_over")
    idea = "3 is safe, and so are all before it: one acknowledgement for three."
    kept.sends([(4, 24.4)], "an acknowledgement for one reading only.", idea)
    kept.add(24.5)
    kept.do("acknowledge", 4)
    idea = "The number is that of a reading, pair[0]. It is no place in the list, and no count of what is to go."
    kept.sends([(5, 24.5)], "an acknowledgement that counts places.", idea)


def _late_acknowledgement(kept):
    kept.add(24.1, 24.2)
    kept.do("next")
    kept.do("next")
    kept.do("acknowledge", 2)
    kept.do("acknowledge", 1)
    kept.add(24.3)
    idea = "An acknowledgement may come late, or twice. It changes nothing then, and the count goes on."
    kept.sends([(3, 24.3)], "a late acknowledgement that does harm.", idea)


def _no_room(kept):
    kept.add(*(20 + number for number in range(1, 9)))
    wanted = [(number, 20 + number) for number in range(4, 9)]
    idea = "There is room for five. The oldest goes: what is now is worth more than what was."
    kept.sends(wanted, "another five of the eight.", idea)
    if getattr(kept.readings, "dropped", None) != 3:
        idea = "dropped counts those for which there was no room, so that the server can be told."
        raise Wrong(
            "a loss that is not counted.",
            idea,
            call=Text("readings.dropped"),
            expected=3,
            got=readable(getattr(kept.readings, "dropped", None)),
        )
    kept.add(29)
    idea = "All five were under way, and the oldest has gone. Remember the last number that went out, not how many did."
    kept.sends([(9, 29)], "a reading that waits although none before it does.", idea)


# ---------------------------------------------------------------- 19.5

# samples a second, bits of each, milliseconds of a frame
SOUNDS = ((16_000, 16, 40), (16_000, 16, 20), (8_000, 8, 10), (48_000, 16, 1000), (8_000, 16, 10), (44_100, 16, 20))
SOUNDS += ((12_500, 8, 10), (12_600, 8, 10), (65_535, 8, 1000), (65_536, 8, 1000), (8_000, 8, 16))


def right_rate(rate, bits, milliseconds):
    """Return the bytes of frames, with headers, that a client sends in a second of sound."""
    payload = rate * bits * milliseconds // 8000
    return (payload + header(payload)) * 1000 // milliseconds


def header(payload, mask=4):
    """Return how many bytes the header of a frame has (section 5.2)."""
    return 2 + (0 if payload < 126 else 2 if payload < 65_536 else 8) + mask


@task(
    "19.5",
    "how many bytes a second?",
    hints=(
        "First one frame: how many samples are in it, and how many bytes are they? Then its header. Then how many "
        "frames there are in a second.",
        "payload = rate * bits * milliseconds / 8000. The header has 2 bytes, 4 for the mask, and 0, 2 or 8 for the "
        "length: up to 125, up to 65,535, and more.",
        "extra = 0 if payload < 126 else 2 if payload < 65536 else 8; then return (payload + 6 + extra) * 1000 / "
        "milliseconds",
    ),
)
def how_many_bytes_a_second(answer):
    for sound in SOUNDS:
        right = right_rate(*sound)
        got = attempt_with(_RATE_CRASHES, answer, *sound)
        call = call_text(answer, *sound)
        must_be(int | float, got, call, "Return how many bytes.")
        if isinstance(got, bool) or abs(got - right) > 0.01:
            looks, idea = _rate_misconception(got, *sound)
            raise Wrong(looks, idea, call=call, expected=right, got=got)


_RATE_CRASHES = (("ZeroDivision", "milliseconds // 1000 is 0 for a short frame. Divide by 1000 last."),)


def _rate_misconception(got, rate, bits, milliseconds):
    """Return (looks, idea) for another number of bytes."""
    payload, frames = rate * bits * milliseconds // 8000, 1000 / milliseconds
    whole = "With frames of 16 ms, 62.5 go out in a second, and 1000 // 16 is 62. Divide last, as in ... * 1000 / 16."
    for wrong, looks, idea in (
        ((payload + header(payload)) * (1000 // milliseconds), "a number of frames without its half.", whole),
        (payload * frames, "sound without headers.", "Each frame has a header: 2 bytes, the length, the mask."),
        (payload + header(payload), "one frame.", "How many of them are there in a second? 1000 / milliseconds."),
        ((payload + header(payload, 0)) * frames, "frames without a mask.", "A board is a client: 4 bytes of mask."),
        ((payload + 6) * frames, "a length that always fits into 7 bits.", "From 126 bytes on, it takes 2 more."),
        ((payload + 8) * frames, "a length that always takes 2 more bytes.", "Up to 125: 0. From 65,536 on: 8."),
        ((payload + 10) * frames, "a mask for a length of 4 bytes.", "2 bytes for up to 65,535, 8 for more."),
        ((payload + 14) * frames, "a length of 8 bytes where 2 do.", "65,535 itself still fits into 2."),
        (payload * frames + header(payload), "one header for all.", "Each frame has its own."),
    ):
        if abs(got - wrong) < 0.01:
            return looks, idea
    for factor in (8, 1 / 8):
        if abs(got - right_rate(rate, bits, milliseconds) * factor) < 1 or abs(got - payload * frames * factor) < 1:
            return "bits where bytes belong, or the reverse.", "8 bits are one byte."
    return "another number.", "(bytes of sound in a frame + its header) * frames in a second."


# ---------------------------------------------------------------- 19.6

SHEET = {
    "question": "the question that you wanted to answer",
    "what": "what you have built or changed",
    "unit": "what you counted or measured, with its unit",
    "predicted": "your number, from before",
    "measured": "the number that came out",
    "why": "why the two differ, or why they are the same",
    "broken": "what you broke on purpose, and what it did",
    "stranger": "who could do harm with it, and what stops them",
    "next": "what somebody else has to do to run it",
}
LEAST = 3  # words of an answer


@task(
    "19.6",
    "your own extension (optional)",
    hints=(
        "Begin with the question. It is a good one if you do not know the answer, and if a number can give it.",
        "Write down the prediction before you measure. If both are the same, say what you could have measured wrongly.",
        "A small one will do: how many bytes is one reading, with its acknowledgement, on the wire? The wiretap of "
        "lesson 05 tells. Then halve it.",
    ),
)
def your_own_extension(answer):
    if not isinstance(answer, dict) or set(answer) != set(SHEET):
        raise Wrong("another sheet.", f"It is a dict with the keys {', '.join(SHEET)}.", got=readable(answer))
    missing = [name for name in SHEET if answer[name] is ... or answer[name] == ""]
    if len(missing) == len(SHEET):
        raise NotStarted()
    if missing:
        raise Wrong(idea=f"Good so far. Still to write: {', '.join(f'{name}, {SHEET[name]}' for name in missing)}.")
    for name in SHEET:
        value, call = answer[name], Text(f"sheet[{name!r}]")
        if name in ("predicted", "measured"):
            if isinstance(value, bool) or not isinstance(value, int | float):
                idea = "A number, without quotation marks: its unit stands in `unit`."
                raise Wrong("something other than a number.", idea, call=call, got=readable(value))
        elif not isinstance(value, str):
            raise Wrong("something other than a text.", f"Write {SHEET[name]}.", call=call, got=readable(value))
        elif len(value.split()) < LEAST:
            raise Wrong("a note to yourself.", f"Somebody else reads it: {SHEET[name]}.", call=call, got=value)

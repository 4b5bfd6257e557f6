"""The checks of the exercise of lesson 19: wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer, as in test_tasks_19.py.
"""

import base64
import collections
import datetime
import hmac
import time
from email.utils import formatdate, parsedate_to_datetime

import pytest

from classroom import checks, doctor
from classroom.tasks import lesson_19_exercise
from classroom.tasks.lesson_19_exercise import SHEET, SITUATIONS, header, right_rate
from pocketws.frames import encode_header
from tests.answers import right, spin, wrong

SECONDS = 1  # for each call of an answer; one that goes to MicroPython has a time-out of its own

# ---------------------------------------------------------------- 19.1

LOST = dict(zip(SITUATIONS, "ABABCA", strict=True))
HALF, TEN, AFTER, FIRST, PLUG, RESET = SITUATIONS

LOSSES = [
    ("untouched", dict.fromkeys(LOST, ...), "[ ]", "Replace the dots"),
    ("one to do", LOST | {TEN: ...}, "[x]", "Still to do: the cable is out for ten minutes"),
    ("no dict", "ABABCA", "[x]", "another shape"),
    ("a key lost", {HALF: "A"}, "[x]", "another shape"),
    ("a word", LOST | {HALF: "nothing"}, "[x]", "none of the letters"),
    ("a cable loses", LOST | {HALF: "C"}, "[x]", "a cable that loses what is on its way"),
    ("kept for ever", LOST | {TEN: "A"}, "[x]", "a board that keeps everything"),
    ("nobody sees", LOST | {TEN: "C"}, "[x]", "a loss that nobody sees"),
    ("not acknowledged, so lost", LOST | {AFTER: "B"}, "[x]", "lost because it was not acknowledged"),
    ("sent again anyway", LOST | {FIRST: "A"}, "[x]", "sends again what was acknowledged"),
    ("a memory that lasts", LOST | {PLUG: "A"}, "[x]", "outlives its power"),
    ("a gap after a reset", LOST | {PLUG: "B"}, "[x]", "a gap in the numbers"),
    ("a reset loses", LOST | {RESET: "C"}, "[x]", "a reset that always loses"),
]

# ---------------------------------------------------------------- 19.2

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date_stub(now):
    """Return a moment, in seconds since 1970, as HTTP writes it: str."""
    pass  # your code here


def http_date(now):
    year, month, day, hour, minute, second, weekday = time.gmtime(now)[:7]
    text = "%s, %02d %s %04d %02d:%02d:%02d GMT"
    return text % (DAYS[weekday], day, MONTHS[month - 1], year, hour, minute, second)


def by_names(now):
    t = time.gmtime(now)
    return f"{DAYS[t.tm_wday]}, {t.tm_mday:02} {MONTHS[t.tm_mon - 1]} {t[0]} {t[3]:02}:{t[4]:02}:{t[5]:02} GMT"


def by_nine_values(now):
    year, month, day, hour, minute, second, weekday, _, _ = time.gmtime(now)
    return f"{DAYS[weekday]}, {day:02} {MONTHS[month - 1]} {year} {hour:02}:{minute:02}:{second:02} GMT"


def by_strftime(now):
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now))


def by_email(now):
    return formatdate(now, usegmt=True)


def imports_email(now):
    from email.utils import formatdate

    return formatdate(now, usegmt=True)


def imports_datetime(now):
    from datetime import UTC, datetime

    return datetime.fromtimestamp(now, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


def never_on_a_board(now):
    while not hasattr(time, "monotonic"):
        pass
    return http_date_of(now)


def http_date_of(now):
    return http_date(now)


def weekday_from_one(now):
    return DAYS[time.gmtime(now)[6] - 1] + http_date(now)[3:]


def month_from_nought(now):
    return http_date(now).replace(MONTHS[time.gmtime(now)[1] - 1], (MONTHS + ("?",))[time.gmtime(now)[1]])


def weekday_out_of_range(now):
    return DAYS[time.gmtime(now)[6] + 1] + http_date(now)[3:]


def one_digit(now):
    return http_date(now).replace(", 0", ", ")


def bare_time(now):
    return "%s, %02d %s %d %d:%d:%d GMT" % (DAYS[time.gmtime(now)[6]], *_parts(now))


def _parts(now):
    year, month, day, hour, minute, second = time.gmtime(now)[:6]
    return day, MONTHS[month - 1], year, hour, minute, second


def elsewhere(now):
    return http_date(now + 3600)


def too_few(now):
    year, month, day = time.gmtime(now)
    return f"{day} {MONTHS[month - 1]} {year}"


DATES = [
    ("the stub", date_stub, "[ ]", "write its body"),
    ("no return", lambda now: None if now else None, "[x]", "a function without a return"),
    ("the tuple", lambda now: tuple(time.gmtime(now)), "[x]", "a tuple instead of a str"),
    ("asctime", lambda now: time.asctime(time.gmtime(now)), "[x]", "other parts"),
    ("UTC", lambda now: http_date(now).replace("GMT", "UTC"), "[x]", "another name for the zone"),
    ("minus nought", lambda now: formatdate(now), "[x]", "another name for the zone"),
    ("no zone", lambda now: http_date(now)[:-4], "[x]", "a date without its zone"),
    ("no comma", lambda now: http_date(now).replace(",", ""), "[x]", "a weekday without its comma"),
    ("the day before", weekday_from_one, "[x]", "another weekday"),
    ("the month after", month_from_nought, "[x]", "another month"),
    ("no such day", weekday_out_of_range, "[!]", "weekdays from 0, Monday"),
    ("a day with one digit", one_digit, "[x]", "a day with one digit"),
    ("bare numbers", bare_time, "[x]", "a time with other digits"),
    ("an hour later", elsewhere, "[x]", "a time with other digits"),
    ("three parts", too_few, "[!]", "has seven values"),
    ("a % too many", lambda now: "%s %s".__mod__(now), "[!]", "takes one value"),
    ("no function", "Sun, 06 Nov", "[x]", "not a function"),
    ("endless", spin, "[!]", "stopped after"),
]
ON_A_BOARD = [
    ("nine values", by_nine_values, "[!]", "A Pico's gmtime gives eight values"),
    ("gmtime's names", by_names, "[!]", "gives a plain tuple"),
    ("strftime", by_strftime, "[!]", "time has no strftime"),
    ("email, imported above", by_email, "[!]", "this name is not known"),
    ("email, imported in it", imports_email, "[!]", "no module email"),
    ("datetime", imports_datetime, "[!]", "no module datetime"),
    ("a lambda", lambda now: http_date(now), "[x]", "not made by a def"),
]

# ---------------------------------------------------------------- 19.3


def sign(key, text):
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


def string_to_sign(host, date, path):
    return f"host: {host}\ndate: {date}\nGET {path} HTTP/1.1"


def seconds(date):
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def door_stub(path, values, host, keys, now, seen):
    """Return the name of the key with which the request was signed, or None."""
    pass  # your code here


def door(
    key=lambda keys, name: keys[name],
    text=lambda path, values, host: string_to_sign(host, values["date"], path),
    same=lambda one, other: hmac.compare_digest(one.encode(), other.encode()),
    host_is=lambda values, host: values["host"] == host,
    late=lambda age: abs(age) > 300,
    until=lambda moment, now: moment + 300,
    complete=lambda values: None not in [values.get(name) for name in ("host", "date", "key", "signature")],
    known=lambda values, keys: values["key"] in keys,
    read=seconds,
    replay=True,
    note_first=False,
    clear=True,
    result=lambda values: values["key"],
):
    """Return a right door, or one with a slip."""

    def door(path, values, host, keys, now, seen):
        if not complete(values) or not known(values, keys) or not host_is(values, host):
            return None
        signature = values["signature"]
        if note_first:
            seen[signature] = now + 300
        if not same(signature, sign(key(keys, values["key"]), text(path, values, host))):
            return None
        moment = read(values["date"])
        if moment is None or late(now - moment):
            return None
        for old in [old for old, end in seen.items() if end < now] if clear else ():
            del seen[old]
        if replay and not note_first and signature in seen:
            return None
        seen[signature] = until(moment, now)
        return result(values)

    return door


def deletes_while_it_looks(path, values, host, keys, now, seen):
    for old in seen:
        if seen[old] < now:
            del seen[old]
    return door(clear=False)(path, values, host, keys, now, seen)


def a_cell_not_run(path, values, host, keys, now, seen):
    return string_to_sing(host)  # noqa: F821


def equal(one, other):
    return one == other


def door_without_the_host(path, values, host, keys, now, seen):
    return in_steps(path, values | {"host": host}, host, keys, now, seen)


def door_with_a_new_dict(path, values, host, keys, now, seen):
    seen = {old: end for old, end in seen.items() if end >= now}
    return in_steps(path, values, host, keys, now, seen)


def door_that_clears_late(path, values, host, keys, now, seen):
    if values.get("signature") in seen:
        return None
    name = in_steps(path, values, host, keys, now, {})
    if name:
        for old in [old for old, end in seen.items() if end < now]:
            del seen[old]
        seen[values["signature"]] = now + 300
    return name


DOORS = [
    ("the stub", door_stub, "[ ]", "write its body"),
    ("always closed", lambda *args: None if args else 1, "[x]", "a door that stays closed"),
    ("always open", lambda path, values, *rest: values.get("key"), "[x]", "a door that does not ask for host"),
    ("True", door(result=lambda values: True), "[x]", "True in place of a name"),
    ("the values", door(result=lambda values: values), "[x]", "a dict"),
    ("the path", door(result=lambda values: "key"), "[x]", "another name"),
    ("one key for all", door(key=lambda keys, name: keys["pico"]), "[x]", "one key for all"),
    ("==", door(same=equal), "[x]", "a comparison whose time tells something"),
    ("no signature", door(same=lambda one, other: True), "[x]", "a signature that nobody looks at"),
    ("strict by a second", door(late=lambda age: abs(age) >= 299), "[x]", "a window that is too small"),
    ("no future", door(late=lambda age: not 0 <= age <= 300), "[x]", "a window that is too small"),
    ("never too old", door(late=lambda age: age < -300), "[x]", "a signature that counts too long"),
    ("any future", door(late=lambda age: age > 300), "[x]", "a date of the future that counts"),
    ("nothing missing", door(complete=lambda values: True), "[!]", "A stranger may leave something out"),
    ("any key", door(known=lambda values, keys: True), "[!]", "A stranger may name a key that there is not"),
    (
        "the host of the request",
        door(host_is=lambda v, h: True, text=lambda p, v, h: string_to_sign(v["host"], v["date"], p)),
        "[x]",
        "a URL for another server",
    ),
    (
        "the path of before",
        door(text=lambda p, v, h: string_to_sign(h, v["date"], "/board")),
        "[x]",
        "one path for all",
    ),
    ("not in bytes", door(same=hmac.compare_digest), "[!]", "compare_digest wants bytes twice"),
    ("what is no date", door(read=lambda date: seconds(date) or 1_800_000_000), "[x]", "a date that is none"),
    ("a date that is none", door(read=lambda date: parsedate_to_datetime(date).timestamp()), "[!]", "ValueError"),
    ("the host is signed, no more", door_without_the_host, "[x]", "compare values.get('host') with `host`"),
    ("another dict", door_with_a_new_dict, "[x]", "noted nowhere, or in another dict"),
    ("until 300 s from now, cleared late", door_that_clears_late, "[x]", "forgotten too early"),
    ("no replay", door(replay=False), "[x]", "a replay that gets in"),
    ("noted first", door(note_first=True), "[x]", "a note of a request that was refused"),
    ("until 300 s from now", door(until=lambda moment, now: now + 300), "[x]", "forgotten too early"),
    ("never cleared", door(clear=False), "[x]", "old signatures that stay for ever"),
    ("cleared in the loop", deletes_while_it_looks, "[!]", "Go through a copy"),
    ("a cell not run", a_cell_not_run, "[!]", "NameError"),
    ("no function", "pico", "[x]", "not a function"),
    ("endless", spin, "[!]", "stopped after"),
]


def in_steps(path, values, host, keys, now, seen):
    try:
        name, date, signature = values["key"], values["date"], values["signature"].encode()
        right = sign(keys[name], string_to_sign(host, date, path)).encode()
    except KeyError:
        return
    moment = seconds(date)
    good = hmac.compare_digest(signature, right) and values.get("host") == host
    if not good or moment is None or not -300 <= now - moment <= 300 or signature in seen:
        return
    for old in list(seen):
        if seen[old] < now:
            seen.pop(old)
    seen[signature] = moment + 300
    return name


# ---------------------------------------------------------------- 19.4


class ReadingsStub:
    def __init__(self, most):
        self.most, self.kept, self.last, self.dropped = most, [], 0, 0
        pass  # your code here

    def add(self, value):
        """Keep a value under the next number."""
        pass  # your code here

    def next(self):
        """Return the next (number, value) to send, or None."""
        pass  # your code here

    def acknowledge(self, number):
        """Forget all up to `number`: the server has them."""
        pass  # your code here

    def start_over(self):
        """Let all that is kept go out again: there is a new connection."""
        pass  # your code here


class Readings(ReadingsStub):
    sent = 0

    def add(self, value):
        self.last += 1
        self.kept.append((self.last, value))
        if len(self.kept) > self.most:
            self.kept.pop(0)
            self.dropped += 1

    def next(self):
        for number, value in self.kept:
            if number > self.sent:
                self.sent = number
                return number, value
        return None

    def acknowledge(self, number):
        self.kept = [pair for pair in self.kept if pair[0] > number]

    def start_over(self):
        self.sent = 0


def readings(**methods):
    """Return a right class, but for the methods given. All stand in the class itself."""
    return type("Readings", (Readings,), {**{name: vars(Readings)[name] for name in METHODS}, **methods})


METHODS = ("add", "next", "acknowledge", "start_over")


def add_if_there_is_room(self, value):
    if len(self.kept) < self.most:
        self.last += 1
        self.kept.append((self.last, value))


def add_counts_only(self, value):
    self.last += 1
    if len(self.kept) < self.most:
        self.kept.append((self.last, value))
    else:
        self.dropped += 1


def add_without_count(self, value):
    self.last += 1
    self.kept = [*self.kept, (self.last, value)][-self.most :]


def add_from_nought(self, value):
    Readings.add(self, value)
    self.kept = [(number - 1, each) if each == value else (number, each) for number, each in self.kept]


def next_pops(self):
    return self.kept.pop(0) if self.kept else None


def next_pops_from_nothing(self):
    return self.kept.pop(0)


def next_again_and_again(self):
    return self.kept[0] if self.kept else None


def next_value_only(self):
    pair = Readings.next(self)
    return pair and pair[1]


def next_newest(self):
    pair = next(((number, value) for number, value in self.kept[::-1] if number not in self.gone), None)
    self.gone = {*self.gone, pair[0]} if pair else self.gone
    return pair


def acknowledge_one(self, number):
    self.kept = [pair for pair in self.kept if pair[0] != number]


def acknowledge_all(self, number):
    self.kept = []


def acknowledge_from_below(self, number):
    self.kept = [pair for pair in self.kept if pair[0] >= number]


def acknowledge_sets_back(self, number):
    Readings.acknowledge(self, number)
    self.sent = number


def acknowledge_removes(self, number):
    while self.kept[0][0] <= number:
        self.kept.pop(0)


class Unset(Readings):
    add, acknowledge, start_over = Readings.add, Readings.acknowledge, Readings.start_over

    def next(self):
        self.under_way += 1
        return None


def acknowledge_by_place(self, number):
    self.kept = self.kept[number:]


def start_over_from_1(self):
    self.sent = self.last = 0


class ByPlace(Readings):
    """Counts how many of those that it keeps went out: it may, if it counts back whenever some go."""

    def next(self):
        if self.sent < len(self.kept):
            self.sent += 1
            return self.kept[self.sent - 1]

    def acknowledge(self, number):
        while self.kept and self.kept[0][0] <= number:
            self.kept.pop(0)
            self.sent = max(0, self.sent - 1)


def by_place(**methods):
    both = {name: vars(Readings)[name] for name in METHODS} | {n: vars(ByPlace)[n] for n in ("next", "acknowledge")}
    return type("ByPlace", (Readings,), both | methods)


def add_counts_back(self, value):
    dropped = self.dropped
    Readings.add(self, value)
    if self.dropped > dropped:
        self.sent = max(0, self.sent - 1)


MENDED = [
    ("the stubs", ReadingsStub, "[ ]", "write its body"),
    ("an object", Readings(3), "[x]", "something other than a class"),
    ("inherited", type("Empty", (Readings,), {}), "[x]", "a class without add"),
    (
        "no start_over",
        type("Less", (), {n: vars(Readings)[n] for n in METHODS[:3]}),
        "[x]",
        "a class without start_over",
    ),
    ("sent is gone", readings(next=next_pops), "[x]", "a reading that is lost because it was sent"),
    ("sent is gone, unguarded", readings(next=next_pops_from_nothing), "[!]", "whether the list is empty"),
    ("again and again", readings(next=next_again_and_again), "[x]", "readings that go out in another way"),
    ("no pair", readings(next=next_value_only), "[x]", "something other than a pair"),
    ("the newest first", readings(next=next_newest, gone=frozenset()), "[x]", "readings that go out in another way"),
    ("numbers from 0", readings(add=add_from_nought), "[x]", "readings that go out in another way"),
    ("one by one", readings(acknowledge=acknowledge_one), "[x]", "an acknowledgement for one reading only"),
    ("all are forgotten", readings(acknowledge=acknowledge_all), "[x]", "a reading that is lost because it was sent"),
    ("the one itself stays", readings(acknowledge=acknowledge_from_below), "[x]", "because it was sent"),
    ("late is early", readings(acknowledge=acknowledge_sets_back), "[x]", "goes out twice"),
    ("no end", readings(acknowledge=acknowledge_removes), "[!]", "whether the list is empty"),
    ("by place", readings(acknowledge=acknowledge_by_place), "[x]", "an acknowledgement that counts places"),
    ("a new count", readings(start_over=start_over_from_1), "[x]", "numbers that begin anew with the connection"),
    ("how many went out", by_place(), "[x]", "waits although none before it does"),
    ("no start over", readings(start_over=lambda self: self and None), "[x]", "because it was sent"),
    ("the newest is lost", readings(add=add_if_there_is_room), "[x]", "another five of the eight"),
    ("the newest is dropped", readings(add=add_counts_only), "[x]", "another five of the eight"),
    ("not counted", readings(add=add_without_count), "[x]", "a loss that is not counted"),
    (
        "not set",
        type("Unset", (Unset,), {**{n: vars(Readings)[n] for n in METHODS}, "next": Unset.next}),
        "[!]",
        "set it in __init__",
    ),
    (
        "add of two",
        readings(add=lambda self, number, value: self.kept.append((number, value))),
        "[!]",
        "add gets a value",
    ),
    ("endless", readings(next=spin), "[!]", "stopped after"),
]


class WithADeque:
    def __init__(self, most):
        self.waiting, self.under_way = collections.deque(), collections.deque()
        self.most, self.count, self.dropped = most, 0, 0

    def add(self, value):
        self.count += 1
        self.waiting.append((self.count, value))
        if len(self.waiting) + len(self.under_way) > self.most:
            (self.under_way or self.waiting).popleft()
            self.dropped += 1

    def next(self):
        if self.waiting:
            self.under_way.append(self.waiting.popleft())
            return self.under_way[-1]

    def acknowledge(self, number):
        while self.under_way and self.under_way[0][0] <= number:
            self.under_way.popleft()

    def start_over(self):
        while self.under_way:
            self.waiting.appendleft(self.under_way.pop())


# ---------------------------------------------------------------- 19.5


def rate_stub(rate, bits, milliseconds):
    """Return how many bytes of frames a client sends in a second of sound."""
    pass  # your code here


def rates(
    frame=lambda payload: payload + header(payload), size=lambda r, b, m: r * b * m // 8000, times=lambda m: 1000 / m
):
    """Return a right wire_rate, or one with a slip."""
    return lambda rate, bits, milliseconds: frame(size(rate, bits, milliseconds)) * times(milliseconds)


RATES = [
    ("the stub", rate_stub, "[ ]", "write its body"),
    ("no return", lambda r, b, m: None if r else None, "[x]", "a function without a return"),
    ("a text", lambda r, b, m: "32200", "[x]", "a str instead of"),
    ("sound only", rates(frame=lambda payload: payload), "[x]", "sound without headers"),
    ("one frame", rates(times=lambda m: 1), "[x]", "one frame"),
    ("no mask", rates(frame=lambda payload: payload + header(payload, 0)), "[x]", "frames without a mask"),
    ("always 8", rates(frame=lambda payload: payload + 8), "[x]", "a length that always takes 2 more bytes"),
    ("always 6", rates(frame=lambda payload: payload + 6), "[x]", "always fits into 7 bits"),
    ("one header", lambda r, b, m: r * b / 8 + header(r * b * m // 8000), "[x]", "one header for all"),
    ("bits", rates(size=lambda r, b, m: r * b * m // 1000, frame=lambda payload: payload), "[x]", "bits where bytes"),
    ("times 8", lambda r, b, m: right_rate(r, b, m) * 8, "[x]", "bits where bytes belong"),
    ("whole frames", rates(times=lambda m: 1000 // m), "[x]", "a number of frames without its half"),
    ("125 is too many", rates(frame=lambda p: p + header(p + 1)), "[x]", "a length that always takes 2 more"),
    ("65,535 is too many", rates(frame=lambda p: p + header(p + (p > 999))), "[x]", "a length of 8 bytes where 2 do"),
    ("samples", rates(size=lambda r, b, m: r * m // 1000), "[x]", "another number"),
    ("no whole second", rates(times=lambda m: 1 / (m // 1000)), "[!]", "is 0 for a short frame"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 19.6

FILLED = dict.fromkeys(SHEET, "three words at least") | {"predicted": 60, "measured": 105.5}

SHEETS = [
    ("untouched", dict.fromkeys(SHEET, ...), "[ ]", "Replace the dots"),
    ("half", FILLED | {"why": ..., "next": ""}, "[x]", "Still to write: why, why the two differ"),
    ("no dict", "an alarm", "[x]", "another sheet"),
    ("a key lost", {"what": "an alarm"}, "[x]", "another sheet"),
    ("a number as a text", FILLED | {"measured": "105 bytes"}, "[x]", "something other than a number"),
    ("a text as a number", FILLED | {"question": 42}, "[x]", "something other than a text"),
    ("a word", FILLED | {"stranger": "nobody"}, "[x]", "a note to yourself"),
]

# ----------------------------------------------------------------

TABLES = {"19.1": LOSSES, "19.2": DATES, "19.3": DOORS, "19.4": MENDED, "19.5": RATES, "19.6": SHEETS}
ALL_WRONG = [row for task, rows in TABLES.items() for row in wrong(task, rows)]


@pytest.mark.parametrize("task, answer, sign, phrase", ALL_WRONG)
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert phrase in words, words
    assert "fault of its own" not in words and not checks.passed(task)


@pytest.mark.skipif(not doctor.find_micropython(), reason="there is no MicroPython here")
@pytest.mark.parametrize("task, answer, sign, phrase", wrong("19.2", ON_A_BOARD))
def test_what_only_cpython_has_is_found_on_micropython(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}") and phrase in words, words


def test_without_a_micropython_the_date_is_judged_here_alone(card, monkeypatch):
    monkeypatch.setattr(lesson_19_exercise, "find_micropython", lambda: None)
    assert card("19.2", by_strftime).startswith("[ok]")
    assert card("19.2", one_digit).startswith("[x]")


def date_by_hand(now):
    t = time.gmtime(now)
    clock = ":".join(("0" + str(part))[-2:] for part in t[3:6])
    return " ".join([DAYS[t[6]] + ",", ("0" + str(t[2]))[-2:], MONTHS[t[1] - 1], str(t[0]), clock, "GMT"])


RIGHT = [
    *right("19.1", usual=LOST, small={key: letter.lower() for key, letter in LOST.items()}),
    *right("19.2", usual=http_date, by_hand=date_by_hand),
    *right("19.3", usual=door(), in_steps=in_steps, nested=door(complete=lambda values: len(values) == 4)),
    *right("19.4", usual=readings(), two_queues=WithADeque, by_place=by_place(add=add_counts_back)),
    *right("19.5", usual=rates(), ours=right_rate),
    *right("19.6", usual=FILLED, whole=FILLED | {"measured": 0}),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    words = card(task, answer)
    assert words.startswith(f"[ok] Task {task}"), words


def test_headers_are_counted_as_they_are_made():
    for payload in (0, 125, 126, 1280, 65_535, 65_536, 96_000):
        assert header(payload) == len(encode_header(2, payload, mask_key=b"abcd"))


def test_the_dates_of_task_2_show_each_slip():
    found = [datetime.datetime.fromtimestamp(now, datetime.UTC) for now in lesson_19_exercise.MOMENTS]
    assert {moment.weekday() for moment in found} == set(range(7))
    assert {1, 2, 12} <= {moment.month for moment in found}
    assert min(moment.day for moment in found) < 10 and min(moment.second for moment in found) < 10

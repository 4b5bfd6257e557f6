"""The limits that connect() and serve() take, and what is no limit."""

from pocketws.compat import MICROPYTHON
from pocketws.connection import MAX_QUEUE, MAX_SIZE, WRITE_LIMIT, State
from tests.both.helpers import raises
from tests.both.memory import settings

SECONDS = ("open_timeout", "ping_interval", "ping_timeout", "close_timeout")
NUMBERS = (("max_size", 0), ("max_queue", 1), ("write_limit", 0))


def test_time_is_a_number_above_0_or_none():
    for name in SECONDS:
        for value in (0.001, 1, 10**9, None):
            assert getattr(settings(**{name: value}), name) == value
        for value in (0, -1, -0.5, "10", (1,)):
            error = raises(ValueError, settings, **{name: value})
            assert str(error) == "%s is %r; expected seconds, more than 0, or None" % (name, value)


def test_limit_is_a_whole_number_or_none():
    for name, least in NUMBERS:
        for value in (least, 7, None):
            settings(**{name: value})
        for value in (least - 1, 1.5, "7"):
            error = raises(ValueError, settings, **{name: value})
            assert str(error).startswith("%s is %r; expected a whole number, %d or more" % (name, value, least))


def test_settings_are_kept():
    found = settings(open_timeout=1, ping_interval=2, ping_timeout=3, close_timeout=4, max_size=5, write_limit=6)
    assert [getattr(found, name) for name in SECONDS] == [1, 2, 3, 4]
    assert (found.max_size, found.write_limit) == (5, 6)


def test_marks_of_the_queue(case):
    """As in `websockets`, one mark alone sets the other."""
    name, given, high, low = case
    found = settings(max_queue=given)
    assert (found.high, found.low) == (high, low)


def test_marks_of_the_queue_that_cannot_be(case):
    """Above the low mark reading has stopped; so a low mark above the high one makes no sense."""
    name, given = case
    assert "max_queue" in str(raises(ValueError, settings, max_queue=given))


def test_defaults_have_limits():
    """Those of `websockets`, and on a board what fits there."""
    found = settings(max_size=MAX_SIZE, max_queue=MAX_QUEUE, write_limit=WRITE_LIMIT)
    assert found.max_size == (65536 if MICROPYTHON else 1 << 20)
    assert (found.high, found.low) == ((1, 0) if MICROPYTHON else (16, 4))
    assert found.write_limit == 32768


def test_states_are_those_of_websockets():
    states = (State.CONNECTING, State.OPEN, State.CLOSING, State.CLOSED)
    assert [state.name for state in states] == ["CONNECTING", "OPEN", "CLOSING", "CLOSED"]
    assert [state.value for state in states] == [0, 1, 2, 3]
    assert repr(State.OPEN) == "<State.OPEN: 1>"


CASES = {
    "test_marks_of_the_queue": (
        ("a number", 16, 16, 4),
        ("one message", 1, 1, 0),
        ("both", (8, 3), 8, 3),
        ("both the same", (8, 8), 8, 8),
        ("low is 0", (8, 0), 8, 0),
        ("none", None, None, None),
        ("neither", (None, None), None, None),
        ("high alone", (8, None), 8, 2),
        ("low alone", (None, 2), 8, 2),
        ("low alone, and 0", (None, 0), 1, 0),
    ),
    "test_marks_of_the_queue_that_cannot_be": (
        ("low above high", (4, 8)),
        ("low below 0", (4, -1)),
        ("high is 0", (0, 0)),
        ("a str", "16"),
        ("three", (3, 2, 1)),
        ("a float", (4, 1.5)),
    ),
}

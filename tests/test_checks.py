"""`check`, `hint`, `passed` and `reveal`, whatever a student does."""

import linecache
import time

import pytest

from classroom import checks


@pytest.fixture
def verdict(monkeypatch):
    """Return a function that checks an answer and returns the text of the card."""
    cards = []
    monkeypatch.setattr(checks, "_show", lambda card: cards.append(str(card)))

    def run(name, answer):
        cards.clear()
        checks.check(name, answer)
        return cards[-1] if cards else ""

    return run


@pytest.fixture
def double():
    """A task of which the tests know everything: a function that doubles a number."""

    @checks.task("03.test", "double it", hints=("times two", "x * 2"))
    def judge(answer):
        got = checks.attempt(answer, 21)
        if got != 42:
            raise checks.Wrong("half the truth.", "Twice as much.", call="double(21)", expected=42, got=got)

    yield "03.test"
    del checks._tasks["03.test"]


def test_a_right_answer_passes(verdict, double):
    assert verdict(double, lambda x: 2 * x).startswith("[ok]")
    assert checks.passed(double)


def test_a_wrong_answer_after_a_right_one_no_longer_passes(verdict, double):
    verdict(double, lambda x: 2 * x)
    text = verdict(double, lambda x: x)
    assert text.startswith("[x]") and "half the truth" in text and "42" in text and "21" in text
    assert not checks.passed(double)


@pytest.mark.parametrize("answer", [None, ...])
def test_no_answer_is_not_started(verdict, double, answer):
    assert verdict(double, answer).startswith("[ ]")


def empty(x): ...


def empty_with_docstring(x):
    """Double x."""
    ...


def only_pass(x):
    """Double x."""
    pass


def with_a_blank(x):
    return x * ...


@pytest.mark.parametrize("answer", [empty, empty_with_docstring, only_pass, with_a_blank])
def test_a_stub_is_not_started(verdict, double, answer):
    assert verdict(double, answer).startswith("[ ]")


async def empty_coroutine(x): ...


def test_an_empty_coroutine_function_is_not_started(verdict, double):
    assert verdict(double, empty_coroutine).startswith("[ ]")


def returns_a_text(x):
    return "42"


def test_returning_a_constant_is_an_answer(verdict, double):
    assert verdict(double, returns_a_text).startswith("[x]")


def test_an_exception_shows_the_students_line(verdict, double):
    source = "def double(x):\n    y = 2\n    return x / (y - 2)\n"
    scope = {}
    exec(compile(source, "<cell>", "exec"), scope)
    text = verdict(double, scope["double"])
    assert text.startswith("[!]") and "ZeroDivisionError" in text and "3" in text


def test_of_a_function_in_another_cell_the_line_that_calls_it_is_shown(verdict, double):
    scope, course = {}, "def helper(x):\n    return x + 'a'\n"
    for name, source in (("one", course), ("two", "def double(x):\n    # mine\n    return helper(x)\n")):
        path = f"ipykernel_1/{name}"
        linecache.cache[path] = len(source), None, source.splitlines(True), path
        exec(compile(source, path, "exec"), scope)
    text = verdict(double, scope["double"])
    assert "TypeError" in text and "helper(x)" in text and "x + 'a'" not in text


def test_the_wrong_number_of_parameters_is_explained(verdict, double):
    text = verdict(double, lambda: 42)
    assert text.startswith("[!]") and "parameters" in text


def test_a_result_instead_of_a_function_is_explained(verdict, double):
    assert "not a function" in verdict(double, 42)


def endless(x):
    while True:
        pass


def endless_and_stubborn(x):
    while True:
        try:
            x += 1
        except:  # noqa: E722 - a student may well write this
            pass


@pytest.mark.parametrize("answer", [endless, endless_and_stubborn])
def test_an_endless_loop_is_stopped(verdict, double, answer, monkeypatch):
    monkeypatch.setattr(checks, "SECONDS", 0.2)
    start = time.monotonic()
    text = verdict(double, answer)
    assert text.startswith("[!]") and "stopped after" in text
    assert time.monotonic() - start < 5


def test_the_alarm_is_put_away_afterwards(verdict, double, monkeypatch):
    import signal

    before = signal.getsignal(signal.SIGALRM)
    monkeypatch.setattr(checks, "SECONDS", 0.02)
    for _ in range(20):
        verdict(double, endless)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_endless_recursion_is_reported(verdict, double):
    def double_again(x):
        return double_again(x)

    assert "RecursionError" in verdict(double, double_again)


def test_a_fault_of_the_check_is_not_blamed_on_the_student(verdict, double):
    @checks.task(double, "broken")
    def judge(answer):
        raise KeyError("ours")

    text = " ".join(verdict(double, lambda x: x).split())
    assert "fault of its own" in text and "may well be right" in text


@pytest.mark.parametrize("name", ["03.99", "99.1", "nonsense", "", 3, None])
def test_an_unknown_task_is_explained_not_raised(name, capsys):
    checks.check(name, 1)
    checks.hint(name)
    said = capsys.readouterr().out
    assert "There is no task" in said
    assert not checks.passed(name)


def test_hints_go_from_first_to_last(double, capsys):
    checks.hint(double)
    checks.hint(double, 2)
    first, second = capsys.readouterr().out.split("Hint 2 of 2.")
    assert "Hint 1 of 2. times two" in first and "hint('03.test', 2)" in first
    assert "x * 2" in second


@pytest.mark.parametrize("level", [0, 3, -1, "two", None, 1.5])
def test_a_hint_that_is_not_there_says_which_are(double, level, capsys):
    checks.hint(double, level)
    assert "has 2 hints" in capsys.readouterr().out


@pytest.mark.parametrize(
    "guess, said",
    [
        (..., "You wrote no prediction"),
        ([..., 1], "You wrote no prediction"),
        (7, "as you predicted"),
        (5, "You predicted 5"),
        ("7", "You predicted '7': right, but mind the quotes"),
        ((7,), "You predicted (7,)"),
    ],
)
def test_reveal_compares_with_the_prediction(guess, said, capsys):
    checks.reveal(guess, 7)
    text = capsys.readouterr().out
    assert text.startswith("7") and said in text


def test_outside_a_notebook_the_verdict_is_printed(double, capsys):
    checks.check(double, lambda x: 2 * x)
    assert "[ok]" in capsys.readouterr().out


def test_a_pair_may_be_a_list_or_a_tuple(capsys):
    checks.reveal([0, True], (0, True))
    checks.reveal((0, True), [0, True])
    assert capsys.readouterr().out.count("as you predicted") == 2

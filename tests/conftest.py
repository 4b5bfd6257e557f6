"""Lets the tests in tests/both be parametrised without importing pytest; and shows cards as text."""

import pytest

from classroom import checks


@pytest.fixture
def card(request, monkeypatch):
    """Return a function that checks an answer and returns the words of the card, on one line.

    A test module may set SECONDS, for which one check may run the answer.
    """
    cards = []
    monkeypatch.setattr(checks, "_show", lambda card: cards.append(str(card)))
    monkeypatch.setattr(checks, "SECONDS", getattr(request.module, "SECONDS", 0.2))

    def run(task, answer):
        cards.clear()
        checks.check(task, answer)
        return " ".join(cards[-1].split())

    return run


def pytest_generate_tests(metafunc):
    cases = getattr(metafunc.module, "CASES", {}).get(metafunc.function.__name__)
    if cases is not None:
        metafunc.parametrize("case", cases, ids=[str(case[0]) for case in cases])

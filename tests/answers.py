"""What the tests of the tasks share: rows of answers, as test parameters."""

import time

import pytest


def wrong(task, rows):
    """Return test parameters for the wrong answers to one task; rows: (what it is, answer, sign, phrase)."""
    return [pytest.param(task, *row[1:], id=f"{task} {row[0]}") for row in rows]


def right(task, **answers):
    """Return test parameters for right answers to one task; answers: what it is = answer."""
    return [pytest.param(task, answer, id=f"{task} {what}") for what, answer in answers.items()]


def spin(*args):
    """An answer that never comes. It leaves the processor to other tests; test_checks.py has the one that does not."""
    while True:
        time.sleep(0.001)

"""For judges whose answers are coroutine functions: they run without an event loop, and in no time."""

import asyncio
import contextlib
import inspect

from .checks import Wrong
from .judging import attempt_with, with_article


def attempt_awaited(ideas, function, *args, events=None, passing=()):
    """Return what `await function(*args)` gives: judging.attempt_with for a coroutine function.

    Whatever it awaits has to be there at once, as with a client that has no network; only
    asyncio.sleep() may be awaited, too, and takes no time.

    events: list, to which ("sleep", seconds) is added for each asyncio.sleep().
    passing: classes of exceptions that the function may raise: they come out as they are.
    """
    try:
        return attempt_with(ideas, _Awaited(function, events, passing) if callable(function) else function, *args)
    except _Passed as passed:
        raise passed.error from None


class _Passed(BaseException):
    """Carries an exception past attempt(), which takes every Exception for a fault of the answer."""

    def __init__(self, error):
        super().__init__(error)
        self.error = error


class _Awaited:
    """A coroutine function as a plain one: calling it carries the coroutine out.

    Its name, documentation and code stay, so that attempt() finds blanks and the student's lines.
    """

    def __init__(self, function, events, passing):
        self.function, self.passing = function, passing
        self.events = [] if events is None else events
        for name in ("__name__", "__doc__", "__code__"):
            if hasattr(function, name):
                setattr(self, name, getattr(function, name))

    def __call__(self, *args):
        plan = self.function(*args)
        if not inspect.iscoroutine(plan):
            idea = "Begin it with `async def`: only there may `await` stand."
            raise _Passed(Wrong("a function without async.", idea))
        with self._no_time():
            try:
                plan.send(None)
            except StopIteration as end:
                return end.value
            except self.passing as error:
                raise _Passed(error) from None
            finally:
                plan.close()
        idea = "Await only what the parameters offer, and asyncio.sleep(...)."
        raise _Passed(Wrong("a wait for something else.", idea))

    @contextlib.contextmanager
    def _no_time(self):
        """Let asyncio.sleep() return at once. No other code runs meanwhile: nothing here gives the turn away."""
        real, asyncio.sleep = asyncio.sleep, self._sleep
        try:
            yield
        finally:
            asyncio.sleep = real

    async def _sleep(self, delay, result=None):
        if not isinstance(delay, int | float):
            raise TypeError(f"asyncio.sleep() takes seconds, a number; not {with_article(type(delay))}")
        self.events.append(("sleep", delay))
        return result

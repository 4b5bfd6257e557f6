"""For judges of functions that connect again: a client that fails as it is told to, and what goes wrong with it."""

from pocketws.exceptions import InvalidHandshake

from .checks import Wrong
from .judging import readable

URI = "ws://127.0.0.1/"


class Client:
    """A client whose handshake() does what it is told to.

    outcomes: list, for each call an exception to raise or a result to return; OSError when it is empty.
    events: list, to which ("handshake", uri) is added for each call.
    """

    def __init__(self, outcomes, events):
        self.outcomes, self.events = list(outcomes), events

    async def handshake(self, uri):
        self.events.append(("handshake", uri))
        outcome = self.outcomes.pop(0) if self.outcomes else OSError("no network")
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def __repr__(self):
        return "client"


CRASHES = (
    ("handshake\\(\\) (takes|missing)", "client.handshake takes the address to connect to: uri."),
    ("must be a class|BaseException is not allowed|catching classes", "After except stand classes of errors: OSError."),
    ("asyncio.sleep\\(\\) takes", "Sleep for one of the delays: the loop gives you `delay`."),
    ("no network", "An error of the network is an OSError. Did the except catch it?"),
    ("TCP has ended", "A server that hangs up is an EOFError. It was among the errors to catch."),
)


def judge_attempts(events, count, right, call):
    """Raise Wrong unless the client was asked `count` times, with the address."""
    asked = [what for name, what in events if name == "handshake"]
    if not asked:
        raise Wrong("no attempt.", "`await client.handshake(uri)`: without await it is only a plan.", call=call)
    if asked[0] != URI:
        raise Wrong(
            "another address.", "Connect to the parameter `uri`.", call=call, expected=URI, got=readable(asked[0])
        )
    if len(asked) > count and right is InvalidHandshake:
        idea = "What a server refuses, it refuses again. Catch errors of the network only: OSError."
        raise Wrong("a refusal taken for a failure of the network.", idea, call=call)
    if len(asked) != count:
        idea = "One attempt for each delay, until one of them returns."
        raise Wrong("another number of attempts.", idea, call=call, expected=count, got=len(asked))


def shown(value):
    return "InvalidHandshake raised" if value is InvalidHandshake else readable(value) if value is not None else None


def result_misconception(got, right):
    """Return (looks, idea) for a wrong result of reconnect()."""
    if right is InvalidHandshake:
        return "a refusal that nobody hears of.", "Catch OSError, not Exception: what a server refuses must come out."
    if got is None:
        return "a function without a return.", "Return what handshake() gives, and False after the last delay."
    if right is True:
        return "a success that is not told.", "Return what handshake() gives."
    return "a result that was not there.", "Without a connection it is False."

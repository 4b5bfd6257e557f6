"""conformance: is this a WebSocket endpoint as RFC 6455 wants it? Cases for any server and any client.

On a command line, see `python -m conformance --help`. In a notebook or a program:

    results = await run("ws://127.0.0.1:9000/", cases("1-7"))     # a server under test
    async with ClientTest(cases("1-7", role="client")) as test:   # a client under test, which connects to test.url
        results = await test.wait()

In a test:

    @pytest.mark.parametrize("case", cases("1-7", role="server"), ids=str)
    def test_server(case):
        result = check("ws://127.0.0.1:9000/", case)
        assert result.passed, result

The endpoint under test sends each message back with the opcode that it came with. Cases
with numbers ask what the case of that number in Autobahn's testsuite asks; those with a
letter are ours. Verdicts are explained in model.py.

For CPython; of pocketws only the codec is used, never the endpoints built on it.
"""

import asyncio

from .cases import cases
from .model import Case, Result
from .opening import CannotOpen
from .play import Times
from .suite import ClientTest, Results, run

__all__ = ["CannotOpen", "Case", "ClientTest", "Result", "Results", "Times", "cases", "check", "run"]


def check(target, case, **options):
    """Play one case with the server at a URL; return its Result.

    Options and errors are those of `run`, and ValueError for a case that is for clients only.
    """
    if "server" not in case.roles:
        raise ValueError(f"{case.id} is a case for clients")
    return asyncio.run(run(target, [case], **options))[0]

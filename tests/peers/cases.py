"""What each client does with Autobahn's fuzzing server: `run(ask, echo)` in every NAME_client."""

import asyncio
import sys


def run(ask, echo):
    """Go through all cases of the server that the command line names: URL AGENT.

    ask: coroutine function that takes a URL and returns the first message from there (str),
        or None if there is none before the connection closes.
    echo: coroutine function that takes a URL and sends each message back until the connection
        has closed, however that happens.
    """
    asyncio.run(_cases(ask, echo, sys.argv[-2], sys.argv[-1]))


async def _cases(ask, echo, url, agent):
    for case in range(int(await ask(url + "/getCaseCount"))):
        await echo("%s/runCase?case=%d&agent=%s" % (url, case + 1, agent))
    await ask(url + "/updateReports?agent=" + agent)

"""The command line: `python -m conformance server ws://127.0.0.1:9000/`; `--help` tells the rest."""

import argparse
import asyncio
import shlex
import ssl
import sys
import time
from urllib.parse import urlsplit

from pocketws.exceptions import InvalidURI

from . import report
from .cases import cases
from .model import CLIENT, OK, SERVER
from .opening import CannotOpen
from .play import Times
from .suite import AT_ONCE, SLOW, ClientTest, run

ABOUT = """\
Test a WebSocket endpoint against RFC 6455.

  python -m conformance server ws://127.0.0.1:9000/
      The server sends each message back, with the opcode that it came with.

  python -m conformance client ws://127.0.0.1:0/
      The client connects to the URL that is printed, sends each message back until the connection closes,
      whatever the reason, and connects again, until the server answers 410 (Gone).

  python -m conformance client ws://127.0.0.1:0/ --run "python my_client.py {url}"
      The same, and starts the client; also again, if it ends before the last case.
"""
FAREWELL = 2.0  # seconds in which a client that we started may see the 410 and end
CASES = 'cases to play: ids, groups, ranges of sections, wildcards, such as "1-7", "5.3,6.4", "9.*.6", "H1,L"'


def main(arguments=None):
    """Run the command line; return the exit code: 0, or 1 if a case FAILED, or 2 if nothing could be tested."""
    options = parser().parse_args(arguments)
    try:
        chosen = cases(options.cases, options.exclude, options.role, options.full)
        if not chosen:
            raise ValueError("these patterns leave no case")
        if options.list:
            for case in chosen:
                print(f"{case.id:<8}{case.section:<16}{case.title}")
            return 0
        start = time.perf_counter()
        test = test_server if options.role == SERVER else test_client
        results = asyncio.run(test(options, chosen))
    except (InvalidURI, CannotOpen, ValueError, OSError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    seconds = time.perf_counter() - start
    if options.json != "-":
        print(report.table(results).rpartition("\n\n")[0])
        if found := report.details(results, options.verbose):
            print("\nWhat is not as a strict endpoint has it:\n\n" + found)
        print(f"\n{report.summary(results)}, in {seconds:.1f} s")
    if options.json:
        text = report.as_json(results, target=options.url, role=options.role, full=options.full)
        if options.json == "-":
            print(text, end="")
        else:
            with open(options.json, "w", encoding="utf-8") as file:
                file.write(text)
    return 0 if results.passed else 1


def parser():
    """Return the parser of the command line."""
    found = argparse.ArgumentParser("conformance", description=ABOUT, formatter_class=argparse.RawTextHelpFormatter)
    found.add_argument("role", choices=(SERVER, CLIENT), help="what is under test")
    found.add_argument(
        "url", nargs="?", default="ws://127.0.0.1:0/", help="of the server, or where to wait for the client"
    )
    found.add_argument("--cases", default="*", help=CASES)
    found.add_argument("--exclude", default="", help="cases to leave out, in the same way")
    found.add_argument("--full", action="store_true", help="sections 9, 12 and 13 in full size, which takes minutes")
    found.add_argument("--list", action="store_true", help="only list the cases")
    found.add_argument("--json", metavar="FILE", help="also write the results as JSON; - for standard output, alone")
    found.add_argument("--verbose", action="store_true", help="show all that was sent where something is wrong")
    found.add_argument("--timeout", type=float, default=Times.reply, help="seconds to wait for a reply (default 5)")
    found.add_argument("--at-once", type=int, default=AT_ONCE, help="connections to a server at a time (default 4)")
    found.add_argument("--insecure", action="store_true", help="wss: take any certificate of the server")
    found.add_argument("--cafile", help="wss: a file with the certificates to trust, in PEM")
    found.add_argument("--certificate", help="client, wss: a file with our certificate and its key, in PEM")
    found.add_argument("--run", metavar="COMMAND", help="client: start this; {url} in it stands for the URL")
    found.add_argument("--wait", type=float, default=SLOW, help="client: seconds to wait for one (default 60)")
    return found


class Progress:
    """A line that counts, on a terminal."""

    def __init__(self, total):
        self.total = total
        self.done = 0
        self.other = 0

    def __call__(self, result):
        self.done += 1
        self.other += result.verdict != OK
        if sys.stderr.isatty():
            end = "\n" if self.done == self.total else ""
            print(f"\r{self.done} of {self.total} cases, {self.other} not OK ", end=end, file=sys.stderr, flush=True)


async def test_server(options, chosen):
    """Test a server; return Results."""
    tls = None
    if options.insecure:
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    elif options.cafile:
        tls = ssl.create_default_context(cafile=options.cafile)
    times, progress = Times(reply=options.timeout), Progress(len(chosen))
    return await run(options.url, chosen, times, options.at_once, tls, progress)


def place(url):
    """Return (secure, host, port, path) of a URL to listen at; port 0 means any free one. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is not a place to listen at; expected such as ws://127.0.0.1:0/")
    secure = parts.scheme == "wss"
    default = 443 if secure else 80
    return secure, parts.hostname, default if parts.port is None else parts.port, parts.path or "/"


async def test_client(options, chosen):
    """Wait for a client, or start one, and test it; return Results, which may lack some. Raises OSError."""
    secure, host, port, path = place(options.url)
    tls = None
    if secure:
        if not options.certificate:
            raise ValueError("wss needs --certificate")
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.certificate)
    times, progress = Times(reply=options.timeout), Progress(len(chosen))
    async with ClientTest(chosen, host, port, path, times, tls, progress) as test:
        print(test.url, file=sys.stderr if options.json == "-" else sys.stdout, flush=True)
        tasks = [asyncio.create_task(test.wait(options.wait))]
        if options.run:
            tasks.append(asyncio.create_task(keep_running(options.run, test)))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if test.over and options.run:
                await asyncio.wait(tasks, timeout=FAREWELL)
        finally:
            for task in tasks:
                task.cancel()
            faults = [
                each for each in await asyncio.gather(*tasks, return_exceptions=True) if isinstance(each, OSError)
            ]
        if not any(test.results):
            raise CannotOpen(str(faults[0]) if faults else "the client played no case")
        if faults:  # TimeoutError is one
            print(f"conformance: {faults[0]}", file=sys.stderr)
        return test.results


async def keep_running(command, test):
    """Run a command until all cases are played; start it again where it ends before that.

    Raises OSError if it cannot be started, or ends without having connected.
    """
    arguments = [part.replace("{url}", test.url) for part in shlex.split(command)]
    while not test.over:
        before = test.connections
        process = await asyncio.create_subprocess_exec(*arguments)
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        if test.connections == before and not test.over:
            raise OSError(f"the client ended, with {process.returncode}, and has not connected: {command}")


if __name__ == "__main__":
    sys.exit(main())

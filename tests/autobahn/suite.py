"""One run of the Autobahn testsuite: against one endpoint, over loopback."""

import contextlib
import json
import re
import socket
import subprocess
import time

from .endpoints import ROOT, SERVER

STARTING = 20  # seconds for a server to come up
STALLED = 1100  # seconds without a new case; the testsuite gives none of them more than 1,000
_CASE = re.compile(r"^Running test case ID (\S+)", re.MULTILINE)
_TOTAL = re.compile(r"^Ok, will run (\d+) test cases", re.MULTILINE)


class Broken(Exception):
    """A run did not get to its end; the text says where it stopped."""


def run(endpoint, wstest, cases, exclude, folder, show):
    """Run the testsuite against `endpoint`; return {case: (behavior, behaviorClose)}.

    wstest: the command (list of str) that runs it. cases, exclude: lists of patterns such as "9.*".
    folder: Path, gets the testsuite's own reports and the logs of both sides.
    show: called with the number of the case (int), of all cases, and its name (str).
    Raises Broken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.json").unlink(missing_ok=True)  # of an earlier run
    port = free_port()
    url = f"ws://127.0.0.1:{port}"
    spec = {"outdir": str(folder), "cases": cases, "exclude-cases": exclude, "exclude-agent-cases": {}}
    serving = endpoint.role == SERVER
    spec.update({"servers": [{"agent": endpoint.name, "url": url}]} if serving else {"url": url})
    (folder / "spec.json").write_text(json.dumps(spec))
    mode = "fuzzingclient" if serving else "fuzzingserver"
    suite = [*wstest, "--mode", mode, "--spec", str(folder / "spec.json"), "--webport", "0"]
    tested = endpoint.command(str(port)) if serving else endpoint.command(url, endpoint.name)
    server, client = (tested, suite) if serving else (suite, tested)
    suite_log = folder / ("client.log" if serving else "server.log")
    with running(server, endpoint, folder / "server.log") as serves:
        wait_until_up(serves, port)
        with running(client, endpoint, folder / "client.log") as visits:
            _watch(visits, serves, suite_log, show)
    return _results(endpoint, folder, suite_log)


def free_port():
    """Return a port of 127.0.0.1 that is free now: neither MicroPython nor Autobahn tells which one it was given."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(command, endpoint, log):
    """Run a command, and end it with the block."""
    with open(log, "w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=endpoint.environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_up(process, port):
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise Broken(f"it did not start within {STARTING} seconds: {' '.join(process.args)}")


def _watch(client, server, log, show):
    """Wait until the client has been through all cases."""
    last, since = None, time.monotonic()
    while client.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            client.wait(0.5)
        text = log.read_text(errors="replace")
        total, seen = _TOTAL.search(text), _CASE.findall(text)
        if total and seen and seen[-1] != last:
            last, since = seen[-1], time.monotonic()
            show(len(seen), int(total[1]), last)
        if time.monotonic() - since > STALLED:
            raise Broken(f"nothing new for {STALLED} seconds after case {last}")
        if server.poll() is not None:
            raise Broken(f"the server ended in case {last}, with exit code {server.returncode}")
    if client.returncode:
        raise Broken(f"the client ended in case {last}, with exit code {client.returncode}")


def _results(endpoint, folder, log):
    index = folder / "index.json"
    if not index.exists():
        raise Broken("the testsuite wrote no report")
    found = json.loads(index.read_text()).get(endpoint.name, {})
    total = _TOTAL.search(log.read_text(errors="replace"))
    if total is None or len(found) != int(total[1]):
        raise Broken(f"the report has {len(found)} of {total and total[1]} cases")
    return {case: (row["behavior"], row["behaviorClose"]) for case, row in found.items()}

"""How long the import of a client takes, over what asyncio itself costs: each time in a fresh interpreter."""

import statistics
import subprocess
import sys

from .process import PATIENCE, ROOT, Failed, Measured

STATEMENTS = {
    "pocketws": "from pocketws import connect",
    "websockets": "from websockets.asyncio.client import connect",
    "aiohttp": "from aiohttp import ClientSession",
    "wsproto": "from wsproto import WSConnection",
    "picows": "from picows import ws_connect",
}
PROGRAM = """
import asyncio, time
begin = time.perf_counter()
%s
print(1000 * (time.perf_counter() - begin))
"""
TIMES = 3  # of which the median counts


def has(row, peer):
    """Tell whether there is something of `peer` to import. Its settings make no difference to that."""
    return peer.library in STATEMENTS and "no-speedups" not in peer.variants


class Group:
    """One round."""

    def __init__(self, stack, seconds):
        self.warm = set()

    def measure(self, row, peer):
        """Return the milliseconds that an import takes, as Measured. Raises Failed."""
        if peer not in self.warm:  # what is imported for the first time is compiled
            self.once(peer)
            self.warm.add(peer)
        return Measured(statistics.median(self.once(peer) for _ in range(TIMES)))

    def once(self, peer):
        command = [sys.executable, "-c", PROGRAM % STATEMENTS[peer.library]]
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=peer.environment(), capture_output=True, text=True, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{peer.name}: {error}") from error
        if done.returncode:
            raise Failed(f"{peer.name}: {done.stderr.strip().splitlines()[-1]}")
        return float(done.stdout)

"""The rows of clients: all of them run at the same time, idle but for the one that is being measured."""

import importlib.util

from benchmarks import install
from benchmarks.process import Failed, Measured, bind, cpu_seconds, module, running


def has(row, peer):
    """Tell whether there is a client of `peer`."""
    return importlib.util.find_spec(f"benchmarks.clients.{peer.library}_client") is not None


class Group:
    """One round. stack: ExitStack, which ends what is started. seconds: float, of each measurement."""

    def __init__(self, stack, seconds):
        self.seconds = seconds
        self.stack = stack
        self.target = stack.enter_context(
            running("the target", module("benchmarks.clients.target"), install.environment())
        )
        self.url = f"ws://127.0.0.1:{self.target.read()}"
        self.clients = {}

    def measure(self, row, peer):
        """Return what `row` measures of `peer`, as Measured. Raises Failed."""
        if peer not in self.clients:
            command = module("benchmarks.clients.work", f"benchmarks.clients.{peer.library}_client", *peer.variants)
            self.clients[peer] = self.stack.enter_context(running(peer.name, command, peer.environment()))
        client = self.clients[peer]
        bind(client.pid, row.cores, self.target.pid)
        pids = self.target.pid, client.pid
        before = [cpu_seconds(pid) for pid in pids]
        try:
            figure, busy = client.ask(row.name, self.url, self.seconds)
        except Failed as error:
            raise Failed(f"{error} {self.target.complaint()}") from error
        target, own = [(cpu_seconds(pid) or 0) - (then or 0) for pid, then in zip(pids, before, strict=True)]
        return Measured(figure, busy, target / own if own else None)

"""The rows of servers: all of them run at the same time, idle but for the one that is being measured."""

import importlib.util

from benchmarks.process import Failed, Measured, bind, module, running, unbind
from benchmarks.servers import load


def has(row, peer):
    """Tell whether there is a server of `peer`."""
    return importlib.util.find_spec(f"benchmarks.servers.{peer.library}_server") is not None


class Group:
    """One round. stack: ExitStack, which ends what is started. seconds: float, of each measurement."""

    def __init__(self, stack, seconds):
        self.stack = stack
        self.seconds = seconds
        self.targets = {}

    def measure(self, row, peer):
        """Return what `row` measures of `peer`, as Measured. Raises Failed.

        Memory is measured in a process in which nothing ran before.
        """
        if row.name == "server-memory":
            with self.start(peer) as server:
                return self.load(row, load.Target(server, peer.library == "raw"))
        if peer not in self.targets:
            server = self.stack.enter_context(self.start(peer))
            self.targets[peer] = load.Target(server, peer.library == "raw")
        return self.load(row, self.targets[peer])

    def start(self, peer):
        command = module("benchmarks.start", f"benchmarks.servers.{peer.library}_server", *peer.variants)
        return running(peer.name, command, peer.environment())

    def load(self, row, target):
        bind(target.pid, row.cores)
        try:
            return Measured(load.ROWS[row.name](target, self.seconds), target.busy, target.other)
        except (load.Wrong, OSError) as error:
            target.abandon()
            raise Failed(f"{target.name}: {error!r} {target.complaint()}") from error
        finally:
            unbind()

"""A plugin for pytest, loaded before the others (`-p tests.lighter`): workers start sooner, and kernels start reliably.

Whoever imports nbformat gets jsonschema, which looks for a package that checks the syntax of IRIs, and that package
compiles 38 grammars when it is imported: a second for every worker. No notebook has an IRI. Without the package,
jsonschema leaves them unchecked.

Kernels are reached by Unix sockets. By default jupyter_client looks for five free ports, which the kernel opens a
second later; where a test has opened many connections meanwhile, one is taken: "Kernel died before replying".

Kernels are forks of a process that has imported what every kernel imports, which is most of the time that one takes to
start. JupyterLab's own, in the tests with a browser, start as they do for a student.
"""

import functools
import itertools
import sys
import tempfile

sys.modules.setdefault("rfc3987_syntax", None)  # "not there", for an import

from jupyter_client.manager import KernelManager  # noqa: E402 - it imports jsonschema
from jupyter_client.provisioning import local_provisioner  # noqa: E402

from tests.forks import Nursery  # noqa: E402

_folder = tempfile.TemporaryDirectory(prefix="kernels")
_numbers = itertools.count()
_init = KernelManager.__init__


def _with_unix_sockets(self, *arguments, **options):
    _init(self, *arguments, **{"transport": "ipc", "ip": f"{_folder.name}/{next(_numbers)}"} | options)


KernelManager.__init__ = _with_unix_sockets


# What a kernel has imported by its first cell; nothing that the course uses (tests/test_forks.py).
MODULES = ("ipykernel.kernelapp", "ipykernel.ipkernel")


@functools.cache
def _nursery():
    return Nursery(*MODULES)


_launch = local_provisioner.launch_kernel


def _fork(command, stdin=None, independent=False, **options):
    if command[1:3] != ["-m", "ipykernel_launcher"]:
        return _launch(command, stdin=stdin, independent=independent, **options)
    return _nursery().start("ipykernel_launcher", command[3:], start_new_session=True, **options)


if sys.platform == "linux":  # on macOS, what a fork may do depends on the libraries that were loaded
    local_provisioner.launch_kernel = _fork

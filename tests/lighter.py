"""A plugin for pytest, loaded before the others (`-p tests.lighter`): workers start sooner, and kernels start reliably.

Whoever imports nbformat gets jsonschema, which looks for a package that checks the syntax of IRIs, and that package
compiles 38 grammars when it is imported: a second for every worker. No notebook has an IRI. Without the package,
jsonschema leaves them unchecked.

Kernels are reached by Unix sockets. By default jupyter_client looks for five free ports, which the kernel opens a
second later; where a test has opened many connections meanwhile, one is taken: "Kernel died before replying".
"""

import itertools
import sys
import tempfile

sys.modules.setdefault("rfc3987_syntax", None)  # "not there", for an import

from jupyter_client.manager import KernelManager  # noqa: E402 - it imports jsonschema

_folder = tempfile.TemporaryDirectory(prefix="kernels")
_numbers = itertools.count()
_init = KernelManager.__init__


def _with_unix_sockets(self, *arguments, **options):
    _init(self, *arguments, **{"transport": "ipc", "ip": f"{_folder.name}/{next(_numbers)}"} | options)


KernelManager.__init__ = _with_unix_sockets

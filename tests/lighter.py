"""A plugin for pytest, loaded before the others (`-p tests.lighter`): spares every worker a second of start.

Whoever imports nbformat gets jsonschema, which looks for a package that checks the syntax of IRIs, and that package
compiles 38 grammars when it is imported. No notebook has an IRI. Without the package, jsonschema leaves them unchecked.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # "not there", for an import

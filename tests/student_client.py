"""The client that lessons 07 and 08 build, out of the cells of their notebooks."""

import ast

import nbformat
from nbclient import NotebookClient

from classroom.workspace import ROOT
from tests.notebook_rules import text

LESSONS = [ROOT / "notebooks" / name for name in ("07_async_client.ipynb", "08_robust_client.ipynb")]
RECONNECT = (
    ("handshake(...)", "handshake(uri)"),
    ("(..., EOFError)", "(OSError, EOFError)"),
    ("sleep(...)", "sleep(delay)"),
)


def cells(path):
    """Return the sources of the code cells (list of str), the blanks of reconnect() filled in."""
    found = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            source = cell.source
            if "def reconnect" in source:
                for blank, filled in RECONNECT:
                    assert source.count(blank) == 1
                    source = source.replace(blank, filled)
            found.append(source)
    return found


def _nodes(source):
    """Return the statements at the top level of a cell; what awaits there is no module, but parses as one."""
    return compile(source, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT).body


DEFINING = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def definitions(path):
    """Return {name: ast node} of what the cells of a notebook define, in their order."""
    return {node.name: node for source in cells(path) for node in _nodes(source) if isinstance(node, DEFINING)}


def defined_in(path):
    """The same for a module."""
    return {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, DEFINING)}


def same(node):
    """Return a definition as text without its documentation, to be compared."""
    node = ast.parse(ast.unparse(node)).body[0]
    for each in ast.walk(node):
        if isinstance(each, DEFINING) and ast.get_docstring(each) is not None:
            each.body = each.body[1:] or [ast.Pass()]
    return ast.dump(node)


def _define(path, scope):
    """Run what the cells import and define, and their constants, in `scope` (dict), where no name is taken twice."""
    for source in cells(path):
        for node in _nodes(source):
            if isinstance(node, ast.Import | ast.ImportFrom):
                node.names = [name for name in node.names if (name.asname or name.name) not in scope]
            constant = (
                isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value is not ...
            )
            if isinstance(node, DEFINING) or constant or getattr(node, "names", None):
                exec(compile(ast.Module([node], []), "<cell>", "exec"), scope)
    return scope


def lesson_07():
    """Return the names that lesson 07 defines: dict."""
    return _define(LESSONS[0], {})


def student(**constants):
    """Return AsyncWebsocketClient as the cells of both lessons build it.

    constants: such as MAX_SIZE, in place of those of the lesson.
    """
    scope = _define(LESSONS[1], lesson_07())
    scope |= {"CLOSE_TIMEOUT": 5} | constants
    return scope["AsyncWebsocketClient"]


def said(*sources):
    """Run code cells in one new kernel; return for each the text of all its outputs. An error in a cell is one here."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    folder = {"metadata": {"path": str(ROOT / "notebooks")}}
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources=folder).execute()
    return ["".join(map(text, cell.outputs)) for cell in notebook.cells]


def solved(sources, answers):
    """Return the sources with `answers`, {blank: what belongs there}, filled in. Each blank is there once."""
    whole = "\n".join(sources)
    assert all(whole.count(blank) == 1 for blank in answers)
    found = []
    for source in sources:
        for blank, filled in answers.items():
            source = source.replace(blank, filled)
        found.append(source)
    return found

"""connect() with other people's servers."""

from tests.strangers import cells

pytest_plugins = "tests.certificates"


@cells.of("server")
def test_cell(strangers, peer, row):
    cells.check(strangers, peer, row)

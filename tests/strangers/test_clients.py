"""serve() with other people's clients."""

from tests.strangers import cells

pytest_plugins = "tests.certificates"


@cells.of("client")
def test_cell(strangers, peer, row):
    cells.check(strangers, peer, row)

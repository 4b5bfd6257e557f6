"""How the test modules get at the cells of the matrix."""

import pytest

from tests.network.helpers import run
from tests.strangers import checks, matrix
from tests.thorough import THOROUGH


def of(role):
    """Return a decorator that calls a test with the peer and the row of each cell of the peers in `role`."""
    found = [(peer, row) for peer, row in matrix.tested(role) if THOROUGH or peer.program != "chromium"]
    return pytest.mark.parametrize(("peer", "row"), found, ids=[f"{peer.name}-{row.name}" for peer, row in found])


def check(strangers, peer, row):
    """Do what the row asks for, with that peer."""
    run(getattr(checks, row.check)(strangers.get(peer), matrix.cell(peer, row)))

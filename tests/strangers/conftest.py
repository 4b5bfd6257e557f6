"""The strangers' programs, started when they are first needed; test modules also need tests/certificates.py."""

import pytest

pytest.register_assert_rewrite("tests.strangers.checks")


@pytest.fixture(scope="module")
def strangers(certificates):
    from tests.strangers.peers import Strangers  # after the line above

    running = Strangers(certificates)
    yield running
    running.stop()

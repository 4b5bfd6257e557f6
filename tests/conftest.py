"""Lets the tests in tests/both be parametrised without importing pytest; orders the modules; shows cards as text."""

import gc

import pytest

from classroom import checks, judging
from tests.thorough import THOROUGH

# Each of these takes more than five seconds, the longest first.
LONGEST = """
    test_browser test_lesson_00 test_exercises test_deflate_peers test_lesson_06 test_faults_server test_handshake_peers
    test_scripts
    test_protocol_fuzz test_lesson_01 test_lesson_08 test_tasks_06 test_conformance test_pairs test_tasks_00
    test_conformance_agrees test_micropython test_frames_big test_lesson_02 test_benchmarks test_clients
    test_frames_fuzz test_board_memory test_conformance_command test_protocol_long test_conformance_mutations
    test_known_faults test_fuzz_server test_wss_board_server test_seed_example test_frames_peers test_wiretap
    test_lesson_04 test_tasks_07 test_tasks_08_exercise test_tasks_09 test_lesson_07 test_lesson_09 test_scale
    test_pages_browser test_lesson_11 test_tasks_10_exercise test_tasks_11_exercise
    test_lesson_10 test_lesson_12 test_chat_page test_lesson_13
    test_lesson_15 test_tasks_15
    test_lesson_18 test_lesson_19
    test_lesson_16 test_hub_chat test_tasks_16
    test_lesson_17
    test_guarded test_lesson_14 test_tasks_14_exercise test_tasks_12_exercise
    test_device test_deploy test_device_trouble test_mpremote test_virtual_pico test_virtual_pico_network
    test_device_seed test_device_memory test_device_browser
    test_protocol_hypothesis test_conformance_client
""".split()


def pytest_collection_modifyitems(items):
    """Leave out what is for a thorough run. Begin with what takes longest, for workers to end together."""
    items[:] = [item for item in items if THOROUGH or not item.get_closest_marker("thorough")]
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def pytest_collection_finish():
    """Leave what is there now, a heap of thousands of tests, out of the garbage collections that many ask for."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def card(request, monkeypatch):
    """Return a function that checks an answer and returns the words of the card, on one line.

    A test module may set SECONDS, for which one check may run the answer.
    """
    cards = []
    monkeypatch.setattr(checks, "_show", lambda card: cards.append(str(card)))
    seconds = getattr(request.module, "SECONDS", 1)
    if "endless" in request.node.name:  # such an answer takes all the time there is
        seconds = min(seconds, 0.3)
        monkeypatch.setattr(judging, "GRACE", 0.3)
    monkeypatch.setattr(checks, "SECONDS", seconds)

    def run(task, answer):
        cards.clear()
        checks.check(task, answer)
        return " ".join(cards[-1].split())

    return run


def pytest_generate_tests(metafunc):
    cases = getattr(metafunc.module, "CASES", {}).get(metafunc.function.__name__)
    if cases is not None:
        metafunc.parametrize("case", cases, ids=[str(case[0]) for case in cases])

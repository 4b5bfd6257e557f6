"""Lesson 16: it runs twice and leaves nothing, with a Redis and without, and its claims hold."""

import asyncio
import math

import pytest

from classroom import beyond, redis_server
from classroom.hub import LocalHub
from classroom.workspace import ROOT
from tests.network.helpers import run
from tests.notebook_rules import LEFT, code_cells
from tests.student_client import said, solved
from tests.test_hub import needs_redis

LESSON = ROOT / "notebooks" / "16_beyond_one_process.ipynb"

SOLVED = {
    "        return ...": "        return 0",
    "max(0, ...)": "max(0, number - last - 1)",
    "    ...  # your code here": "    return max(math.ceil(clients / holds), math.ceil(clients * each / sends)) + 1",
}
ALONE = ["[]", "[1, 1, 2]", "[1, 5]", "True", "'cores'", "[2, 1]"]  # what needs no Redis
WITH_REDIS = [*ALONE[:3], "['hello']", "True", "(['one', 'four'], True)", "'cores'", "True", "[2, 1]"]
NO_REDIS = "import os\nfrom classroom import redis_server\nos.environ.pop('REDIS_URL', None)\n"
NO_REDIS += "redis_server.find = lambda: None"


def revealed(words):
    """Return what the cells revealed, as text."""
    found = [line for each in words for line in each.splitlines() if "You wrote no prediction" in line]
    return [line.split(". You wrote no prediction")[0] for line in found]


# ---------------------------------------------------------------- the notebook


@pytest.mark.thorough
@pytest.mark.timeout(180)
def test_it_runs_twice_in_one_kernel_cell_by_cell_and_leaves_no_server_and_no_task():
    needs_redis()
    cells = code_cells(LESSON)
    each_twice = [source for source in cells for _ in range(2)]
    processes = "import psutil\n[child.name() for child in psutil.Process().children()]"
    words = said(*each_twice, LEFT, *cells, LEFT, processes)
    count = len(each_twice)
    assert words[count] == words[-2] == "[]"
    assert words[-1] == "[]"
    assert revealed(words[:count:2]) == revealed(words[1:count:2]) == revealed(words[count + 1 : -2]) == WITH_REDIS


def test_without_a_redis_server_it_says_what_to_install_and_goes_on():
    words = said(NO_REDIS, *code_cells(LESSON), LEFT)
    assert words[-1] == "[]"
    assert revealed(words) == ALONE
    assert sum(redis_server.INSTALL in each for each in words) == 1


@pytest.mark.thorough
def test_a_lesson_left_in_the_middle_is_cleaned_up_by_its_last_cell():
    *cells, clean_up = code_cells(LESSON)
    assert said(*cells[: len(cells) // 2], clean_up, LEFT)[-1] == "[]"


@pytest.mark.thorough
def test_solved_tasks_pass_and_it_runs_with_the_client_of_pocketws():
    replaced = {"from websockets import connect": "from pocketws import connect"}
    words = said(NO_REDIS, *solved(code_cells(LESSON), SOLVED | replaced))
    assert sum("[ok] Task 16." in each for each in words) == 2
    assert revealed(words) == ALONE
    per_gib, per_core = beyond.measured()  # of the last benchmark
    needed = [max(math.ceil(n / 8 / per_gib), math.ceil(5 * n / 4 / per_core)) + 1 for n in (100_000, 1_000_000)]
    assert any(each.strip().endswith("passed{} {}".format(*needed)) for each in words)


# ---------------------------------------------------------------- what it measures with, and says


def test_the_figures_are_those_of_the_benchmarks():
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    per_gib, per_core = beyond.measured()
    assert f"| broadcast to 1,000, 64 B binary | websockets | {per_core:,} messages/s |" in page
    assert 20_000 < per_gib < 500_000
    assert beyond.measured("pocketws")[0] > per_gib


def test_a_rate_counts_what_arrives():
    class Loses(LocalHub):
        async def publish(self, room, message):
            self.count = getattr(self, "count", 0) + 1
            return await super().publish("elsewhere" if self.count == 3 else room, message)

    async def scene():
        assert await beyond.rate(LocalHub()) > 0
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await beyond.rate(Loses())

    run(scene())

"""The library fits a board: board_memory.py passes with a Pico W's heap."""

import subprocess

import pytest

from tests.test_micropython import ROOT, micropython


@pytest.mark.parametrize("heap", ["192K"])
def test_64_kib_in_and_out_within_a_boards_heap(heap):
    command = [micropython(), "-X", f"heapsize={heap}", "tests/board_memory.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "passed"
    steps = {line[:28].strip(): int(line[28:].split()[0]) for line in lines[:-1]}
    assert steps["connection open"] < 80_000
    # The message is held once: received in place, and sent from the same buffer.
    assert 65_536 <= steps["64 KiB received"] - steps["connection open"] < 70_000
    assert steps["64 KiB sent"] - steps["64 KiB received"] < 4_000
    assert steps["message dropped"] - steps["connection open"] < 4_000

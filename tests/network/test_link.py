"""What each runtime gets: its link, its way to mask, and fast lanes or none."""

import importlib.util
import sys

import pytest

from pocketws import frames, http, link, link_cpython, protocol, server
from tests.network.board_stand_in import load


def loaded_again(module):
    spec = importlib.util.spec_from_file_location("pocketws.another_one", module.__file__)
    other = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(other)
    return other


def test_each_runtime_gets_its_own(monkeypatch):
    for_boards = load(monkeypatch)
    for board, expected in ((False, link_cpython), (True, for_boards)):
        monkeypatch.setattr("pocketws.compat.MICROPYTHON", board)
        module = loaded_again(link)
        for name in link.__all__:
            assert getattr(module, name) is getattr(expected, name)


@pytest.mark.parametrize("board", [False, True])
def test_a_board_masks_its_own_way_and_loads_no_fast_lanes(board, monkeypatch):
    monkeypatch.setattr("pocketws.compat.MICROPYTHON", board)
    monkeypatch.delitem(sys.modules, "pocketws.masking_micropython", raising=False)
    way = "pocketws.masking_micropython" if board else "pocketws.masking_cpython"
    assert loaded_again(frames).mask_in_place.__module__ == way
    for module, lane in ((http, "take_headers"), (protocol, "take_messages"), (server, "share")):
        assert hasattr(loaded_again(module), lane) != board

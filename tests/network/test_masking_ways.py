"""Every way to mask gives the same bytes: a number, four lanes, numpy, and MicroPython's words."""

import builtins
import importlib
import random
import sys
import types

import pytest

from pocketws import masking_cpython
from pocketws.frames import masked
from pocketws.masking import apply_mask

KEY = b"\x81\x02\x7f\xfe"
SIZES = [0, 1, 3, 4, 5, 63, 1023, 1024, 1025, 4099, 70_001]


def words(data):
    return memoryview(data)[: len(data) // 4 * 4].cast("I")


@pytest.fixture(params=["lanes", "numpy", "micropython", "micropython without machine code"])
def mask_in_place(request, monkeypatch):
    if request.param == "lanes":
        monkeypatch.setitem(sys.modules, "numpy", None)
    elif request.param == "numpy":
        importlib.import_module("numpy")
        monkeypatch.setattr(masking_cpython, "_by_lanes", None)  # so that only numpy can have done it
    else:
        for name in ("pocketws.masking_micropython", "pocketws.masking_viper"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        compiles = request.param == "micropython"
        if compiles:  # MicroPython's own names, acted out
            monkeypatch.setitem(sys.modules, "micropython", types.SimpleNamespace(viper=lambda function: function))
            monkeypatch.setattr(builtins, "ptr32", words, raising=False)
        module = importlib.import_module("pocketws.masking_micropython")
        assert (module.mask_words is not None) == compiles
        return module.mask_in_place
    return masking_cpython.mask_in_place


@pytest.mark.parametrize("size", SIZES)
def test_all_ways_give_the_same(mask_in_place, size):
    rng = random.Random(size)
    data = rng.randbytes(size)
    for _ in range(20):
        start = rng.randrange(size + 1)
        end = rng.randrange(start, size + 1)
        here = bytearray(data)
        mask_in_place(here, KEY, start, end)
        assert here == data[:start] + apply_mask(data, KEY)[start:end] + data[end:], (start, end)


@pytest.mark.parametrize("size", SIZES)
def test_a_masked_copy_leaves_the_data_alone(size):
    data = random.Random(size).randbytes(size)
    for given in (data, bytearray(data), memoryview(data)):
        assert masked(given, KEY) == apply_mask(data, KEY)
        assert given == data


def test_numpy_that_is_not_imported_is_left_alone(monkeypatch):
    monkeypatch.delitem(sys.modules, "numpy", raising=False)
    masking_cpython.mask_in_place(bytearray(5000), KEY, 0, 5000)
    assert "numpy" not in sys.modules

"""The pictures in notebooks/images/, drawn by code: a module per lesson, each with its PICTURES."""

import importlib
import pkgutil


def every_picture():
    """Return {file name: function that returns the SVG as str} of all lessons."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        found |= importlib.import_module(f"{__name__}.{module.name}").PICTURES
    return found

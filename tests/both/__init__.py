"""Tests that run unchanged under pytest on CPython and under run.py on MicroPython.

A module here imports nothing that a board lacks. A test is a plain function. One
that takes a `case` runs once for each tuple in its module's CASES["test_name"];
the first item of a tuple is the case's name.
"""

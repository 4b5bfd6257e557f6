"""The Autobahn testsuite against pocketws and its peers: `python -m tests.autobahn`.

install.py   finds a Python 2.7, which the testsuite needs, and gives it a virtual environment
endpoints.py lists what is tested
suite.py     runs the testsuite against one of them
report.py    keeps the results, and writes docs/conformance.md
"""

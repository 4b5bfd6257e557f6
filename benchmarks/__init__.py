"""pocketws beside its peers: `python -m benchmarks`, which `make bench` calls.

    __main__.py    the command: chooses rows and peers, runs rounds, shows and keeps the figures
    rows.py        what is measured, and peers.py: of whom, and with which settings
    servers/       a server for each peer, and load.py, the one load generator for all of them
    clients/       a client for each peer, and target.py, the one server for all of them
    codec.py, imports.py, board.py, linear.py    what needs no server: masking and parsing, imports,
                   MicroPython, and how the time grows with the size
    report.py, plots.py    from the figures to tables and pictures

docs/benchmarks.md has the method and the results.
"""

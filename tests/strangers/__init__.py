"""connect() and serve() opposite other people's clients and servers: each cell of docs/strangers.md is a test.

    matrix.py                who the strangers are, what is tried, and what differs: data
    checks.py                what is tried: one coroutine function for each row
    peers.py, conftest.py    start a stranger's program, and let us meet it
    on_NAME.py, node/        the programs on the strangers' side; orders.py is what they share
    cells.py                 makes a test of each cell: in test_clients.py and test_servers.py
    table.py                 writes docs/strangers.md, which test_table.py checks

A stranger's program runs in a process of its own, once for all its tests. What it is to do, the path
of each URL tells it: see orders.py.
"""

"""Echo servers and echo clients, one module each, for whoever tests an endpoint from outside.

    python -m tests.peers.NAME_server PORT          echoes at ws://127.0.0.1:PORT until it is killed
    python -m tests.peers.NAME_client URL AGENT     runs through the cases of Autobahn's fuzzing server at URL

All of them take messages of up to 32 MiB and offer or accept compression if their library can.
Those that import only pocketws also run under MicroPython, from the project's root:

    MICROPYPATH=.frozen:lib:. micropython -X heapsize=256M -m tests.peers.NAME_server PORT
"""

MAX_SIZE = 1 << 25  # bytes; the largest message in Autobahn's cases has half as many

"""Runs after boot.py: joins the Wi-Fi and runs the program that settings.json names. Ctrl-C leaves it."""

import gc
import os

gc.threshold(8192)  # collect what the compiler leaves, or the heap is soon in pieces

if "deploying" in os.listdir("/"):
    print("A deployment was cut off, and files may be missing. Deploy again.")
else:
    # What takes the most to compile comes first, while the heap is in one piece.
    import pocketws.connection  # noqa: F401, I001
    import pocketws.http  # noqa: F401
    import pocketws.handshake  # noqa: F401

    import runner

    runner.start()

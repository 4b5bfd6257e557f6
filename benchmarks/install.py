"""The packages that only the benchmarks use, in the project's cache.

They go into folders of their own, which only those peers have on their path that need them. So all
peers run in the same interpreter, on the packages that requirements.lock pins, and the
project's environment stays as it is.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .process import ROOT

CACHE = ROOT / ".cache" / "bench"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
FOLDER = CACHE / "python{}.{}".format(*sys.version_info)

BOARD_PACKAGE = "micropython-async-websocket-client==0.3.4"
BOARD_FOLDER = CACHE / "micropython"


def install():
    """Install picows and uvloop, if they are not there yet: return None, or what went wrong (str)."""
    arguments = ["-r", REQUIREMENTS, "-c", ROOT / "requirements.lock"]
    return _install("picows and uvloop", FOLDER, REQUIREMENTS.read_text(), arguments)


def install_for_board():
    """Install the client for MicroPython, if it is not there yet: return None, or what went wrong (str)."""
    return _install(BOARD_PACKAGE, BOARD_FOLDER, BOARD_PACKAGE, ["--no-deps", BOARD_PACKAGE])


def _install(what, folder, wanted, arguments):
    done = folder / "installed"  # what the folder holds, written once all went well
    if done.exists() and done.read_text() == wanted:
        return None
    print(f"Installing {what} for the benchmarks, once.", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder]
    pip = subprocess.run([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if pip.returncode:
        return "pip: " + (pip.stdout.strip().splitlines() or ["no word from it"])[-1]
    done.write_text(wanted)
    return None


def has(module):
    """Tell whether `module` (str) can be imported, with our folder or without."""
    return (FOLDER / module).exists() or importlib.util.find_spec(module) is not None


def version(package):
    """Return the version of a package in the environment, or else in our folder: str, or None if there is none."""
    for path in (sys.path, [str(FOLDER)]):
        for distribution in importlib.metadata.distributions(name=package, path=path):
            return distribution.version
    return None


def environment(extra=False):
    """Return the environment variables for a program of ours: dict. extra: bool, it imports from our folder too."""
    folders = [str(ROOT), str(ROOT / "lib"), *([str(FOLDER)] if extra else [])]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(folders), "PYTHONUNBUFFERED": "1"}
    variables["NO_PROXY"] = variables["no_proxy"] = "127.0.0.1"  # some clients ask the environment for a proxy
    variables.pop("PYTHONDONTWRITEBYTECODE", None)  # the packages are compiled already, and ours is to be as well
    return variables

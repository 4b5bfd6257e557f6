"""A Python 2.7 with the Autobahn testsuite, in the project's cache."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TESTSUITE = "autobahntestsuite==25.10.1"
VIRTUALENV = "virtualenv==20.21.1"  # of those that run on Python 3.13, the last that makes environments of Python 2.7

HELP = """\
The Autobahn testsuite needs Python 2.7, and there is none here. Any of these brings one:

    apt install python2.7                   Ubuntu up to 22.04, Debian up to 11
    pyenv install 2.7.18                    anywhere else; see https://github.com/pyenv/pyenv
    conda create --name py27 python=2.7     where there is conda; it says where it puts it

It is looked for as python2.7 on the PATH, and among pyenv's versions. If it is elsewhere:

    PYTHON27=/path/to/python2.7 make conformance

Everything else, the testsuite too, is then installed into .cache/autobahn by itself.
"""


class NoPython27(Exception):
    """There is no Python 2.7, or the one that PYTHON27 names is none; the text says what to do."""


def find_python27(environment=os.environ):
    """Return the path (str) of a Python 2.7. Raises NoPython27.

    environment: mapping; of interest are PYTHON27, PATH, PYENV_ROOT and HOME.
    """
    named = environment.get("PYTHON27")
    if named:
        if not _is_python27(named):
            raise NoPython27(f"PYTHON27 is {named!r}, which does not run as Python 2.7.\n\n{HELP}")
        return named
    root = Path(environment.get("PYENV_ROOT") or Path(environment.get("HOME", "/")) / ".pyenv")
    on_path = shutil.which("python2.7", path=environment.get("PATH", ""))
    of_pyenv = sorted(map(str, root.glob("versions/2.7*/bin/python2.7")))
    for path in [on_path, *reversed(of_pyenv)]:
        if path and _is_python27(path):  # pyenv puts a python2.7 on the PATH that may only say where the real one is
            return path
    raise NoPython27(HELP)


def _is_python27(path):
    command = [path, "-c", "import sys; print(sys.version_info[:2])"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout.strip() == "(2, 7)"


def install(cache):
    """Return the command (list of str) that runs the testsuite's `wstest`, which is installed first if need be.

    cache: Path of a folder that holds nothing else. Raises NoPython27, or SystemExit if an installation fails.
    """
    environment = cache / "python2.7"
    done = cache / "installed"  # what the environment holds, written once all went well
    if not done.exists() or done.read_text() != TESTSUITE:
        python27 = find_python27()
        print(f"Installing {TESTSUITE} for {python27}: half a minute, once.", flush=True)
        shutil.rmtree(cache, ignore_errors=True)
        pip = ["pip", "--disable-pip-version-check", "install", "--quiet"]
        with tempfile.TemporaryDirectory() as tool:
            # Made by a virtualenv on our side, since Python 2.7 often comes without pip.
            _run([sys.executable, "-m", *pip, "--root-user-action=ignore", "--target", tool, VIRTUALENV])
            more = {"PYTHONPATH": tool, "VIRTUALENV_OVERRIDE_APP_DATA": os.path.join(tool, "seeds")}
            _run([sys.executable, "-m", "virtualenv", "--quiet", "--python", python27, environment], **more)
        _run([environment / "bin" / "python", "-m", *pip, "--no-python-version-warning", TESTSUITE])
        done.write_text(TESTSUITE)
    return [str(environment / "bin" / "python"), "-u", str(environment / "bin" / "wstest")]


def _run(command, **more):
    done = subprocess.run(command, env=os.environ | more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}\nThis failed: {' '.join(map(str, command))}")

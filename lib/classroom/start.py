"""What lesson 00 needs beside the notebook: a call that blocks, and a script run in a process of its own."""

import asyncio
import re
import subprocess
import sys
import time
from collections import namedtuple

# printed: list of str, its lines. error: str, the exception that ended it, such as "ValueError: no", or "".
Outcome = namedtuple("Outcome", "printed error")


def slow(seconds):
    """Return after `seconds`, and hold the thread until then: a long sum, a slow disk."""
    time.sleep(seconds)


async def run_script(source, seconds=20):
    """Run `source` (str) as a Python script in a new process; return its Outcome.

    Raises TimeoutError after `seconds`. The process is gone by then, and also
    when the cell is stopped.
    """
    if not isinstance(source, str):
        raise TypeError(f"run_script takes the text of a script, not {type(source).__name__}")
    return await run_python("-I", "-W", "ignore", "-c", source, seconds=seconds)


async def run_python(*arguments, seconds=20):
    """Run this Python with `arguments` (str each) in a new process; return and raise as `run_script`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            printed, complaints = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    error = _last_error(complaints.decode()) or f"exit code {process.returncode}"
    return Outcome(printed.decode().splitlines(), error if process.returncode else "")


def _last_error(complaints):
    """Return the line of a traceback that names the exception, the last of several; "" if there is none."""
    found = re.findall(r"^[A-Za-z_][\w.]*(?::.*)?$", complaints, re.MULTILINE)
    return found[-1] if found else complaints.strip()

"""`python -m classroom.virtual_pico`, which `make pico` calls: one virtual Pico in the foreground."""

import argparse
import asyncio
import json
import os
import selectors
import signal
import sys
import threading
import time
from pathlib import Path

from . import WHAT_IT_IS_NOT, Unavailable, find_runtime
from .options import MODELS, Options
from .supervisor import COMMANDS, Supervisor, stop_on_signals


def main():
    options = _parsed()
    if options is None:
        sys.exit(2)
    # select() is the one call that takes terminals on every system.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        try:
            runner.run(_run(*options))
        except BlockingIOError:
            sys.exit(f"{options[0].flash} is the flash of a virtual Pico that runs already. Another one: --flash FILE")
        except (OSError, ValueError) as error:
            sys.exit(str(error))


def _parsed():
    """Return Options, and whether the end of the standard input is the end of all."""
    parser = argparse.ArgumentParser(
        prog="python -m classroom.virtual_pico",
        description="Run a virtual Pico, which mpremote opens as if it were a board: mpremote connect ./pico0",
        epilog="Type a command and Enter while it runs: "
        + "; ".join(f"{name}: {text}" for name, text in COMMANDS.items())
        + ". Ctrl-C ends it. "
        + WHAT_IT_IS_NOT,
    )
    parser.add_argument("--link", default="./pico0", help="name for its port, a symbolic link; ./pico0 if left out")
    parser.add_argument("--flash", help="file that keeps the board's files; .cache/<name of the link>.img if left out")
    parser.add_argument("--board", choices=MODELS, default="pico_w", help="pico_w has a heap of 192 KiB, pico_2_w 400")
    parser.add_argument("--fresh", action="store_true", help="begin with an empty flash")
    parser.add_argument(
        "--wifi", action="append", metavar="NAME:PASSWORD", help="a network that it finds; classroom:websockets if none"
    )
    parser.add_argument("--until-eof", action="store_true", help="end when the standard input does")
    given = parser.parse_args()
    try:
        command = find_runtime()
    except Unavailable as error:
        parser.exit(3, f"{error}\n")
    networks = dict((name.partition(":")[0], name.partition(":")[2] or None) for name in given.wifi or ())
    options = Options(
        command=command,
        flash=os.path.abspath(given.flash or Path(".cache") / (Path(given.link).name + ".img")),
        link=given.link,
        model=given.board,
        fresh=given.fresh,
    )
    if networks:
        options.networks = networks
    return options, given.until_eof


async def _run(options, until_eof):
    started = time.monotonic()

    def emit(event):
        print(json.dumps({"time": round(time.monotonic() - started, 3), **event}), flush=True)

    supervisor = Supervisor(options, emit)
    try:
        stop_on_signals(supervisor)
        if not until_eof:
            print(f"{supervisor.model.title}. {WHAT_IT_IS_NOT}", file=sys.stderr)
            print(f"In another terminal: mpremote connect {options.link}   (Ctrl-C here ends it)", file=sys.stderr)
        await supervisor.start()
        loop = asyncio.get_running_loop()
        threading.Thread(target=_read_commands, args=(loop, supervisor, until_eof), daemon=True).start()
        await supervisor.run()
    finally:
        supervisor.close()


def _read_commands(loop, supervisor, until_eof):
    """Pass on what is typed. A thread, as the standard input may be a file, which no event loop takes."""
    try:
        for line in sys.stdin:
            if line.strip():
                loop.call_soon_threadsafe(supervisor.command, line)
    except (OSError, ValueError):
        pass  # in the background of a shell nothing can be read
    if until_eof:
        loop.call_soon_threadsafe(supervisor.stop)


if __name__ == "__main__":
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)  # let reading in the background fail, rather than stop it
    main()

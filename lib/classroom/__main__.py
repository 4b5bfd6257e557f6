"""The commands behind the Makefile: `python -m classroom COMMAND`."""

import argparse
import sys
from pathlib import Path

from . import deploy as deployment
from . import workspace


def lab(options):
    for name in workspace.prepare():
        lesson = Path(name).name[:2]
        print(f"work/{name} has your changes, and there is a newer original: make reset LESSON={lesson}")
    workspace.open_lab(workspace.WORK, options.arguments)


def edit(options):
    workspace.open_lab(workspace.ROOT, options.arguments)


def reset(options):
    try:
        print("\n".join(workspace.reset(options.lesson)))
    except LookupError as error:
        sys.exit(error.args[0])


def notebooks(options):
    from . import authoring

    authoring.execute_all(options.lesson)


def exercises(options):
    from . import authoring

    authoring.write_exercises()


def doctor(options):
    from . import doctor

    rows = doctor.look()
    print(doctor.examine(rows))
    sys.exit(1 if any(row.state == "fix" for row in rows) else 0)


def deploy(options):
    try:
        deployment.run(options)
    except deployment.DeployError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nStopped. If it was still copying, run the same command again: it copies the rest.")


def main():
    parser = argparse.ArgumentParser(prog="python -m classroom", description="Open, check and maintain the course.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(function, text):
        added = commands.add_parser(function.__name__, help=text, description=text)
        added.set_defaults(function=function)
        return added

    for function, text in (
        (lab, "open your copy of the course, work/, in JupyterLab"),
        (edit, "open the originals in JupyterLab, for authors"),
    ):
        command(function, text + "; further arguments are passed on to it")
    command(reset, "restore a lesson in work/; your version is kept").add_argument("lesson", help="such as 03")
    command(notebooks, "execute and save the lessons and solutions").add_argument(
        "lesson", nargs="?", default="", help="such as 03; all of them if left out"
    )
    command(exercises, "write exercises/ from solutions/")
    command(doctor, "check this machine for everything the course needs")
    deployment.add_arguments(command(deploy, "put pocketws and a program onto a board, real or virtual"))
    options, options.arguments = parser.parse_known_args()
    if options.arguments and options.function not in (lab, edit):
        parser.error(f"unrecognized arguments: {' '.join(options.arguments)}")
    options.function(options)


if __name__ == "__main__":
    main()

"""Command line of the launcher: `python -m marketplace.launcher run` or `... exec COMMAND`."""

import argparse
import os
import signal
import subprocess
import sys

from marketplace.launcher.occupancy import Occupant
from marketplace.launcher.plan import make_plan
from marketplace.launcher.problems import Problem
from marketplace.launcher.session import FAILURE, Session


def main(arguments: list[str]) -> int:
    """Does what the command line asks; a problem is one sentence and exit code 1."""
    options = _parse(arguments)
    try:
        # A command that is run has standard output for itself.
        session = Session(make_plan(os.environ), sys.stdout if options.action == "run" else sys.stderr)
        occupant = session.take_folder()
        if options.action == "exec":
            return _run_beside(occupant, options.command) if occupant else session.run_command(options.command)
        if occupant:
            raise Problem(
                f"The marketplace already runs on this data folder: {occupant.address} "
                f"(process {occupant.pid}, {occupant.purpose}). Stop it with Ctrl-C in its terminal "
                f"or with: kill {occupant.pid}"
            )
        return session.run_site(demo=options.demo)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return FAILURE
    except KeyboardInterrupt:  # before anything was started
        return 128 + signal.SIGINT


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="marketplace.launcher", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="start the whole site and keep it up until Ctrl-C")
    run.add_argument("--no-demo", dest="demo", action="store_false", help="do not fill an empty site")
    command = actions.add_parser("exec", help="run a command with the database and queue it needs")
    command.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args(arguments)


def _run_beside(occupant: Occupant, command: list[str]) -> int:
    """Runs a command on the servers of a launcher that is already up."""
    return subprocess.run(command, env={**os.environ, **occupant.environment}, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

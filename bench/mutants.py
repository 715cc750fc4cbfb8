"""`make mutants`: changes the code of finance in small ways, one at a time, and lists the changes that no test notices.

Everything happens in a copy, the folder `mutants`, and on servers of its own, which are gone at the end. Verdicts are kept
there: a second run tries only what is new. ARGS names files or functions: ARGS="finance.escrow* finance.lots.x_spent*".
ARGS="--sample 1000" draws so many by lot from all that a first run has made, tried before or not.
Which code is changed and which tests judge it stands in pyproject.toml; what lives, and why, in docs/mutation.md.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from mutmut.stats import status_by_exit_code

from tests.plugins.servers import ROOT, shared

COPY = ROOT / "mutants"
NOTICED = ("killed", "timeout", "segfault")
UNTRIED = "not checked"


def main() -> int:
    """Run it; the exit code is mutmut's own, and 1 when less was noticed than asked for."""
    parser = argparse.ArgumentParser(prog="bench.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="mutants, such as finance.escrow*; all that are new by default")
    parser.add_argument("--children", type=int, default=2, help="how many are tried at once")
    parser.add_argument("--least", type=float, default=0, help="percent that must be noticed")
    parser.add_argument("--report", action="store_true", help="only tell what was found before")
    parser.add_argument("--sample", type=int, default=0, help="draw so many by lot; needs an earlier run")
    parser.add_argument("--seed", type=int, default=1, help="which lot")
    options = parser.parse_args()
    if options.sample:
        options.names = random.Random(options.seed).sample(sorted(_verdicts()), options.sample)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    code = 0 if options.report else _run(options.names, options.children)
    return code or int(_tell(set(options.names) if options.sample else None) < options.least)


def _run(names: list[str], children: int) -> int:
    _forget_what_is_gone()
    command = [str(Path(sys.executable).with_name("mutmut")), "run", f"--max-children={children}", *names]
    with shared():
        return subprocess.run(command, cwd=ROOT, check=False).returncode


def _forget_what_is_gone() -> None:
    """Removes from the copy what was renamed or deleted since; mutmut itself only adds."""
    for path in COPY.rglob("*.py"):
        if not (ROOT / path.relative_to(COPY)).exists():
            for left in path.parent.glob(f"{path.name}*"):
                left.unlink()


def _verdicts() -> dict[str, tuple[str, str]]:
    """Of each mutant by its name: its file and what became of it."""
    found = {}
    for meta in sorted(COPY.rglob("*.py.meta")):
        file = str(meta.relative_to(COPY).with_suffix(""))
        for name, code in json.loads(meta.read_text())["exit_code_by_key"].items():
            found[name] = file, status_by_exit_code[code]
    return found


def _tell(drawn: set[str] | None) -> float:
    """Print the score of each file and every mutant that lived; gives back the percentage of those noticed.

    Of a sample only what was drawn counts.
    """
    verdicts = {name: found for name, found in _verdicts().items() if drawn is None or name in drawn}
    counts: dict[str, Counter[str]] = {}
    for file, how in verdicts.values():
        counts.setdefault(file, Counter())[how] += 1
    for file, count in counts.items():
        _tell_score(file, count)
    print("\n".join(f"{how:10} {name}" for name, (_, how) in verdicts.items() if how not in (*NOTICED, UNTRIED)))
    return _tell_score("in all", sum(counts.values(), Counter()))


def _tell_score(name: str, count: Counter[str]) -> float:
    noticed = sum(count[verdict] for verdict in NOTICED)
    tried = count.total() - count[UNTRIED]
    score = 100 * noticed / tried if tried else 0.0
    print(f"{score:5.1f} %  {noticed:4} of {tried:4}, {count[UNTRIED]:4} not tried  {name}")
    return score


if __name__ == "__main__":
    sys.exit(main())

"""What the person at the terminal sees: one labeled line at a time, in color only where colors are wanted."""

import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

LABEL_WIDTH = 8
COLORS = {"start": 36, "postgres": 34, "valkey": 35, "sandbox": 33, "web": 32, "worker": 94, "slow": 96, "beat": 95}
PLAIN = 37
LAST_LINES = 4
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def wants_color(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Colours are for a terminal whose owner did not set NO_COLOR."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


class Terminal:
    """Writes lines with the name of the part that said them, and keeps each part's words in a log file."""

    def __init__(self, logs: Path, stream: TextIO = sys.stdout) -> None:
        self.logs = logs
        self.stream = stream
        self.color = wants_color(stream, os.environ)
        self.was_terminal = stream.isatty()
        self.on_closed: Callable[[], None] = lambda: None
        logs.mkdir(parents=True, exist_ok=True)

    def begin_anew(self) -> None:
        """The words of an earlier run are thrown away. Only for who holds the data folder: another's parts may be writing."""
        for old in self.logs.glob("*.log"):
            old.unlink(missing_ok=True)

    def is_gone(self) -> bool:
        """Whether the terminal this wrote to has been closed, of which not every process is told."""
        return self.was_terminal and not self.stream.isatty()

    def say(self, sentence: str) -> None:
        """The launcher's own words."""
        for text in sentence.splitlines() or [""]:
            self.line("start", text)

    def hear(self, part: str, text: str, shown: bool = True) -> None:
        """A line that a part wrote."""
        with (self.logs / f"{part}.log").open("a") as log:
            log.write(ESCAPES.sub("", text) + "\n")
        if shown:
            self.line(part, text)

    def last_words(self, part: str) -> str:
        """The end of what a part wrote, also what was not shown, and where the rest is."""
        log = self.logs / f"{part}.log"
        lines = log.read_text().splitlines()[-LAST_LINES:] if log.exists() else []
        return "\n".join([f"Its last words, of {log}:", *(f"  {line}" for line in lines)])

    def line(self, label: str, text: str) -> None:
        """Writes one line; when nobody can read it any more, says so to whoever waits for that."""
        name = f"{label:<{LABEL_WIDTH}} |"
        if self.color:
            name = f"\x1b[{COLORS.get(label, PLAIN)}m{name}\x1b[0m"
        else:
            text = ESCAPES.sub("", text)
        try:
            self.stream.write(f"{name} {text}\n")
            self.stream.flush()
        except (OSError, ValueError):
            self.on_closed()

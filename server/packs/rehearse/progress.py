"""Tells on stderr how far a rehearsal is: a line a phase, with a moving count on a terminal."""

from __future__ import annotations

import sys
import time


class Progress:
    """Writes phases such as "uploading 12/64"; `quiet` writes nothing."""

    def __init__(self, quiet: bool = False) -> None:
        """The clock starts now."""
        self._quiet = quiet
        self._began = time.monotonic()
        self._live = sys.stderr.isatty()
        self._phase = ""
        self._done = self._total = 0

    def phase(self, name: str, total: int = 0) -> None:
        """Begin a phase of `total` steps (0: not counted)."""
        self.end()
        self._phase, self._done, self._total = name, 0, total
        if self._live:
            self._show()

    def step(self) -> None:
        """One step of the phase is done."""
        self._done += 1
        if self._live:
            self._show()

    def end(self) -> None:
        """Finish the line of the phase."""
        if self._phase and not self._quiet:
            self._show()
            print(file=sys.stderr)
        self._phase = ""

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began

    def _show(self) -> None:
        if self._quiet:
            return
        count = f" {self._done}/{self._total}" if self._total else ""
        print(f"\r[{self.seconds:6.1f} s] {self._phase}{count}", end="", file=sys.stderr, flush=True)

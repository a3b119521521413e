"""What the service acknowledged: receipts and saved marks, written down before anything else is done with them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Journal:
    """A list in memory and, when a file is given, one JSON line an acknowledgement, fsynced."""

    def __init__(self, path: Path | None = None) -> None:
        """`path` is made anew."""
        self.lines: list[dict[str, Any]] = []
        self._file = path.open("w", encoding="utf-8") if path else None

    def note(self, kind: str, **data: Any) -> None:
        """Write an acknowledgement down."""
        line = {"kind": kind, **data}
        self.lines.append(line)
        if self._file is not None:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

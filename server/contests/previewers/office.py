"""An Office file as PDF, by the machine's own LibreOffice; the PDF is cleaned like one that somebody hands in."""

from __future__ import annotations

import subprocess
from pathlib import Path

from server.contests.derivers.pdf import derive_pdf
from server.contests.preview_kinds import PDF, Made
from server.contests.previewers.pages import preview_pdf

SECONDS = 240


def preview_office(source: Path, folder: Path, extension: str, soffice: str) -> list[Made]:
    """The PDF and its pages; nothing where LibreOffice cannot read the file. `soffice`: path of the program."""
    work = folder / "office"
    work.mkdir()
    # Its filter is chosen by the extension; the name is ours, and the profile lives as long as this child.
    given = work / f"copy.{extension}"
    given.symlink_to(source)
    command = (
        *(soffice, f"-env:UserInstallation=file://{work}/profile", "--headless", "--norestore", "--nolockcheck"),
        *("--convert-to", "pdf", "--outdir", str(work), str(given)),
    )
    try:
        subprocess.run(
            command, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError):
        return []
    printed = work / "copy.pdf"
    if not printed.is_file():
        return []
    derive_pdf(printed, folder / PDF, "pdf")
    return [Made(PDF, 1, PDF, "application/pdf"), *preview_pdf(folder / PDF, folder)]

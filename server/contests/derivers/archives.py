"""A ZIP of files: each member's copy without metadata under a number; names of folders and files are left behind."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

from server.contests.derivers import Underivable
from server.contests.rules.archives import files_in
from server.contests.rules.file_names import extension_of
from server.contests.rules.packages import archive_problem
from storage_config.buckets import MIB, suffix_of

LONG_AGO = (1980, 1, 1, 0, 0, 0)


def derive_archive(source: Path, target: Path, _extension: str) -> str:
    """Write the ZIP of copies; a member that cannot be copied is left out, and "unreadable" raised when none can."""
    from server.contests.derive import maker_of

    kept = 0
    try:
        with zipfile.ZipFile(source) as package, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as copy:
            if archive_problem(package) is not None:
                raise Underivable("unreadable")
            for number, member in enumerate(files_in(package), 1):
                extension = extension_of(member.filename)
                maker = maker_of(extension)
                if maker is None or extension == "zip":
                    continue
                with tempfile.TemporaryDirectory() as folder:
                    before, after = Path(folder) / "before", Path(folder) / "after"
                    with package.open(member) as packed, before.open("wb") as unpacked:
                        shutil.copyfileobj(packed, unpacked, MIB)
                    try:
                        media_type = maker(before, after, extension)
                    except Underivable:
                        continue
                    info = zipfile.ZipInfo(f"{number:03}{suffix_of(media_type)}", LONG_AGO)
                    info.file_size = after.stat().st_size
                    with after.open("rb") as cleaned, copy.open(info, "w") as packed_again:
                        shutil.copyfileobj(cleaned, packed_again, MIB)
                    kept += 1
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        raise Underivable("unreadable") from error
    if not kept:
        raise Underivable("unreadable")
    return "application/zip"

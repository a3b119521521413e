"""What a plain ZIP may be, where a contest's rules take one: a modest number of accepted files, none of them packed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import BinaryIO

from server.contests.rules.file_names import extension_of
from server.contests.rules.packages import archive_problem
from server.errors import FileRefused
from storage_config.buckets import ACCEPTED_MEDIA

MAX_FILES = 300
HEAD_BYTES = 8192


def check_archive(file: BinaryIO, file_name: str, recognise: Callable[[bytes], str | None]) -> str:
    """ "archive", or FileRefused with code "archive" and what was found, before anything is unpacked.

    Sizes, numbers, names and links are those of the directory; of each member only the head is read, since what it is
    called and what it is must agree here too.
    """
    try:
        with zipfile.ZipFile(file) as package:
            problem = archive_problem(package) or _members_problem(package, recognise)
    except (
        zipfile.BadZipFile,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
        OverflowError,
    ) as error:
        raise FileRefused(file_name, "archive", {"found": "broken"}) from error
    if problem is not None:
        raise FileRefused(file_name, "archive", {"found": problem})
    return "archive"


def files_in(package: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The members that people packed, without folders and what macOS and Windows put beside them."""
    return [
        member
        for member in package.infolist()
        if not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and member.filename.rsplit("/", 1)[-1].lower() not in (".ds_store", "thumbs.db", "desktop.ini")
    ]


def _members_problem(package: zipfile.ZipFile, recognise: Callable[[bytes], str | None]) -> str | None:
    members = files_in(package)
    if not members or len(members) > MAX_FILES:
        return "members"
    for member in members:
        medium = ACCEPTED_MEDIA.get(extension_of(member.filename))
        if medium is None or "archive" in medium.contents:
            return "kind"
        with package.open(member) as opened:
            found = recognise(opened.read(HEAD_BYTES))
        if found not in medium.contents and not (found == "zip" and medium.contents & {"docx", "pptx", "xlsx"}):
            return "kind"
    return None

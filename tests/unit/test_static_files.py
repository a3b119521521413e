"""Static files: modules of a folder share a fingerprint, and whoever takes gzip gets it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from server import static_files

CODE = "export const b = 1;" * 50


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of static files in the place of ours."""
    (tmp_path / "upload").mkdir()
    (tmp_path / "upload" / "a.js").write_text("import './b.js';")
    (tmp_path / "upload" / "b.js").write_text(CODE)
    (tmp_path / "own.css").write_text("p{}")
    (tmp_path / "notes.txt").write_text("not sent")
    monkeypatch.setattr(static_files, "STATIC_FOLDER", tmp_path)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    static_files._files.cache_clear()
    static_files.static_url.cache_clear()


def test_modules_of_a_folder_change_their_address_together(folder: Path) -> None:
    before = {name: static_files.static_url(name) for name in ("upload/a.js", "upload/b.js", "own.css")}
    # "./b.js" beside a.js is the address that static_url gives.
    assert before["upload/a.js"].replace("a.js", "b.js") == before["upload/b.js"]
    (folder / "upload" / "b.js").write_text("export const b = 2;")
    forget()
    assert static_files.static_url("upload/a.js") != before["upload/a.js"]
    assert static_files.static_url("own.css") == before["own.css"]
    assert static_files.has_static("upload/a.js")
    assert not static_files.has_static("notes.txt")


def test_a_file_comes_packed_to_whoever_takes_it_so(folder: Path) -> None:
    address = static_files.static_url("upload/b.js")
    with TestClient(Litestar([static_files.static_file])) as client:
        packed = client.get(address, headers={"accept-encoding": "gzip, br"})
        plain = client.get(address, headers={"accept-encoding": "identity"})
        assert (packed.headers["content-encoding"], packed.text) == ("gzip", CODE)
        assert int(packed.headers["content-length"]) == len(gzip.compress(CODE.encode())) < 100
        assert "content-encoding" not in plain.headers
        assert plain.text == CODE
        assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
        assert packed.headers["etag"] != plain.headers["etag"]
        again = client.get(address, headers={"accept-encoding": "gzip", "if-none-match": packed.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        # What would not shrink is sent as it is.
        assert "content-encoding" not in client.get(static_files.static_url("own.css")).headers

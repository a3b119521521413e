"""The scanner's protocol: the contract on a server of our own and, where a machine has clamd, on the real one.

HOITHI_TEST_CLAMD names clamd's program where it is not in PATH.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.scanning import ScannerAddress, ScannerAway, Verdict, read_answer, scan
from server.settings import Settings, SettingsError
from tests.clamd import EICAR, FakeClamd

CLAMD = os.environ.get("HOITHI_TEST_CLAMD") or shutil.which("clamd")
SERVERS = ["ours", *(["clamd"] if CLAMD else [])]
LIMIT = 2 * 2**20


@asynccontextmanager
async def clamd(folder: Path) -> AsyncIterator[ScannerAddress]:
    """A real clamd whose only signature is that of the test file, so that it needs no database from the network."""
    base, path = folder / "base", folder / "clamd.sock"
    base.mkdir()
    (base / "own.ndb").write_text(f"Eicar-Own:0:*:{EICAR.hex()}\n")
    config = folder / "clamd.conf"
    config.write_text(
        f"LocalSocket {path}\nDatabaseDirectory {base}\nForeground yes\nStreamMaxLength {LIMIT}\n"
        f"PidFile {folder}/clamd.pid\nTemporaryDirectory {folder}\nSelfCheck 0\n"
    )
    assert CLAMD is not None
    running = await asyncio.create_subprocess_exec(
        CLAMD, "--config-file", str(config), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            if path.exists():
                break
            assert running.returncode is None
            await asyncio.sleep(0.1)
        yield ScannerAddress(path=str(path))
    finally:
        running.kill()
        await running.wait()


@pytest.fixture(params=SERVERS)
async def scanner(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ScannerAddress]:
    if request.param == "clamd":
        async with clamd(tmp_path) as address:
            yield address
        return
    address = ScannerAddress(path=str(tmp_path / "clamd.sock"))
    async with FakeClamd(address.path, LIMIT):
        yield address


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_clean_found_and_too_large(scanner: ScannerAddress) -> None:
    assert await scan(scanner, pieces(b"%PDF-1.4\n", b"noi dung")) == Verdict()
    assert await scan(scanner, pieces()) == Verdict()
    half = len(EICAR) // 2
    found = await scan(scanner, pieces(b"x" * 1000, EICAR[:half], EICAR[half:], b"y" * 300_000))
    assert found.found is not None
    assert "Eicar" in found.found
    assert await scan(scanner, pieces(*[b"z" * 2**20] * 40)) == Verdict(too_large=True)
    assert await scan(scanner, pieces(b"a" * (LIMIT - 10))) == Verdict()


async def test_many_at_once(scanner: ScannerAddress) -> None:
    verdicts = await asyncio.gather(
        *(scan(scanner, pieces(b"x" * 100_000, EICAR if n % 3 == 0 else b"")) for n in range(30))
    )
    assert [verdict.found is not None for verdict in verdicts] == [n % 3 == 0 for n in range(30)]


async def test_what_the_reader_raises_is_raised_and_the_scanner_goes_on(scanner: ScannerAddress) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise KeyError("store")

    with pytest.raises(KeyError):
        await scan(scanner, broken())
    assert await scan(scanner, pieces(b"x")) == Verdict()


async def test_nobody_there(tmp_path: Path) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("nothing is read before the scanner has answered the call")
        yield b""

    with pytest.raises(ScannerAway):
        await scan(ScannerAddress(path=str(tmp_path / "nobody")), never())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        with pytest.raises(ScannerAway):
            await scan(ScannerAddress(host="127.0.0.1", port=probe.getsockname()[1]), never())


@pytest.mark.parametrize("answer", [b"", b"stream: ", b"garbage\0", b"x" * 10_000, b"Can't allocate memory ERROR\0"])
async def test_a_server_that_says_something_else_is_asked_again_later(tmp_path: Path, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_unix_server(serve, tmp_path / "s")
    async with server:
        with pytest.raises(ScannerAway):
            await scan(ScannerAddress(path=str(tmp_path / "s")), pieces(*[b"x" * 100_000] * 20))


async def test_over_tcp() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(bytes(4))
        writer.write(b"stream: OK\0")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await scan(ScannerAddress(host="127.0.0.1", port=port), pieces(b"x")) == Verdict()


def test_answers() -> None:
    assert read_answer("stream: OK") == Verdict()
    assert read_answer("stream: Win.Test.EICAR_HDB-1 FOUND") == Verdict(found="Win.Test.EICAR_HDB-1")
    assert read_answer("INSTREAM size limit exceeded. ERROR") == Verdict(too_large=True)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("unix:/run/clamav/clamd.ctl", ScannerAddress(path="/run/clamav/clamd.ctl")),
        ("tcp:scanner.local:3310", ScannerAddress(host="scanner.local", port=3310)),
        ("tcp://10.0.0.5:3310", ScannerAddress(host="10.0.0.5", port=3310)),
        ("tcp:[::1]:3310", ScannerAddress(host="::1", port=3310)),
    ],
)
def test_addresses(text: str, address: ScannerAddress, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOITHI_CLAMD", text)
    assert Settings.from_environment(tmp_path).clamd == address


@pytest.mark.parametrize("text", ["/run/clamd.ctl", "unix:clamd", "tcp:3310", "tcp:host:0", "tcp:host:x", "http://a:1"])
def test_addresses_that_make_no_sense_are_named(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOITHI_CLAMD", text)
    with pytest.raises(SettingsError, match="HOITHI_CLAMD"):
        Settings.from_environment(tmp_path)


def test_the_office_program_is_found_named_or_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("HOITHI_SOFFICE", raising=False)
    assert Settings.from_environment(tmp_path).soffice == str(program)
    monkeypatch.setenv("HOITHI_SOFFICE", "off")
    assert Settings.from_environment(tmp_path).soffice is None
    monkeypatch.setenv("HOITHI_SOFFICE", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match="HOITHI_SOFFICE"):
        Settings.from_environment(tmp_path)

"""`hoithi serve` ends as a whole: on SIGTERM and Ctrl+C the database is shut down before the process is gone."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from server.packs.rehearse.instance import HOITHI, Instance


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_everything_in_order(tmp_path: Path, number: signal.Signals) -> None:
    os.chmod(tmp_path, 0o711)
    instance = Instance(tmp_path / "data")
    (tmp_path / "data").mkdir(mode=0o711)
    service = await asyncio.create_subprocess_exec(
        *HOITHI, "serve", "--data", str(instance.data), "--port", str(instance.port), env=instance.environment()
    )
    try:
        await instance.ready()
        service.send_signal(number)
        assert await asyncio.wait_for(service.wait(), 30) == 0
    finally:
        if service.returncode is None:
            service.kill()
            await service.wait()
    log = (instance.data / "postgres" / "log" / "postgres.log").read_text("utf-8")
    assert log.rstrip().endswith("database system is shut down")

"""`hoithi worker` as a process of its own, with and without Redis: does what others queued, and stops on SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from server.db import fetch_one, unit_of_work
from server.mail import queue_mail
from tests.integration.redis_process import redis_server

PATH = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
WORK = "import asyncio; from server.settings import Settings; from server.worker import work; "
WORK += "asyncio.run(work(Settings.from_environment()))"


@pytest.mark.parametrize("with_redis", [False, True])
async def test_a_worker_sends_what_a_web_process_queued(
    database: dict[str, Any], tmp_path: Path, with_redis: bool
) -> None:
    url = f"postgresql://{database['user']}:{database['password']}@/{database['database']}"
    environment = {**os.environ, "PYTHONPATH": PATH, "HOITHI_DATA": str(tmp_path)}
    environment["HOITHI_DATABASE_URL"] = f"{url}?host={quote(str(database['host']))}"
    async with AsyncExitStack() as stack:
        if with_redis:
            environment["HOITHI_REDIS_URL"] = await stack.enter_async_context(redis_server())
        worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORK, env=environment)
        try:
            async with unit_of_work() as work:
                await queue_mail(work, recipient="hoa@x.example", subject="Biên nhận", body="Đã nhận bài dự thi.")
            for _ in range(600):
                row = await fetch_one("select state from job")
                if row is not None and row["state"] == "done":
                    break
                await asyncio.sleep(0.05)
            assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1
            worker.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(worker.wait(), 15) == 0
        finally:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()

"""tus-js-client from Node.js over a network that is cut: the file arrives whole, and little is sent twice.

HOITHI_CUTS=20 cuts a file of 200 MB twenty times; without it a smaller file is cut four times.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
from pathlib import Path
from typing import Any

from server.app import Parts
from server.db import fetch
from server.page_scripts import node_command
from tests.browser.proxy import BrokenNetwork
from tests.client import Visitor
from tests.integration.contests.uploads import MIB, do_jobs, files, pdf_of, sender_of
from tests.integration.raw_http import serving
from tests.world import make_world

CUTS = int(os.environ.get("HOITHI_CUTS", "4"))
SCRIPT = Path(__file__).with_name("send.mjs")


async def test_the_file_arrives_whole(database: dict[str, Any], parts: Parts, visitor: Visitor, tmp_path: Path) -> None:
    world = await make_world()
    await fetch("update file_rule set max_bytes = 300000000")
    sender = await sender_of(visitor, world)
    size = 200 * MIB if CUTS >= 20 else 40 * MIB
    file = tmp_path / "a.pdf"
    await asyncio.to_thread(file.write_bytes, pdf_of(size))
    chance = random.Random("node")
    node = node_command("node")
    assert node is not None
    async with serving(parts) as port:
        network = BrokenNetwork()
        network.cuts = [chance.randrange(MIB, 2 * size // CUTS - MIB) for _ in range(CUTS)]
        await network.start(f"http://127.0.0.1:{port}")
        try:
            process = await asyncio.create_subprocess_exec(
                *node, str(SCRIPT), str(file), network.address + sender.url,
                f"hoithi_session={visitor.cookies['hoithi_session']}", visitor.csrf,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            said, wrong = await asyncio.wait_for(process.communicate(), 300)
        finally:
            await network.stop()
    assert process.returncode == 0, wrong.decode()
    await do_jobs(visitor)
    assert [one["sha256"] for one in await files()] == [
        hashlib.sha256(await asyncio.to_thread(file.read_bytes)).hexdigest()
    ]
    again = network.sent - size
    assert network.cuts_done > 0
    assert again <= network.cuts_done * 8 * MIB
    print(
        f"\n{network.cuts_done} cuts in {size // MIB} MiB, {json.loads(said)['retries']} retries, "
        f"{again / MIB:.1f} MiB sent again"
    )

"""A process of its own that takes a job and never ends it, for a test that kills it.

Usage: python job_process.py DSN-AS-JSON REDIS-URL-OR-EMPTY; prints "doing" when the job has begun."""

from __future__ import annotations

import asyncio
import json
import sys

from server import db
from server.arq_delivery import ArqDelivery
from server.jobs import Drain, JobContext, job


@job("test_killed")
async def killed(context: JobContext) -> None:
    print("doing", flush=True)
    await asyncio.sleep(3600)


async def main() -> None:
    await db.connect(json.loads(sys.argv[1]), size=3)
    context = JobContext(settings=None, storage=None, mail=None)
    delivery = ArqDelivery(context, sys.argv[2]) if sys.argv[2] else Drain(context)
    await delivery.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main())

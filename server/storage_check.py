"""`hoithi storage check`: whether the object store takes, gives back and lets go of an object now."""

from __future__ import annotations

from server.errors import ServiceUnavailable
from server.settings import Settings
from server.storage import make_storage
from server.waiting import in_thread
from storage_config.bootstrap import check_bucket
from storage_config.client import make_client


async def storage_check(settings: Settings) -> int:
    """Print each step; exit code 0 when all hold, 1 otherwise."""
    if settings.storage.s3 is not None:
        client = make_client(settings.storage.s3)
        steps = await in_thread(lambda: check_bucket(client))
        for step in steps:
            print(f"{step.name}: {step.problem or 'ok'}")
        return 0 if all(step.ok for step in steps) else 1
    storage = make_storage(settings.storage, settings.data_dir)
    try:
        await storage.check()
    except (ServiceUnavailable, OSError) as error:
        print(f"files: {error or type(error).__name__}")
        return 1
    finally:
        await storage.close()
    print(f"files: ok ({settings.data_dir / 'objects'})")
    return 0

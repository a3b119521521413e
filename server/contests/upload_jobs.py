"""What is done after the last byte of an upload, and after one was given up."""

from __future__ import annotations

from server.contests.services import upload_finish
from server.jobs import JobContext, job


@job("finish_upload", max_attempts=12, timeout=1800)
async def finish_upload(context: JobContext, *, upload: int) -> None:
    """Make a file of the entry out of the parts, or say why not."""
    await upload_finish.finish_upload(upload, context.storage)


@job("drop_upload")
async def drop_upload(context: JobContext, *, upload: int) -> None:
    """Delete what is left of an upload that has ended."""
    await upload_finish.drop_leftovers(upload, context.storage)

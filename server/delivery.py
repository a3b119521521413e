"""Chooses how jobs reach those who do them: straight from the table, or through Redis when one is set."""

from __future__ import annotations

from server.jobs import Delivery, Drain, JobContext


def make_delivery(context: JobContext, *, does_work: bool = True) -> Delivery | None:
    """The delivery of this process; None when it has nothing to do because others read the table themselves.

    `does_work` is false in a web process beside separate workers: it only tells Redis what is due."""
    settings = context.settings
    if settings.redis_url:
        # arq is loaded only where Redis is used: the small installation has no need of its memory.
        from server.arq_delivery import ArqDelivery, Relay

        return ArqDelivery(context, settings.redis_url) if does_work else Relay(settings.redis_url)
    if not does_work:
        return None
    # The embedded database belongs to this process, by the lock of the data folder.
    return Drain(context, sole=settings.database_url is None)

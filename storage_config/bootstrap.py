"""Creates the bucket and proves that the keys in hand can do what the service needs: `hoithi storage check`."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import urllib3
from minio.error import MinioException, S3Error

from storage_config.client import S3Client

ALREADY_THERE = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


@dataclass(frozen=True)
class Step:
    """One thing that was tried on the store; `problem` is empty when it worked."""

    name: str
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether the step worked."""
        return not self.problem


def ensure_bucket(client: S3Client) -> bool:
    """Create the bucket where it is missing; True when it was made now. Raise the SDK's error when that fails."""
    if client.minio.bucket_exists(bucket_name=client.bucket):
        return False
    try:
        client.minio.make_bucket(bucket_name=client.bucket)
    except S3Error as error:
        if error.code not in ALREADY_THERE:
            raise
        return False
    return True


def check_bucket(client: S3Client) -> list[Step]:
    """Try bucket, write, read back, list and delete in this order; stop at the first that fails. Leaves nothing."""
    key = f"check/00/{secrets.token_hex(16)}"
    body = secrets.token_bytes(1024)
    minio, bucket = client.minio, client.bucket

    def write() -> None:
        minio.put_object(bucket_name=bucket, object_name=key, data=io.BytesIO(body), length=len(body))

    def read() -> None:
        response = minio.get_object(bucket_name=bucket, object_name=key)
        try:
            if response.read() != body:
                raise OSError("the store returned other bytes than were written")
        finally:
            response.close()
            response.release_conn()

    def find() -> None:
        if key not in {item.object_name for item in minio.list_objects(bucket_name=bucket, prefix=key)}:
            raise OSError("the list does not show an object that was written")

    def delete() -> None:
        minio.remove_object(bucket_name=bucket, object_name=key)

    trials: list[tuple[str, Callable[[], object]]] = [
        ("bucket", lambda: ensure_bucket(client)),
        ("write", write),
        ("read", read),
        ("list", find),
        ("delete", delete),
    ]
    steps: list[Step] = []
    for name, trial in trials:
        try:
            trial()
        except (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            steps.append(Step(name, f"{type(error).__name__}: {error}"))
            break
        steps.append(Step(name))
    return steps

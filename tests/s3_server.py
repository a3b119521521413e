"""A real S3 server for tests: juicefs gateway over SQLite metadata and plain files, on 127.0.0.1."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from storage_config.settings import S3Settings

JUICEFS = Path(sys.executable).parent / "juicefs"
START_SECONDS = 60


@contextmanager
def s3_server(folder: Path, bucket: str = "hoithi") -> Iterator[S3Settings]:
    """Run a server with its data in `folder` until the context ends; buckets are made by its client."""
    folder.mkdir(parents=True, exist_ok=True)
    access_key, secret_key = "tester", secrets.token_hex(16)
    meta = f"sqlite3://{folder / 'meta.db'}"
    environment = {
        **os.environ,
        "MINIO_ROOT_USER": access_key,
        "MINIO_ROOT_PASSWORD": secret_key,
        "HOME": str(folder),
    }
    quiet = ["--no-agent", "--quiet"]
    volume = ["--storage", "file", "--bucket", f"{folder}/blocks/", "--trash-days", "0", meta, "test"]
    made = subprocess.run([JUICEFS, *quiet, "format", *volume], env=environment, capture_output=True, timeout=60)
    if made.returncode:
        raise RuntimeError(f"the S3 server's volume cannot be made: {made.stderr.decode()[-2000:]}")
    port = _free_port()
    command = [
        *(JUICEFS, *quiet, "gateway", "--multi-buckets", "--keep-etag", "--no-banner", "--hide-dir-object"),
        *("--cache-dir", f"{folder}/cache", "--log", f"{folder}/gateway.log", "--backup-meta", "0"),
        *(meta, f"127.0.0.1:{port}"),
    ]
    with (folder / "output.log").open("wb") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait(port, server, folder / "output.log")
        yield S3Settings(f"127.0.0.1:{port}", access_key, secret_key, bucket, secure=False)
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, server: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"the S3 server ended: {output.read_text()[-2000:]}")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/minio/health/ready", timeout=1).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the S3 server did not answer in time")

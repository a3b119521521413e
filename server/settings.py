"""One frozen settings object, read once from the environment and the command line."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from server.errors import HoithiError
from server.scanning import ScannerAddress
from storage_config.settings import StorageSettings


class SettingsError(HoithiError):
    """An environment variable that makes no sense; the text names it."""


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise SettingsError(f"HOITHI_PORT must be a port number, not {text!r}")
    return int(text)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 366):
        raise SettingsError(f"HOITHI_UPLOAD_DAYS must be a number of days, not {text!r}")
    return int(text)


def _scanner(text: str) -> ScannerAddress | None:
    try:
        return ScannerAddress.parse(text) if text else None
    except ValueError as error:
        raise SettingsError(f"HOITHI_CLAMD must be unix:/path/of/socket or tcp:HOST:PORT, not {text!r}") from error


def _soffice(text: str) -> str | None:
    """LibreOffice's program: where it is said to be, else where this machine has it; None for "off" or without one."""
    if text == "off":
        return None
    if text and not Path(text).is_file():
        raise SettingsError(f'HOITHI_SOFFICE must be the path of LibreOffice\'s program or "off", not {text!r}')
    return text or shutil.which("soffice") or shutil.which("libreoffice")


def default_data_dir() -> Path:
    """Where a service keeps its data unless `--data` says otherwise."""
    return Path(os.environ.get("HOITHI_DATA", "~/.local/share/hoithi")).expanduser()


@dataclass(frozen=True)
class Settings:
    """What one process of the service needs to know; `public_url` has no slash at its end."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    database_url: str | None = None
    smtp_url: str | None = None
    signing_key: Path | None = None
    mail_from: str = "Hội Thi <hoithi@localhost>"
    redis_url: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    upload_days: int = 7
    clamd: ScannerAddress | None = None
    soffice: str | None = None
    storage: StorageSettings = field(default_factory=StorageSettings)

    @property
    def secure(self) -> bool:
        """True when people reach the service by https, so that cookies can be `__Host-` and Secure."""
        return self.public_url.startswith("https://")

    @property
    def key_file(self) -> Path:
        """The key that signs publications and receipts; processes that share a contest share it."""
        return self.signing_key or self.data_dir / "keys" / "signing.pem"

    @classmethod
    def from_environment(
        cls, data_dir: Path | None = None, host: str | None = None, port: int | None = None
    ) -> Settings:
        """Read HOITHI_* variables; arguments given here win over them."""
        env = os.environ
        host = host or env.get("HOITHI_HOST", "127.0.0.1")
        port = port if port is not None else _port(env.get("HOITHI_PORT", "8000"))
        shown_host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
        return cls(
            data_dir=(data_dir or default_data_dir()).expanduser().absolute(),
            host=host,
            port=port,
            public_url=env.get("HOITHI_PUBLIC_URL", f"http://{shown_host}:{port}").rstrip("/"),
            database_url=env.get("HOITHI_DATABASE_URL") or None,
            smtp_url=env.get("HOITHI_SMTP_URL") or None,
            signing_key=Path(path).expanduser().absolute() if (path := env.get("HOITHI_SIGNING_KEY")) else None,
            mail_from=env.get("HOITHI_MAIL_FROM", cls.mail_from),
            redis_url=env.get("HOITHI_REDIS_URL") or None,
            trusted_proxies=tuple(p.strip() for p in env.get("HOITHI_TRUSTED_PROXIES", "").split(",") if p.strip()),
            upload_days=_days(env.get("HOITHI_UPLOAD_DAYS", "7")),
            clamd=_scanner(env.get("HOITHI_CLAMD", "").strip()),
            soffice=_soffice(env.get("HOITHI_SOFFICE", "").strip()),
            storage=StorageSettings.from_environment(),
        )

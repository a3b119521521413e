"""What web and worker processes need before they start: engines of their own, and the key that all of them share."""

from __future__ import annotations

from server.rules.signing import KeyUnusable, SigningKey
from server.settings import Settings, SettingsError


def require_production(settings: Settings) -> None:
    """Raise SettingsError, which names what is missing, unless the settings fit a process beside others."""
    for name, value, why in (
        ("HOITHI_DATABASE_URL", settings.database_url, "processes share one PostgreSQL"),
        ("HOITHI_REDIS_URL", settings.redis_url, "Redis wakes the workers and counts attempts to sign in"),
    ):
        if not value:
            raise SettingsError(f'{name} must be set: {why}. On one machine, "hoithi serve" needs neither')
    try:
        SigningKey.load(settings.key_file)
    except FileNotFoundError as error:
        # Made here, it would be another key in each process.
        raise SettingsError(
            f"there is no signing key at {settings.key_file}: make one for all processes with "
            '"openssl genpkey -algorithm ed25519 -out signing.pem" and name it in HOITHI_SIGNING_KEY'
        ) from error
    except (KeyUnusable, OSError) as error:
        raise SettingsError(f"HOITHI_SIGNING_KEY: {error}") from error

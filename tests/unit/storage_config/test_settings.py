"""Storage settings from the environment: the default, the whole S3 set, and errors that name the variable."""

from __future__ import annotations

import pytest

from storage_config.settings import S3Settings, StorageSettings, StorageSettingsError

S3 = {
    "HOITHI_STORAGE": "s3",
    "HOITHI_S3_ENDPOINT": "s3.example.vn:9000",
    "HOITHI_S3_ACCESS_KEY": "key",
    "HOITHI_S3_SECRET_KEY": "secret-words",
    "HOITHI_S3_BUCKET": "hoithi",
}


@pytest.mark.parametrize("environment", [{}, {"HOITHI_STORAGE": ""}, {"HOITHI_STORAGE": " Files "}])
def test_files_are_the_default(environment: dict[str, str]) -> None:
    assert StorageSettings.from_environment(environment) == StorageSettings("files", None)


def test_s3() -> None:
    settings = StorageSettings.from_environment(S3)
    assert settings.kind == "s3"
    assert settings.s3 == S3Settings("s3.example.vn:9000", "key", "secret-words", "hoithi", "us-east-1", True)
    assert "secret-words" not in repr(settings)


@pytest.mark.parametrize(
    ("endpoint", "flag", "expected"),
    [
        ("http://127.0.0.1:9000", "", ("127.0.0.1:9000", False)),
        ("https://s3.example.vn/", "", ("s3.example.vn", True)),
        ("http://s3.example.vn", "true", ("s3.example.vn", True)),
        ("s3.example.vn", "0", ("s3.example.vn", False)),
    ],
)
def test_endpoint_and_secure(endpoint: str, flag: str, expected: tuple[str, bool]) -> None:
    s3 = StorageSettings.from_environment({**S3, "HOITHI_S3_ENDPOINT": endpoint, "HOITHI_S3_SECURE": flag}).s3
    assert s3 is not None
    assert (s3.endpoint, s3.secure) == expected


@pytest.mark.parametrize("name", [name for name in S3 if name != "HOITHI_STORAGE"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_is_missing_is_named(name: str, value: str | None) -> None:
    environment = {key: text for key, text in S3.items() if key != name}
    if value is not None:
        environment[name] = value
    with pytest.raises(StorageSettingsError, match=name):
        StorageSettings.from_environment(environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOITHI_STORAGE", "ftp"),
        ("HOITHI_S3_SECURE", "maybe"),
        ("HOITHI_S3_ENDPOINT", "s3.example.vn/path"),
        ("HOITHI_S3_ENDPOINT", "ftp://s3.example.vn"),
        ("HOITHI_S3_ENDPOINT", "s3.example.vn:port"),
        ("HOITHI_S3_ENDPOINT", "http://key:secret@s3.example.vn"),
        ("HOITHI_S3_ENDPOINT", "http://"),
    ],
)
def test_what_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(StorageSettingsError, match=name):
        StorageSettings.from_environment({**S3, name: value})

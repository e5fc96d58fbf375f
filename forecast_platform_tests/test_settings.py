from pathlib import Path

import pytest

from forecast_platform.errors import InputError
from forecast_platform.settings import load_settings


def test_without_any_variable_the_home_is_in_the_checkout() -> None:
    assert load_settings({}).home.name == ".forecast_platform"
    assert load_settings({}).smtp is None


def test_the_home_can_be_moved(tmp_path: Path) -> None:
    assert load_settings({"FORECAST_PLATFORM_HOME": str(tmp_path)}).bucket_root == tmp_path / "bucket"


def test_every_wrong_variable_is_named_with_what_is_allowed() -> None:
    wrong = {
        "FORECAST_PLATFORM_SETTLE_SECONDS": "soon",
        "FORECAST_PLATFORM_SMTP_HOST": "localhost",
        "FORECAST_PLATFORM_SMTP_STARTTLS": "maybe",
    }
    with pytest.raises(InputError) as failure:
        load_settings(wrong)
    message = str(failure.value)
    assert "FORECAST_PLATFORM_SETTLE_SECONDS: found 'soon'; expected a number of at least 0" in message
    assert "FORECAST_PLATFORM_SMTP_STARTTLS: found 'maybe'; expected true or false" in message


def test_a_password_is_not_shown_when_the_settings_are_printed() -> None:
    settings = load_settings({"FORECAST_PLATFORM_SMTP_HOST": "localhost", "FORECAST_PLATFORM_SMTP_PASSWORD": "hush"})
    assert settings.smtp is not None
    assert settings.smtp.password == "hush"
    assert "hush" not in repr(settings)

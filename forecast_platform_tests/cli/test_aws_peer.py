"""``forecast-platform aws-peer``: what it refuses before it listens."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from forecast_platform.aws_peer.protocol import service_model
from forecast_platform.cli import main


def _refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        main(["aws-peer", *arguments])
    return ended.value.code, capsys.readouterr().err


def test_a_host_that_others_can_reach_needs_to_be_asked_for_twice(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = _refused(capsys, "--host", "0.0.0.0")
    assert code == 2
    assert "--host: found 0.0.0.0; expected 127.0.0.1, as there is no login. Or add --allow-other-machines." in said


@pytest.mark.parametrize("account", ["me", "123", "1234567890123"])
def test_an_account_has_twelve_digits(capsys: pytest.CaptureFixture[str], account: str) -> None:
    code, said = _refused(capsys, "--account", account)
    assert code == 2
    assert f"--account: found {account}; expected 12 digits" in said


def test_without_botocore_the_extra_that_brings_it_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service_model._session.cache_clear()
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    code, said = _refused(capsys, "--home", str(tmp_path), "--port", "0")
    assert code == 1
    assert "forecast-platform[aws]" in said

"""Every setting of the platform, read from the environment once and checked.

Belongs here: names of variables, their defaults and their checks. Does not belong here: what belongs to one
project (its ``defs.yaml``), secrets in clear text in any message.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from forecast_platform.errors import InputError, Problem

CHECKOUT = Path(__file__).resolve().parent.parent
DEFS = Path(__file__).resolve().parent / "defs"


@dataclass(frozen=True)
class SmtpSettings:
    """The mail server that takes notifications.

    Attributes:
        starttls: Refuse to send unless the connection can be encrypted.
        password: From ``FORECAST_PLATFORM_SMTP_PASSWORD``; never printed.
    """

    host: str
    port: int
    sender: str
    starttls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """The platform's settings.

    Attributes:
        home: Folder of everything the platform keeps: bucket, service state, warehouse, Dagster's instance.
        defs: Folder with one folder per project, each with its ``defs.yaml`` (``FORECAST_PLATFORM_DEFS``). Default: the
            checkout's ``forecast_platform/defs``; where this package is installed without one, ``defs`` below the home.
        dashboard_url: Where ``forecast-platform dev`` serves the dashboards; used for links in the metadata.
        settle_seconds: An uploaded file is taken once it has not changed for this long.
        sensor_interval_seconds: Seconds between two looks at the bucket.
        ray_address: Cluster on which models are fitted, e.g. ``ray://10.0.0.5:10001`` or ``local``; ``None`` = this
            machine's processes.
        pretrained: Folder with the weights of pretrained models (``FORECAST_PLATFORM_PRETRAINED``).
        smtp: ``None`` = notifications only go to the outbox.
    """

    home: Path
    defs: Path = DEFS
    dashboard_url: str = "http://127.0.0.1:3001"
    settle_seconds: float = 3.0
    sensor_interval_seconds: int = 10
    ray_address: str | None = None
    pretrained: Path | None = None
    smtp: SmtpSettings | None = None

    @property
    def bucket_root(self) -> Path:
        return self.home / "bucket"

    @property
    def service_root(self) -> Path:
        return self.home / "service"

    @property
    def warehouse_root(self) -> Path:
        return self.home / "warehouse"

    @property
    def outbox(self) -> Path:
        return self.home / "outbox.jsonl"

    @property
    def mailed(self) -> Path:
        return self.home / "mailed.jsonl"

    @property
    def dagster_root(self) -> Path:
        return self.home / "dagster"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from ``environment`` (default: this process's).

    Raises:
        InputError: Variables whose values cannot be used, all of them.
    """
    reader = _Reader(os.environ if environment is None else environment)
    home = reader.folder("HOME", _default_home())
    settings = Settings(
        home=home,
        defs=reader.folder("DEFS", DEFS if _is_checkout() else home / "defs"),
        dashboard_url=reader.text("DASHBOARD_URL", "http://127.0.0.1:3001").rstrip("/"),
        settle_seconds=reader.number("SETTLE_SECONDS", 3.0, least=0.0),
        sensor_interval_seconds=int(reader.number("SENSOR_INTERVAL_SECONDS", 10, least=1)),
        ray_address=reader.text("RAY_ADDRESS", "") or None,
        pretrained=reader.folder("PRETRAINED", home / "pretrained"),
        smtp=_smtp(reader),
    )
    if reader.problems:
        raise InputError("The environment holds settings that cannot be used.", reader.problems)
    return settings


def _default_home() -> Path:
    return (CHECKOUT if _is_checkout() else Path.cwd()) / ".forecast_platform"


def _is_checkout() -> bool:
    return (CHECKOUT / "pyproject.toml").exists()


def _smtp(reader: _Reader) -> SmtpSettings | None:
    host = reader.text("SMTP_HOST", "")
    if not host:
        return None
    return SmtpSettings(
        host=host,
        port=int(reader.number("SMTP_PORT", 587, least=1)),
        sender=reader.text("SMTP_SENDER", f"forecast-platform@{host}"),
        starttls=reader.flag("SMTP_STARTTLS", default=True),
        username=reader.text("SMTP_USERNAME", "") or None,
        password=reader.text("SMTP_PASSWORD", "") or None,
    )


class _Reader:
    """Reads ``FORECAST_PLATFORM_*`` variables and collects what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[Problem] = []

    def text(self, name: str, default: str) -> str:
        return self._environment.get(f"FORECAST_PLATFORM_{name}", "") or default

    def folder(self, name: str, default: Path) -> Path:
        return Path(self.text(name, str(default))).expanduser().absolute()

    def number(self, name: str, default: float, least: float) -> float:
        written = self.text(name, str(default))
        try:
            value = float(written)
        except ValueError:
            value = float("nan")
        if not value >= least:
            self._refuse(name, written, f"a number of at least {least:g}")
            return default
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        written = self.text(name, "true" if default else "false").lower()
        if written not in ("true", "false"):
            self._refuse(name, written, "true or false")
        return written == "true"

    def _refuse(self, name: str, written: str, expected: str) -> None:
        self.problems.append(Problem(f"environment variable FORECAST_PLATFORM_{name}", repr(written), expected))

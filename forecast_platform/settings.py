"""Every setting of the platform, read from the environment once and checked.

Belongs here: names of variables, their defaults and their checks. Does not belong here: what belongs to one
project (its ``defs.yaml``), secrets in clear text in any message.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from forecast_platform.aws.settings import AwsSettings, read_aws_settings
from forecast_platform.environment_reader import EnvironmentReader
from forecast_platform.errors import InputError

CHECKOUT = Path(__file__).resolve().parent.parent
DEFS = Path(__file__).resolve().parent / "defs"
SERVICES = ("local", "amazon_forecast")
_DEFAULT_SERVICES = {"local": "local", "aws": "amazon_forecast"}
"""Who trains and forecasts when nobody says it, by environment."""


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
        smtp: ``None`` = no mail.
        aws: What runs on AWS (``FORECAST_PLATFORM_ENV=aws``); ``None`` = everything is on this machine.
        service: Who trains and forecasts for projects that do not say it themselves: one of :data:`SERVICES`.
    """

    home: Path
    defs: Path = DEFS
    dashboard_url: str = "http://127.0.0.1:3001"
    settle_seconds: float = 3.0
    sensor_interval_seconds: int = 10
    ray_address: str | None = None
    pretrained: Path | None = None
    smtp: SmtpSettings | None = None
    aws: AwsSettings | None = None
    service: str = "local"

    @property
    def bucket_root(self) -> Path:
        return self.home / "bucket"

    @property
    def bucket_events(self) -> Path:
        return self.home / "bucket_events.sqlite"

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
    def told_topic(self) -> Path:
        return self.home / "told_topic.jsonl"

    @property
    def dagster_root(self) -> Path:
        return self.home / "dagster"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from ``environment`` (default: this process's).

    Raises:
        InputError: Variables whose values cannot be used, all of them.
    """
    reader = EnvironmentReader(os.environ if environment is None else environment)
    environment_name = reader.choice("ENV", "local", tuple(_DEFAULT_SERVICES))
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
        aws=read_aws_settings(reader) if environment_name == "aws" else None,
        service=reader.choice("SERVICE", _DEFAULT_SERVICES[environment_name], SERVICES),
    )
    _check_service(settings, reader)
    if reader.problems:
        raise InputError("The environment holds settings that cannot be used.", reader.problems)
    return settings


def _check_service(settings: Settings, reader: EnvironmentReader) -> None:
    if settings.service != "amazon_forecast":
        return
    if settings.aws is None:
        reader.refuse("SERVICE", "amazon_forecast", "local, or FORECAST_PLATFORM_ENV=aws beside it")
    elif settings.aws.forecast_role_arn is None and not reader.text("FORECAST_ROLE_ARN", ""):
        advice = "Or set FORECAST_PLATFORM_SERVICE=local: the embedded engine on the same bucket and tables."
        reader.refuse(
            "FORECAST_ROLE_ARN", "", "the ARN of the role with which Amazon Forecast reads the bucket", advice
        )


def _default_home() -> Path:
    return (CHECKOUT if _is_checkout() else Path.cwd()) / ".forecast_platform"


def _is_checkout() -> bool:
    return (CHECKOUT / "pyproject.toml").exists()


def _smtp(reader: EnvironmentReader) -> SmtpSettings | None:
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

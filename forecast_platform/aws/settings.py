"""The settings of the engines on AWS.

Belongs here: names of variables, defaults and checks. Does not belong here: keys, regions and endpoints, which are
boto3's to find (``AWS_*`` variables, profiles, roles).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from forecast_platform.bucket.keys import check_prefix
from forecast_platform.environment_reader import EnvironmentReader

_BUCKET = r"(s3://)?[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s]*)?"
_ROLE = r"arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]+"
_KEY = r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:(key|alias)/[\w/-]+"
_TOPIC = r"arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w-]+(\.fifo)?"
_QUEUE = r"https?://\S+"
_PRINCIPAL = r"arn:[a-z-]+:quicksight:[a-z0-9-]+:\d{12}:(user|group)/\S+"
_FIRST_POLL_SECONDS = 10.0
LONGEST_POLL_FACTOR = 12
"""The longest pause between two looks at a job, as a multiple of the first: 10 s and 120 s."""


@dataclass(frozen=True)
class AwsSettings:
    """What runs on AWS.

    Attributes:
        bucket: Name of the S3 bucket.
        prefix: Folder in it below which all projects are; empty = its root.
        kms_key_arn: Key that encrypts what is written; ``None`` = the bucket's own encryption.
        forecast_role_arn: Role that Amazon Forecast takes to read and write the bucket.
        athena_work_group: Work group of every query.
        athena_results: Where results go, ``s3://…``; ``None`` = where the work group puts them.
        topic_arn: SNS topic that is told of the end of runs; ``None`` = none.
        events_queue_url: SQS queue with the bucket's event notifications; ``None`` = the bucket is only listed.
        cloudwatch: Whether metrics go to CloudWatch.
        quicksight_principal_arn: QuickSight user or group that owns the dashboards; ``None`` = no QuickSight.
        deferred: A run that waits for a job of the service ends, and a sensor goes on when the job is done.
        stop_on_termination: A run that is terminated stops the job that it waits for; otherwise the job goes on, and
            the next run finds it.
        poll_seconds: First pause between two looks at a job; pauses grow to :data:`LONGEST_POLL_FACTOR` times it.
        deadline_hours: A job that takes longer is given up.
    """

    bucket: str
    prefix: str = ""
    kms_key_arn: str | None = None
    forecast_role_arn: str | None = None
    athena_work_group: str = "primary"
    athena_results: str | None = None
    topic_arn: str | None = None
    events_queue_url: str | None = None
    cloudwatch: bool = True
    quicksight_principal_arn: str | None = None
    deferred: bool = False
    stop_on_termination: bool = False
    poll_seconds: float = _FIRST_POLL_SECONDS
    deadline_hours: float = 24.0


def read_aws_settings(reader: EnvironmentReader) -> AwsSettings:
    """The settings; what cannot be used is in ``reader.problems``."""
    _require_packages(reader)
    expected = "the name of an S3 bucket, such as my-forecasts or s3://my-forecasts/team"
    written = reader.matching("BUCKET", _BUCKET, expected)
    if written is None and not reader.text("BUCKET", ""):
        reader.refuse("BUCKET", "", expected)
    bucket, _, prefix = (written or "unknown").removeprefix("s3://").partition("/")
    try:
        check_prefix(prefix.strip("/"))
    except ValueError as error:
        reader.refuse("BUCKET", written or "", expected, f"The {error}.")
    return AwsSettings(
        bucket=bucket,
        prefix=prefix.strip("/"),
        kms_key_arn=reader.matching("KMS_KEY_ARN", _KEY, "the ARN of a KMS key"),
        forecast_role_arn=reader.matching("FORECAST_ROLE_ARN", _ROLE, "the ARN of an IAM role"),
        athena_work_group=reader.text("ATHENA_WORK_GROUP", "primary"),
        athena_results=reader.matching("ATHENA_RESULTS", r"s3://\S+", "a place such as s3://my-results/athena/"),
        topic_arn=reader.matching("TOPIC_ARN", _TOPIC, "the ARN of an SNS topic"),
        events_queue_url=reader.matching("EVENTS_QUEUE_URL", _QUEUE, "the URL of an SQS queue"),
        cloudwatch=reader.flag("CLOUDWATCH", default=True),
        quicksight_principal_arn=reader.matching(
            "QUICKSIGHT_PRINCIPAL_ARN", _PRINCIPAL, "the ARN of a QuickSight user or group"
        ),
        deferred=reader.choice("JOBS", "wait", ("wait", "defer")) == "defer",
        stop_on_termination=reader.choice("ON_TERMINATION", "leave", ("leave", "stop")) == "stop",
        poll_seconds=reader.number("POLL_SECONDS", _FIRST_POLL_SECONDS, least=0.01),
        deadline_hours=reader.number("JOB_DEADLINE_HOURS", 24.0, least=0.0),
    )


def _require_packages(reader: EnvironmentReader) -> None:
    """Say at once what is missing, and not when a run first writes to the bucket."""
    missing = [package for package in ("boto3", "obstore") if find_spec(package) is None]
    if missing:
        advice = "Install them with: pip install 'forecast-platform[aws]'"
        reader.refuse("ENV", "aws", f"the packages of the extra `aws`; {' and '.join(missing)} cannot be found", advice)

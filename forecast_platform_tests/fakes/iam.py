"""Users of moto's IAM who may do exactly what a file in ``deploy/iam`` says.

Belongs here: making them. Does not belong here: what is in the files. Use it with ``moto_server.checked_rights``::

    keys = keys_for("runs.json", BucketName="my-forecasts", BucketPrefix="")
    with moto_server.checked_rights(aws):
        ...  # with the variables in ``keys`` set, and after forget_clients()

moto knows the resource of a call to S3 only; of any other it compares ``*``. It knows no condition's value, and takes
an operation and its endpoint for the name of the action. So a statement about other services is widened to all
resources, conditions are left out, and actions get moto's names; what is proved is that the actions suffice, and that
the limits on buckets and prefixes hold.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from forecast_platform_tests.fakes.moto_server import ACCOUNT, REGION

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "iam"
_CALLED = {
    "cloudwatch:PutMetricData": ["monitoring:PutMetricData"],
    "sqs:DeleteMessage": ["sqs:DeleteMessage", "sqs:DeleteMessageBatch"],
}
_PLACES = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}


def keys_for(file: str, **values: str) -> dict[str, str]:
    """Variables with the keys of a new user.

    Args:
        file: In ``deploy/iam``.
        values: Of its placeholders; for S3 they are ``BucketName`` and ``BucketPrefix``.

    The account is the one the environment points to, and its rights must not be checked yet.
    """
    import boto3

    iam, user = boto3.client("iam"), file.removesuffix(".json")
    iam.create_user(UserName=user)
    document = as_moto_understands(json.loads((FOLDER / file).read_text("utf-8")), {**_PLACES, **values})
    iam.put_user_policy(UserName=user, PolicyName=user, PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def as_moto_understands(policy: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """``policy`` with its placeholders filled in, without conditions, limited to resources for S3 only."""
    statements = []
    for statement in policy["Statement"]:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        is_about_s3 = all(action.startswith("s3:") for action in actions)
        filled = re.sub(r"\$\{([\w:.]+)\}", lambda found: values.get(found[1], found[0]), json.dumps(statement))
        one = json.loads(filled)
        one.pop("Condition", None)
        one["Action"] = [called for action in actions for called in _CALLED.get(action, [action])]
        statements.append(one if is_about_s3 else {**one, "Resource": "*"})
    return {**policy, "Statement": statements}

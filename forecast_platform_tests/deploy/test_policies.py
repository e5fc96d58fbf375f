"""The policies in ``deploy/iam``: those of the stack, enough for what the product calls, and no more."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from forecast_platform_tests.deploy.calls import actions_of_the_launcher, actions_of_the_product, job_reads
from forecast_platform_tests.deploy.policies import DOCUMENTS, FOLDER, policy, text
from forecast_platform_tests.deploy.template import CONDITIONS, in_words, resources

PERMISSIONS = [name for name, document in DOCUMENTS.items() if not document.is_trust]
_BY_ATHENA = {
    "glue:GetPartition",
    "glue:GetPartitions",
    "s3:GetBucketLocation",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
}
"""What Athena does in the name of whoever starts a query."""
_GOES_WITH_A_CALL = {
    "elasticfilesystem:ClientMount",  # the container's volume
    "elasticfilesystem:ClientWrite",
    "forecast:TagResource",  # tags in Create calls
    "iam:PassRole",  # roles in Create calls
    "kms:Decrypt",  # objects and messages that the key encrypts
    "kms:GenerateDataKey",
    "quicksight:PassDataSet",  # a data set in a dashboard
    "quicksight:PassDataSource",
}
_LIMITED_BY_NAMESPACE = "cloudwatch:PutMetricData"
"""Metrics have no ARN, though an action on them may name a data set of another kind."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_file_says_what_the_template_says(name: str) -> None:
    """Write them anew with ``python -m forecast_platform_tests.deploy.policies``."""
    assert (FOLDER / name).read_text("utf-8") == text(name)


def test_there_is_no_other_file() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(DOCUMENTS)


def test_runs_may_do_what_the_product_calls_and_nothing_else() -> None:
    needed = {action for action in actions_of_the_product() if not action.startswith("sqs:")}
    assert _allowed("runs.json") == needed | _BY_ATHENA | _GOES_WITH_A_CALL


def test_runs_without_amazon_forecast_may_not_call_it() -> None:
    missing = _allowed("runs.json") - _allowed("runs-embedded.json")
    assert {action.partition(":")[0] for action in missing} == {"forecast", "iam"}


def test_sensors_may_read_and_write_the_bucket_watch_jobs_take_events_and_tell_people() -> None:
    called = actions_of_the_product()
    of_services = {action for action in called if action.startswith(("s3:", "sns:", "sqs:"))} | job_reads()
    around = {action for action in _GOES_WITH_A_CALL if action.startswith(("elasticfilesystem:", "kms:"))}
    assert _allowed("sensors.json") == of_services | around
    assert _allowed("sensors-embedded.json") == _allowed("sensors.json") - job_reads()


def test_the_daemon_may_start_watch_and_stop_runs_and_nothing_else() -> None:
    pytest.importorskip("dagster_aws", reason="needs the extra `deploy`")
    with_a_call = {"ecs:TagResource", "iam:PassRole"}
    assert _allowed("launcher.json") == actions_of_the_launcher() | with_a_call


@pytest.mark.parametrize("name", PERMISSIONS)
def test_every_action_exists_and_is_limited_to_resources_wherever_that_is_possible(name: str) -> None:
    known = _known_actions()
    for statement in policy(name)["Statement"]:
        for action in _listed(statement["Action"]):
            service, _, operation = action.lower().partition(":")
            assert operation in known[service]["Actions"], action
            if action == _LIMITED_BY_NAMESPACE:
                assert "cloudwatch:namespace" in statement["Condition"]["StringLike"]
                continue
            can_be_limited = bool(known[service]["Actions"][operation].get("Resources"))
            assert can_be_limited == ("*" not in _listed(statement["Resource"])), action


@pytest.mark.parametrize("name", PERMISSIONS)
def test_a_role_is_lent_to_the_service_that_needs_it_only(name: str) -> None:
    for statement in policy(name)["Statement"]:
        if "iam:PassRole" in _listed(statement["Action"]):
            assert list(statement["Condition"]["StringEquals"]) == ["iam:PassedToService"]


def test_a_role_may_be_taken_for_this_account_only() -> None:
    everything = dict.fromkeys(CONDITIONS, True)
    for name, role in resources("AWS::IAM::Role"):
        for statement in in_words(role["Properties"]["AssumeRolePolicyDocument"], everything)["Statement"]:
            assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "${AWS::AccountId}"}, name


def test_the_policies_of_a_role_are_no_longer_than_iam_takes() -> None:
    everything = dict.fromkeys(CONDITIONS, True)
    for name, role in resources("AWS::IAM::Role"):
        inline = in_words(role["Properties"].get("Policies", []), everything)
        # Placeholders become ARNs; a hundred characters each are more than any of them has.
        written = "".join(json.dumps(one["PolicyDocument"], separators=(",", ":")) for one in inline)
        assert len(written) + 60 * written.count("${") < 10_240, name


def _allowed(name: str) -> set[str]:
    return {action for statement in policy(name)["Statement"] for action in _listed(statement["Action"])}


def _listed(one_or_more: Any) -> list[str]:
    return [one_or_more] if isinstance(one_or_more, str) else list(one_or_more)


@cache
def _known_actions() -> Any:
    """AWS's own list of actions and of what they can be limited to, by service; cfn-lint brings it."""
    pytest.importorskip("cfnlint", reason="needs cfn-lint")
    return json.loads((files("cfnlint.data.AdditionalSpecs") / "Policies.json").read_text("utf-8"))

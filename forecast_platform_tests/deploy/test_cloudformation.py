"""The stack: its containers get the variables that are read, and what holds data outlives it.

Its policies are in ``test_policies``; ``make lint`` has its grammar checked by cfn-lint and its safety by checkov.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from forecast_platform.settings import load_settings
from forecast_platform_tests.deploy import commands, settings_asked
from forecast_platform_tests.deploy.template import DEPLOY, in_words, resources, template

_CONDITIONS = dict.fromkeys(template()["Conditions"], True)
_LEFT_TO_THEIR_DEFAULTS = {
    "FORECAST_PLATFORM_ATHENA_RESULTS",  # the work group says it, and insists
    "FORECAST_PLATFORM_CLOUDWATCH",
    "FORECAST_PLATFORM_JOB_DEADLINE_HOURS",
    "FORECAST_PLATFORM_ON_TERMINATION",
    "FORECAST_PLATFORM_POLL_SECONDS",
}
_OF_THE_LAUNCHER = {"DAGSTER_RUN_TASK_DEFINITION"}
_FILLED_IN = {
    "AWS::AccountId": "123456789012",
    "AWS::Region": "eu-west-1",
    "BucketName": "my-forecasts",
    "BucketPrefix": "team/",
    "DomainName": "forecast.example.com",
    "EventsQueue": "https://sqs.eu-west-1.amazonaws.com/123456789012/events",
    "ForecastRole.Arn": "arn:aws:iam::123456789012:role/forecast",
    "Jobs": "defer",
    "KmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/1",
    "QuickSightPrincipalArn": "arn:aws:quicksight:eu-west-1:123456789012:user/default/somebody",
    "Service": "amazon_forecast",
    "Topic": "arn:aws:sns:eu-west-1:123456789012:topic",
    "WorkGroup": "forecasts",
}


def _containers() -> dict[str, Mapping[str, Any]]:
    found = {}
    for _, task in resources("AWS::ECS::TaskDefinition"):
        for container in in_words(task["Properties"]["ContainerDefinitions"], _CONDITIONS):
            found[container["Name"]] = container
    return found


def _environment(container: Mapping[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in container["Environment"]}


def _filled_in(placeholder: re.Match[str]) -> str:
    return _FILLED_IN[placeholder[1]]


def _given(container: str) -> set[str]:
    """Names of all variables of a container, secret ones too."""
    definition = _containers()[container]
    return set(_environment(definition)) | {one["Name"] for one in definition.get("Secrets", [])}


@pytest.mark.parametrize("container", ["run", "code-server", "dashboards"])
def test_containers_with_the_platform_get_every_setting_that_is_not_left_to_its_default(container: str) -> None:
    given = {name for name in _given(container) if name.startswith("FORECAST_PLATFORM_")}
    on_aws = settings_asked.by_the_platform("aws") - settings_asked.by_the_platform("local")
    assert given <= settings_asked.by_the_platform("aws")
    assert on_aws - given == _LEFT_TO_THEIR_DEFAULTS


@pytest.mark.parametrize("container", ["run", "code-server", "dashboards"])
def test_the_variables_of_a_container_are_settings_that_can_be_used(container: str) -> None:
    environment = _environment(_containers()[container])
    ours = {name: text for name, text in environment.items() if name.startswith("FORECAST_PLATFORM_")}
    settings = load_settings({name: re.sub(r"\$\{([\w:.]+)\}", _filled_in, text) for name, text in ours.items()})
    assert settings.service == "amazon_forecast"
    assert settings.dashboard_url == "https://dashboards.forecast.example.com"
    assert settings.aws is not None
    assert (settings.aws.bucket, settings.aws.prefix) == ("my-forecasts", "team")
    assert settings.aws.deferred
    assert settings.aws.topic_arn
    assert settings.aws.events_queue_url
    assert settings.aws.quicksight_principal_arn


def test_containers_of_dagster_get_what_its_files_ask_for() -> None:
    of_the_instance, of_the_workspace = (
        settings_asked.by_file(DEPLOY / f"{name}.yaml") for name in ("dagster", "workspace")
    )
    for container in ("webserver", "daemon"):
        assert of_the_instance | of_the_workspace <= _given(container), container
    for container in ("code-server", "run"):
        assert of_the_instance - _OF_THE_LAUNCHER <= _given(container), container


@pytest.mark.slow
def test_the_command_of_every_container_is_one_that_its_program_takes() -> None:
    for name, container in _containers().items():
        if name != "run":  # Dagster says what a run does
            commands.check(container["Command"])
        if "HealthCheck" in container:
            commands.check(container["HealthCheck"]["Command"][1:])


def test_containers_write_nothing_but_their_volumes_and_get_the_password_as_a_secret() -> None:
    for name, container in _containers().items():
        assert container["ReadonlyRootFilesystem"] is True, name
        assert not any("PASSWORD" in variable for variable in _environment(container)), name


def test_runs_and_sensors_share_one_home_that_belongs_to_the_user_of_the_image() -> None:
    homes = {
        name: mount["ContainerPath"]
        for name, container in _containers().items()
        for mount in container["MountPoints"]
        if mount["SourceVolume"] == "home"
    }
    assert homes == {
        name: _environment(_containers()[name])["FORECAST_PLATFORM_HOME"] for name in ("run", "code-server")
    }
    user = template()["Resources"]["Home"]["Properties"]["PosixUser"]
    assert f"USER {user['Uid']}:{user['Gid']}" in (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()


def test_there_is_never_a_second_daemon() -> None:
    daemon = template()["Resources"]["Daemon"]["Properties"]
    assert daemon["DesiredCount"] == 1
    assert daemon["DeploymentConfiguration"]["MaximumPercent"] == 100


def test_what_holds_data_outlives_the_stack() -> None:
    keeping = ("Retain", "RetainExceptOnCreate", "Snapshot")
    kept = {name for name, one in template()["Resources"].items() if one.get("DeletionPolicy") in keeping}
    assert kept >= {"Bucket", "AccessLogsBucket", "Database", "Files", "Users"}
    for name in kept:
        assert template()["Resources"][name]["UpdateReplacePolicy"] in ("Retain", "Snapshot"), name


def test_nothing_but_the_load_balancer_takes_connections_from_outside() -> None:
    for name, group in resources("AWS::EC2::SecurityGroup"):
        outside = [rule for rule in group["Properties"]["SecurityGroupIngress"] if "CidrIp" in rule]
        assert bool(outside) == (name == "LoadBalancerSecurityGroup"), name


def test_both_pages_ask_who_somebody_is_before_they_are_shown() -> None:
    for name, actions in (("Listener", "DefaultActions"), ("DashboardsRule", "Actions")):
        first = template()["Resources"][name]["Properties"][actions][0]["Fn::If"]
        assert [one["Type"] for one in first[1:]] == ["authenticate-oidc", "authenticate-cognito"], name

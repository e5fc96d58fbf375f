"""The step that has a project's dashboard in QuickSight: data source, data set, analysis, dashboard, in this order.

Belongs here: what depends on what, ids, the address. Does not belong here: calls (``account``), documents.
"""

from __future__ import annotations

from dataclasses import dataclass

from forecast_platform.aws.clients import client
from forecast_platform.aws.polling import Polling
from forecast_platform.aws.settings import AwsSettings
from forecast_platform.params import Params
from forecast_platform.quicksight import definition
from forecast_platform.quicksight.account import QuickSightAccount, Wanted
from forecast_platform.quicksight.kinds import ANALYSIS, DASHBOARD, DATA_SET, DATA_SOURCE

_LONGEST_FIRST_POLL = 2.0
"""Seconds; QuickSight is ready in a few, not in minutes as a job of Amazon Forecast."""
_DEADLINE = 600.0


@dataclass(frozen=True)
class QuickSightDashboard:
    """The dashboard.

    Attributes:
        dashboard_id: Also the id of everything else.
        url: For people who may see it.
        changes: What was done to what, e.g. ``dashboard`` -> ``updated``.
    """

    dashboard_id: str
    url: str
    changes: dict[str, str]


def resource_id(project: str) -> str:
    """The id of all resources of ``project``; QuickSight keeps those of each kind apart."""
    return f"forecast-platform-{project}"


def publish_dashboard(project: str, params: Params, settings: AwsSettings) -> QuickSightDashboard:
    """Create what is missing and update what is not as it should be; the tables are published before.

    Raises:
        PermanentError: QuickSight refuses or fails, with all of its reasons.
        TransientError: Trying again later can help.
    """
    if settings.quicksight_principal_arn is None:
        raise ValueError("there is no QuickSight principal")
    first = min(settings.poll_seconds, _LONGEST_FIRST_POLL)
    polling = Polling(first=first, longest=5 * first, deadline=_DEADLINE)
    account, its_id = QuickSightAccount(settings.quicksight_principal_arn, polling), resource_id(project)
    athena = definition.data_source(settings.athena_work_group)
    source = account.ensure(Wanted(DATA_SOURCE, its_id, athena, {"Type": "ATHENA"}))
    rows = account.ensure(Wanted(DATA_SET, its_id, definition.data_set(project, params, source.arn)))
    sheets = definition.definition(project, params, rows.arn)
    analysis = account.ensure(Wanted(ANALYSIS, its_id, sheets))
    dashboard = account.ensure(Wanted(DASHBOARD, its_id, sheets))
    done = {DATA_SOURCE: source, DATA_SET: rows, ANALYSIS: analysis, DASHBOARD: dashboard}
    return QuickSightDashboard(its_id, _url(its_id), {kind.noun: one.change for kind, one in done.items()})


def _url(dashboard_id: str) -> str:
    region = client("quicksight").meta.region_name
    return f"https://{region}.quicksight.aws.amazon.com/sn/dashboards/{dashboard_id}"

"""The four kinds of resources that a dashboard consists of, as the QuickSight API names them.

Belongs here: names of operations and members, the actions of an owner. Does not belong here: calls (``account``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind.

    Attributes:
        noun: For people.
        api: In the names of operations, members and replies, e.g. ``DataSource``.
        method: The same in boto3, e.g. ``data_source``.
        owner_actions: What an owner may do: one of the sets that QuickSight accepts.
    """

    noun: str
    api: str
    method: str
    owner_actions: tuple[str, ...]

    @property
    def id_member(self) -> str:
        return f"{self.api}Id"


DATA_SOURCE = Kind(
    "data source",
    "DataSource",
    "data_source",
    (
        "quicksight:DescribeDataSource",
        "quicksight:DescribeDataSourcePermissions",
        "quicksight:PassDataSource",
        "quicksight:UpdateDataSource",
        "quicksight:DeleteDataSource",
        "quicksight:UpdateDataSourcePermissions",
    ),
)
DATA_SET = Kind(
    "data set",
    "DataSet",
    "data_set",
    (
        "quicksight:DescribeDataSet",
        "quicksight:DescribeDataSetPermissions",
        "quicksight:PassDataSet",
        "quicksight:DescribeIngestion",
        "quicksight:ListIngestions",
        "quicksight:UpdateDataSet",
        "quicksight:DeleteDataSet",
        "quicksight:CreateIngestion",
        "quicksight:CancelIngestion",
        "quicksight:UpdateDataSetPermissions",
    ),
)
ANALYSIS = Kind(
    "analysis",
    "Analysis",
    "analysis",
    (
        "quicksight:RestoreAnalysis",
        "quicksight:UpdateAnalysisPermissions",
        "quicksight:DeleteAnalysis",
        "quicksight:DescribeAnalysisPermissions",
        "quicksight:QueryAnalysis",
        "quicksight:DescribeAnalysis",
        "quicksight:UpdateAnalysis",
    ),
)
DASHBOARD = Kind(
    "dashboard",
    "Dashboard",
    "dashboard",
    (
        "quicksight:DescribeDashboard",
        "quicksight:ListDashboardVersions",
        "quicksight:UpdateDashboardPermissions",
        "quicksight:QueryDashboard",
        "quicksight:UpdateDashboard",
        "quicksight:DeleteDashboard",
        "quicksight:DescribeDashboardPermissions",
        "quicksight:UpdateDashboardPublishedVersion",
    ),
)

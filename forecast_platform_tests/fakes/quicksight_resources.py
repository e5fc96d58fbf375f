"""Data sources, data sets, analyses and dashboards: what QuickSight holds, and what it says of them.

Belongs here: states, versions, tags, permissions, and what QuickSight finds wrong with a definition. Does not belong
here: HTTP and the shapes of requests (``quicksight``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

_KINDS = {"DataSource": "datasource", "DataSet": "dataset", "Analysis": "analysis", "Dashboard": "dashboard"}
"""Kinds and what they are called in ARNs."""
_ACTIONS = {
    "DataSource": "DescribeDataSource DescribeDataSourcePermissions PassDataSource UpdateDataSource DeleteDataSource "
    "UpdateDataSourcePermissions",
    "DataSet": "DescribeDataSet DescribeDataSetPermissions PassDataSet DescribeIngestion ListIngestions UpdateDataSet "
    "DeleteDataSet CreateIngestion CancelIngestion UpdateDataSetPermissions",
    "Analysis": "RestoreAnalysis UpdateAnalysisPermissions DeleteAnalysis DescribeAnalysisPermissions QueryAnalysis "
    "DescribeAnalysis UpdateAnalysis",
    "Dashboard": "DescribeDashboard ListDashboardVersions UpdateDashboardPermissions QueryDashboard UpdateDashboard "
    "DeleteDashboard DescribeDashboardPermissions UpdateDashboardPublishedVersion",
}
"""Of an owner; QuickSight takes whole sets of actions only."""
_NOW = datetime(2025, 11, 3, tzinfo=UTC)


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


@dataclass
class Resource:
    """One resource.

    Attributes:
        versions: The requests that made it what it is, with their outcome; only dashboards show more than the last.
        published: Number of the version of a dashboard that people see.
        looks: How often its newest version is still to be described as in progress.
    """

    kind: str
    arn: str
    versions: list[dict[str, Any]] = field(default_factory=list)
    published: int = 1
    looks: int = 0
    tags: dict[str, str] = field(default_factory=dict)
    owners: set[str] = field(default_factory=set)


class Resources:
    """Everything in the account.

    Attributes:
        failing: What goes wrong when a kind is created or updated next: errors as the API has them.
        slow: How many looks at something new see it in progress.
    """

    OPERATIONS: ClassVar[tuple[str, ...]] = (
        *(f"{verb}{kind}" for kind in _KINDS for verb in ("Create", "Describe", "Update")),
        *(f"Update{kind}Permissions" for kind in _KINDS),
        "UpdateDashboardPublishedVersion",
        "ListTagsForResource",
        "TagResource",
    )

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], Resource] = {}
        self.failing: dict[str, list[dict[str, Any]]] = {}
        self.slow = 1

    def do(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The reply of one operation."""
        if operation in ("ListTagsForResource", "TagResource"):
            resource = next((one for one in self.held.values() if one.arn == request["ResourceArn"]), None)
            if resource is None:
                raise RefusedError("ResourceNotFoundException", f"no resource {request['ResourceArn']}")
            resource.tags.update({tag["Key"]: tag["Value"] for tag in request.get("Tags", [])})
            tags = [{"Key": key, "Value": value} for key, value in resource.tags.items()]
            return {"Tags": tags} if operation == "ListTagsForResource" else {}
        kind = next(kind for kind in sorted(_KINDS, key=len, reverse=True) if kind in operation)
        key = (kind, request[f"{kind}Id"])
        if operation.startswith("Create"):
            return self._create(key, request)
        resource = self._existing(key)
        match operation.replace(kind, "", 1):
            case "Describe":
                return {kind: self._described(resource, key[1], _version(resource, request))}
            case "Update":
                return self._update(resource, key[1], request)
            case "UpdatePermissions":
                self._grant(resource, request["GrantPermissions"])
                return {}
            case _:
                return self._publish(resource, request["VersionNumber"])

    def _existing(self, key: tuple[str, str]) -> Resource:
        if key not in self.held:
            raise RefusedError("ResourceNotFoundException", f"{key[0]} {key[1]} is not found")
        return self.held[key]

    def _create(self, key: tuple[str, str], request: dict[str, Any]) -> dict[str, Any]:
        kind, its_id = key
        if key in self.held:
            raise RefusedError("ResourceExistsException", f"{kind} {its_id} exists")
        arn = f"arn:aws:quicksight:eu-west-1:{request['AwsAccountId']}:{_KINDS[kind]}/{its_id}"
        resource = Resource(kind, arn, tags={tag["Key"]: tag["Value"] for tag in request.get("Tags", [])})
        self._grant(resource, request.get("Permissions", []))
        self._add_version(resource, request, "CREATION")
        self.held[key] = resource
        return self._reply(resource, its_id)

    def _update(self, resource: Resource, its_id: str, request: dict[str, Any]) -> dict[str, Any]:
        if resource.looks:
            raise RefusedError("ConflictException", f"{resource.kind} {its_id} is in progress")
        self._add_version(resource, request, "CREATION" if resource.kind == "Dashboard" else "UPDATE")
        return self._reply(resource, its_id)

    def _add_version(self, resource: Resource, request: dict[str, Any], doing: str) -> None:
        errors = self.failing.pop(resource.kind, None) or self._errors(request)
        outcome = f"{doing}_{'FAILED' if errors else 'SUCCESSFUL'}"
        resource.versions.append({**request, "outcome": outcome, "errors": errors})
        resource.looks = 0 if resource.kind == "DataSet" else self.slow

    def _reply(self, resource: Resource, its_id: str) -> dict[str, Any]:
        reply = {"Arn": resource.arn, f"{resource.kind}Id": its_id}
        if resource.kind == "Dashboard":
            reply["VersionArn"] = f"{resource.arn}/version/{len(resource.versions)}"
        return reply

    def _described(self, resource: Resource, its_id: str, number: int) -> dict[str, Any]:
        shown = {f"{resource.kind}Id": its_id, "Arn": resource.arn, "CreatedTime": _NOW}
        if resource.kind == "DataSet":
            return shown
        version = resource.versions[number - 1]
        state: dict[str, Any] = {"Status": version["outcome"]}
        if number == len(resource.versions) and resource.looks:
            resource.looks -= 1
            state = {"Status": f"{version['outcome'].rpartition('_')[0]}_IN_PROGRESS"}
        elif version["errors"]:
            state |= (
                {"ErrorInfo": version["errors"][0]} if resource.kind == "DataSource" else {"Errors": version["errors"]}
            )
        return shown | ({"Version": state | {"VersionNumber": number}} if resource.kind == "Dashboard" else state)

    def _publish(self, resource: Resource, number: int) -> dict[str, Any]:
        if number > len(resource.versions) or not resource.versions[number - 1]["outcome"].endswith("_SUCCESSFUL"):
            raise RefusedError("InvalidParameterValueException", f"version {number} cannot be published")
        resource.published = number
        return {"DashboardArn": resource.arn}

    def _grant(self, resource: Resource, permissions: list[dict[str, Any]]) -> None:
        for permission in permissions:
            if sorted(permission["Actions"]) != sorted(f"quicksight:{one}" for one in _ACTIONS[resource.kind].split()):
                raise RefusedError(
                    "InvalidParameterValueException", "ResourcePermission list contains unsupported sets"
                )
            if not permission["Principal"].endswith("/planner"):
                raise RefusedError(
                    "InvalidParameterValueException", f"Principal {permission['Principal']} is not found"
                )
            resource.owners.add(permission["Principal"])

    def _errors(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """What is wrong with a definition, or with what a data set is made from."""
        tables = request.get("PhysicalTableMap", {}).values()
        known = {resource.arn for resource in self.held.values()}
        for arn in (table["CustomSql"]["DataSourceArn"] for table in tables):
            if arn not in known:
                raise RefusedError("InvalidParameterValueException", f"data source {arn} is not found")
        if "Definition" not in request:
            return []
        declared = {
            one["Identifier"]: one["DataSetArn"] for one in request["Definition"]["DataSetIdentifierDeclarations"]
        }
        missing = [arn for arn in declared.values() if arn not in known]
        if missing:
            return [{"Type": "DATA_SET_NOT_FOUND", "Message": f"{arn} is not found"} for arn in missing]
        return [
            {
                "Type": "COLUMN_REPLACEMENT_MISSING",
                "Message": f"no column {column}",
                "ViolatedEntities": [{"Path": path}],
            }
            for path, identifier, column in _columns(request["Definition"], "definition")
            if column not in self._columns_of(declared[identifier])
        ]

    def _columns_of(self, arn: str) -> set[str]:
        data_set = next(resource for resource in self.held.values() if resource.arn == arn)
        tables = data_set.versions[-1]["PhysicalTableMap"].values()
        return {column["Name"] for table in tables for column in table["CustomSql"]["Columns"]}


def _version(resource: Resource, request: dict[str, Any]) -> int:
    """Number of the version that is described: of a dashboard the published one, unless another is asked for."""
    newest = len(resource.versions)
    if resource.kind != "Dashboard" or request.get("AliasName") == "$LATEST":
        return newest
    return int(request.get("VersionNumber", resource.published))


def _columns(value: Any, path: str) -> list[tuple[str, str, str]]:
    """Path, data set and name of every column that a definition uses."""
    if isinstance(value, dict) and "ColumnName" in value:
        return [(path, value["DataSetIdentifier"], value["ColumnName"])]
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, one in parts for found in _columns(one, f"{path}.{name}")]

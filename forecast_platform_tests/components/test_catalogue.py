"""The shape of what this deployment runs, so that a change of shape shows in a diff.

``UPDATE_SNAPSHOTS=1 python -m pytest forecast_platform_tests/components/test_catalogue.py`` writes it anew.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from forecast_platform.definitions import defs

SNAPSHOT = Path(__file__).with_name("catalogue.json")
HEAVY = ("pandas", "numpy", "pyarrow", "duckdb", "great_expectations", "statsforecast", "matplotlib", "plotly")


def test_the_catalogue_is_the_reviewed_one() -> None:
    found = _catalogue()
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_definitions_load_without_heavy_libraries_credentials_or_network() -> None:
    script = (
        "import socket, sys\n"
        "def refuse(*_): raise OSError('no network while definitions load')\n"
        "socket.socket.connect = refuse\n"
        "from forecast_platform.definitions import defs\n"
        "defs()\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    environment = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment, timeout=120
    )
    assert done.stdout.strip() == "[]", done.stderr


def _catalogue() -> dict[str, object]:
    definitions = defs()
    graph = definitions.resolve_asset_graph()
    repository = definitions.get_repository_def()
    assets = {}
    for key in sorted(graph.get_all_asset_keys(), key=lambda one: one.path):
        node = graph.get(key)
        assets[key.to_user_string()] = {
            "group": node.group_name,
            "deps": sorted(parent.to_user_string() for parent in node.parent_keys),
            "kinds": sorted(node.kinds),
            "owners": sorted(node.owners),
            "description": node.description,
            "partitions": str(node.partitions_def),
            "checks": sorted(check.name for check in graph.get_check_keys_for_assets({key})),
        }
    return {
        "assets": assets,
        "jobs": sorted(job.name for job in repository.get_all_jobs() if not job.name.startswith("__")),
        "sensors": sorted(sensor.name for sensor in repository.sensor_defs),
        "schedules": sorted(schedule.name for schedule in repository.schedule_defs),
    }

"""DescribeDBEngineVersions: the versions that may be asked for in a Region."""

from typing import Any

from moto.core.responses import ActionResult

from . import cluster, db_instance
from .settings import default_parameter_group
from .wire import filters

_FAMILIES = {cluster.ENGINE: "Aurora PostgreSQL", db_instance.ENGINE: "PostgreSQL"}


def _describe_db_engine_versions(response: Any) -> ActionResult:
    filters(response)
    backend, params = response.backend, response.params
    versions = backend.plane.versions
    default = versions.default(backend.region_name)
    listed = [default] if params.get("DefaultOnly") else sorted(versions.known(backend.region_name))
    found = [
        {
            "Engine": engine,
            "EngineVersion": version,
            "MajorEngineVersion": version.split(".")[0],
            "DBParameterGroupFamily": default_parameter_group(version, engine).removeprefix("default."),
            "DBEngineDescription": words,
            "DBEngineVersionDescription": f"{words} {version}",
            "Status": "available",
        }
        for engine, words in _FAMILIES.items()
        for version in listed
        if params.get("Engine") in (None, engine) and params.get("EngineVersion") in (None, version)
    ]
    return ActionResult({"DBEngineVersions": found})


OPERATIONS = {"describe_db_engine_versions": _describe_db_engine_versions}
"""Operation, as moto spells it, to the function that answers it."""

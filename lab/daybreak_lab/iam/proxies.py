"""Which resources a call on a proxy needs: their ARNs hold generated ids, where the calls name them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.rds.models import RDSBackend

from daybreak_lab.identify import Call

_PROXY, _GROUP, _TARGETS = "proxy", "target-group", "targets"
_NEEDED = {
    "DescribeDBProxies": (_PROXY,),
    "DescribeDBProxyTargetGroups": (_PROXY,),
    "DescribeDBProxyTargets": (_PROXY, _GROUP),
    "RegisterDBProxyTargets": (_GROUP,),
    "DeregisterDBProxyTargets": (_TARGETS, _PROXY, _GROUP),
    "ModifyDBProxyTargetGroup": (_GROUP,),
    "DeleteDBProxy": (_PROXY,),
}


def resources(call: Call, backend: RDSBackend, arn: Callable[[str, str], str]) -> list[str] | None:
    """The ARNs that the call needs; None if it is not about a proxy. arn makes one from type and name."""
    needed = _NEEDED.get(call.action)
    if needed is None:
        return ["*"] if call.action == "CreateDBProxy" else None
    proxy: Any = backend.db_proxies.get(call.parameters.get("DBProxyName"))
    group = proxy.proxy_target_groups["default"] if proxy is not None else None
    found: list[str] = []
    for kind in needed:
        if kind == _TARGETS:
            for parameter, named in (("DBClusterIdentifiers", "cluster"), ("DBInstanceIdentifiers", "db")):
                found += [arn(named, name) for name in call.parameters.get(parameter) or []]
        elif kind == _PROXY:
            found.append(proxy.arn if proxy is not None else arn("db-proxy", "*"))
        else:
            found.append(group.arn if group is not None else arn("target-group", "*"))
    return found

"""Application Auto Scaling: targets and policies of Aurora's readers, kept and listed as AWS documents them.

Nothing scales. AWS's rules are from the API reference of RegisterScalableTarget, PutScalingPolicy and their kin.
"""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling import models, responses, urls
from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import JsonRESTError
from moto.rds.models import rds_backends

_ROLE = (
    "arn:aws:iam::{account}:role/aws-service-role/rds.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_RDSCluster"
)
_NOT_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}
_METRICS = {
    "RDSReaderAverageCPUUtilization": "CPUUtilization",
    "RDSReaderAverageDatabaseConnections": "DatabaseConnections",
}
_LONGEST_PAGE = 50


def install() -> None:
    """Puts the corrected models in moto's place. Call before the first request."""
    models.applicationautoscaling_backends.backend = CorrectedBackend
    models.FakeApplicationAutoscalingPolicy = Policy
    responses.ApplicationAutoScalingResponse.describe_scalable_targets = _describe_scalable_targets
    responses.ApplicationAutoScalingResponse.describe_scaling_policies = _describe_scaling_policies


class ObjectNotFoundException(JsonRESTError):
    """A target or policy that is not there."""

    def __init__(self, message: str) -> None:
        super().__init__("ObjectNotFoundException", message)


class Policy(models.FakeApplicationAutoscalingPolicy):
    """A policy, with the two alarms that AWS makes for one that tracks a metric of a cluster's readers."""

    def create_alarms(self) -> None:
        super().create_alarms()
        tracked = self.target_tracking_scaling_policy_configuration
        if self.service_namespace == "rds" and tracked is not None:
            self.alarms.extend(self._of_readers(tracked))

    def _of_readers(self, tracked: dict[str, Any]) -> list[Any]:
        predefined = tracked.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
        if predefined not in _METRICS:
            return []
        cluster = self.resource_id.removeprefix("cluster:")
        backend = cloudwatch_backends[self.account_id][self.region_name]
        return [
            backend.put_metric_alarm(
                name=f"TargetTracking-{self.resource_id}-Alarm{side}-{models.mock_random.uuid4()}",
                namespace="AWS/RDS",
                metric_name=_METRICS[predefined],
                metric_data_queries=[],
                comparison_operator=f"{operator}Threshold",
                evaluation_periods=periods,
                period=60,
                threshold=tracked["TargetValue"] * share,
                statistic="Average",
                description=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {self.policy_arn}.",
                dimensions=[
                    {"Name": "DBClusterIdentifier", "Value": cluster},
                    {"Name": "Role", "Value": "READER"},
                ],
                alarm_actions=[self.policy_arn],
            )
            for side, operator, periods, share in (("High", "GreaterThan", 5, 1.0), ("Low", "LessThan", 15, 0.9))
        ]


class CorrectedBackend(models.ApplicationAutoscalingBackend):
    """moto's backend with AWS's checks, and with targets taking their policies along."""

    @property
    def _url_module(self) -> Any:
        # moto derives the module of the routes from the class's own, which is not ours.
        return urls

    def register_scalable_target(
        self, namespace: str, r_id: str, dimension: str, min_capacity: int | None, max_capacity: int | None,
        role_arn: str, suspended_state: Any,
    ) -> models.FakeScalableTarget:  # fmt: skip
        new = not self._scalable_target_exists(r_id, dimension)
        if new and (min_capacity is None or max_capacity is None):
            raise AWSValidationException("MinCapacity and MaxCapacity are required to register a new scalable target.")
        if namespace == "rds":
            if r_id.removeprefix("cluster:").lower() not in rds_backends[self.account_id][self.region_name].clusters:
                raise AWSValidationException(f"DB cluster doesn't exist: {r_id}")
            role_arn = _ROLE.format(account=self.account_id)
        suspended = _NOT_SUSPENDED | (suspended_state or {}) if new or suspended_state else None
        return super().register_scalable_target(
            namespace, r_id, dimension, min_capacity, max_capacity, role_arn, suspended
        )

    def deregister_scalable_target(self, namespace: str, r_id: str, dimension: str) -> None:
        """Removes a target with its policies and scheduled actions."""
        self._target(namespace, r_id, dimension)
        super().deregister_scalable_target(namespace, r_id, dimension)
        own = (namespace, r_id, dimension)
        for policy in list(self.policies.values()):
            if (policy.service_namespace, policy.resource_id, policy.scalable_dimension) == own:
                self.delete_scaling_policy(policy.policy_name, *own)
        self.scheduled_actions = [
            one for one in self.scheduled_actions
            if (one.service_namespace, one.resource_id, one.scalable_dimension) != own
        ]  # fmt: skip

    def _target(self, namespace: str, r_id: str, dimension: str) -> None:
        if not self._scalable_target_exists(r_id, dimension):
            raise ObjectNotFoundException(
                f"No scalable target found for service namespace: {namespace}, resource ID: {r_id}, "
                f"scalable dimension: {dimension}"
            )

    def put_scaling_policy(
        self, policy_name: str, service_namespace: str, resource_id: str, scalable_dimension: str,
        policy_body: dict[str, Any], policy_type: str | None,
    ) -> models.FakeApplicationAutoscalingPolicy:  # fmt: skip
        self._target(service_namespace, resource_id, scalable_dimension)
        key = Policy.formulate_key(service_namespace, resource_id, scalable_dimension, policy_name)
        former = self.policies.get(key)
        if former is not None:
            former.delete_alarms(self.account_id, self.region_name)
        policy = super().put_scaling_policy(
            policy_name, service_namespace, resource_id, scalable_dimension, policy_body, policy_type or "StepScaling"
        )
        if former is not None:
            policy.policy_arn, policy.creation_time = former.policy_arn, former.creation_time
        return policy

    def delete_scaling_policy(
        self, policy_name: str, service_namespace: str, resource_id: str, scalable_dimension: str
    ) -> None:
        key = Policy.formulate_key(service_namespace, resource_id, scalable_dimension, policy_name)
        if key not in self.policies:
            raise ObjectNotFoundException(
                f"No scaling policy found for service namespace: {service_namespace}, resource ID: {resource_id}, "
                f"scalable dimension: {scalable_dimension}, policy name: {policy_name}"
            )
        super().delete_scaling_policy(policy_name, service_namespace, resource_id, scalable_dimension)


def _page(response: Any, listed: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """What is on the page asked for, and the token of the next one."""
    size = min(response._get_int_param("MaxResults") or _LONGEST_PAGE, _LONGEST_PAGE)
    token = response._get_param("NextToken") or "0"
    if not token.isdigit():
        raise AWSValidationException("Invalid NextToken")
    end = int(token) + size
    return listed[int(token) : end], ({"NextToken": str(end)} if end < len(listed) else {})


def _describe_scalable_targets(self: responses.ApplicationAutoScalingResponse) -> str:
    self._validate_params()
    found = self.applicationautoscaling_backend.describe_scalable_targets(
        self._get_param("ServiceNamespace"), self._get_param("ResourceIds"), self._get_param("ScalableDimension")
    )
    page, token = _page(self, [responses._build_target(one) for one in found])
    return json.dumps({"ScalableTargets": page} | token)


def _describe_scaling_policies(self: responses.ApplicationAutoScalingResponse) -> str:
    asked = {
        "policy_name": self._get_param("PolicyNames"),
        "service_namespace": [self._get_param("ServiceNamespace")],
        "resource_id": [self._get_param("ResourceId")] if self._get_param("ResourceId") else None,
        "scalable_dimension": [self._get_param("ScalableDimension")] if self._get_param("ScalableDimension") else None,
    }
    found = [
        policy
        for policy in self.applicationautoscaling_backend.policies.values()
        if all(not wanted or getattr(policy, name) in wanted for name, wanted in asked.items())
    ]
    page, token = _page(self, [responses._build_policy(one) for one in found])
    return json.dumps({"ScalingPolicies": page} | token)

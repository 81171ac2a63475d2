"""An IAM role of a cluster or instance, and how it comes to be active."""

from concurrent.futures import Future
from datetime import datetime
from typing import Any

from .transition import Transition, done

_FEATURES = {
    "aurora-postgresql": ("Bedrock", "Comprehend", "Lambda", "SageMaker", "s3Export", "s3Import"),
    "postgres": ("Lambda", "s3Export", "s3Import"),
}


class AssociatedRole:
    """A role as the descriptions of its owner show it."""

    def __init__(self, arn: str, feature: str | None) -> None:
        self.role_arn = arn
        self.feature_name = feature
        self.status = "PENDING"
        self.transition: Transition | None = None


def features_of(engine: str) -> tuple[str, ...]:
    """What a role may be for, in this engine."""
    return _FEATURES[engine]


def attach(backend: Any, owner: Any, arn: str, feature: str | None, work: "Future[object] | None" = None) -> None:
    """Gives a role to a cluster or instance, pending until work, if any, and the delay are over."""
    role = AssociatedRole(arn, feature)
    owner.associated_roles.append(role)
    outcome = backend.plane.delays.outcome("role")

    def settle(error: BaseException | None, _: datetime) -> None:
        role.status = outcome.status if outcome else "ACTIVE" if error is None else "INVALID"

    backend.begin(role, "PENDING", "role", work or done(), settle)

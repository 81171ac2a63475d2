"""An instance of an Aurora cluster as DescribeDBInstances shows it."""

import random
import string
from typing import Any

from moto.rds import models

from .insights import checked, set_on
from .transition import Transition

DEFAULT_CA = "rds-ca-rsa2048-g1"


class DBInstanceClustered(models.DBInstanceClustered):
    """moto's record of a cluster's instance. All instances of a cluster share its one server."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("ca_certificate_identifier", DEFAULT_CA)
        super().__init__(**settings)
        self.status = "creating"
        self.transition: Transition | None = None
        self.dbi_resource_id = "db-" + "".join(random.choices(string.ascii_uppercase + string.digits, k=26))
        self.pending: dict[str, Any] = {}
        self.future_identifier: str | None = None
        # Roles are the cluster's.
        self._associated_roles: list[Any] = []
        inherited = self.backend.plane.unconfirmed.is_("cluster_insights", "inherited")
        set_on(self, checked(settings, self.cluster if inherited else None, self.backend.settings, True))

    @property
    def is_ready(self) -> bool:
        """Whether the instance has come up and is not going away."""
        return self.status in ("available", "modifying") and self.cluster.volume.open_for_clients

    @property
    def address(self) -> str:
        return self.cluster.host

    @property
    def endpoint(self) -> dict[str, Any] | None:
        if not self.is_ready:
            return None
        return {"Address": self.address, "Port": self.cluster.port, "HostedZoneId": self.cluster.hosted_zone_id}

    @property
    def db_instance_port(self) -> int:
        # Aurora leaves DbInstancePort at 0; the port is in Endpoint.
        return 0

    @property
    def latest_restorable_time(self) -> None:
        # The window is the cluster's.
        return None

    @property
    def database_insights_mode(self) -> str:
        return self.cluster.database_insights_mode

    @database_insights_mode.setter
    def database_insights_mode(self, _: str) -> None:
        """The mode is the cluster's."""

    @property
    def iam_database_authentication_enabled(self) -> bool:
        return self.cluster.iam_database_authentication_enabled

    @property
    def pending_modified_values(self) -> dict[str, Any]:
        return self.pending

    @property
    def certificate_details(self) -> dict[str, Any]:
        return {"CAIdentifier": self.ca_certificate_identifier, "ValidTill": self.cluster.plane.authority.not_after}

    def save_automated_backup(self) -> None:
        """Makes no snapshot record: backups are the cluster's."""

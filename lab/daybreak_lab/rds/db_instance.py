"""An RDS for PostgreSQL instance, no cluster's member, as DescribeDBInstances shows it."""

import random
import string
from datetime import datetime
from typing import Any

from moto.rds import models

from .insights import checked, set_on
from .instance import DEFAULT_CA
from .settings import maintenance_window
from .stored import Stored

ENGINE = "postgres"
_UP = ("available", "modifying", "backing-up", "resetting-master-credentials", "configuring-iam-database-auth")


class DBInstance(Stored, models.DBInstance):
    """moto's record of an instance, with status, endpoint and window taken from the data plane."""

    def __init__(self, backend: Any, **settings: Any) -> None:
        settings.setdefault("ca_certificate_identifier", DEFAULT_CA)
        settings.setdefault("license_model", "postgresql-license")
        settings.setdefault("storage_type", "gp2")
        settings.setdefault("preferred_maintenance_window", maintenance_window(settings.get("preferred_backup_window")))
        # AWS keeps each engine's default option group in every Region; moto knows only those that somebody made.
        if (settings.get("option_group_name") or "").startswith(f"default:{ENGINE}-"):
            del settings["option_group_name"]
        super().__init__(backend, **settings)
        self.status = "creating"
        self.dbi_resource_id = "db-" + "".join(random.choices(string.ascii_uppercase + string.digits, k=26))
        self.url_identifier = "".join(random.choices(string.ascii_lowercase + string.digits, k=12))
        self.settle_in(f"*.{self.url_identifier}.{self.region}.rds.amazonaws.com")
        self.future_identifier: str | None = None
        self.keeps_own_backups = False
        self.source: DBInstance | None = None
        """What this instance is a read replica of."""
        self.broken: str | None = None
        """Why the replication has stopped, if it has."""
        self.read_replica_db_cluster_identifiers: list[str] = []
        set_on(self, checked(settings, None, backend.settings))
        self.engine_lifecycle_support = settings.get("engine_lifecycle_support") or "open-source-rds-extended-support"

    @property
    def data_id(self) -> str:
        return self.dbi_resource_id

    @property
    def subnet_group_name(self) -> str:
        """moto's own property of the name can only be written."""
        return self._db_subnet_group_name or "default"

    @property
    def vpc_id(self) -> str:
        return self.backend.settings.subnet_group(self.subnet_group_name).vpc_id

    @property
    def is_ready(self) -> bool:
        """Whether the instance has come up and is not going away."""
        return self.status in _UP and self.volume.open_for_clients

    @property
    def address(self) -> str:
        return self.host

    @property
    def endpoint(self) -> dict[str, Any] | None:
        # As on AWS, the endpoint stays in the description while the instance restarts.
        if self.status in ("creating", "deleting"):
            return None
        return {"Address": self.host, "Port": self.port, "HostedZoneId": "Z00000000LAB"}

    @property
    def db_instance_port(self) -> int:
        return 0

    @property
    def earliest_restorable_time(self) -> datetime | None:
        """Not among what DescribeDBInstances tells; the automated backup does."""
        return self.window[0] if self.backup_retention_period else None

    @property
    def latest_restorable_time(self) -> datetime | None:
        return self.window[1] if self.backup_retention_period else None

    @property
    def pending_modified_values(self) -> dict[str, Any]:
        return self.pending

    @property
    def certificate_details(self) -> dict[str, Any]:
        return {"CAIdentifier": self.ca_certificate_identifier, "ValidTill": self.plane.authority.not_after}

    @property
    def status_infos(self) -> list[dict[str, Any]]:
        """The state of the replication, of a read replica only."""
        if self.source is None:
            return []
        told = {"Status": "error", "Message": self.broken} if self.broken else {"Status": "replicating"}
        return [{"StatusType": "read replication", "Normal": self.broken is None, **told}]

    def save_automated_backup(self) -> None:
        """Makes no snapshot record: the volume's base backups and archive are the automated backup."""

"""Where everything is measured: one lab with the lender's database, daybreak, and the AWS CLI beside it."""

import json
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from demo.lab import Lab
from demo.loanserve import SECRET, Loanserve
from demo.tool import Tool

# What the lab takes for a restore and for an instance: the provider's own time.
RESTORE_SECONDS = 20.0
INSTANCE_SECONDS = 15.0
_FAST_SECONDS = 0.5


@dataclass(frozen=True)
class Scene:
    """The lab, the database in it, and the tools."""

    lab: Lab
    source: Loanserve
    tool: Tool

    @classmethod
    def set_up(cls, lab, binary, home):
        """Makes the database; ``home`` is an empty directory."""
        source = Loanserve(lab)
        source.create()
        # Nothing to watch: the measurement ends with the work. Nobody writes most of the time.
        source.write_profile(home / "daybreak.toml", watch="0s", newest_within="1d", pointers=source.by_secret())
        return cls(lab, source, Tool(binary, home, lab))

    def take(self, *, provider_time):
        """Has the lab take the provider's time from now on, or next to none."""
        if provider_time:
            self.lab.set_delays(restore=RESTORE_SECONDS, instance=INSTANCE_SECONDS)
        else:
            self.lab.set_delays(restore=_FAST_SECONDS, instance=_FAST_SECONDS)

    def moment(self):
        """The next second as text, once the database can be restored to it: all that was done before is there."""
        now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
        self.source.await_restorable(now)
        return f"{now:%Y-%m-%dT%H:%M:%SZ}"

    def aws(self, *arguments, of="rds"):
        """Runs ``aws rds ARGUMENTS``, or those of another service, and returns what it printed."""
        # The endpoint is given outright: in some Regions the AWS CLI ignores AWS_ENDPOINT_URL for RDS.
        command = ["aws", "--endpoint-url", self.lab.endpoint, "--region", self.lab.region, of, *arguments]
        environment = {"HOME": str(self.tool.home), "AWS_EC2_METADATA_DISABLED": "true"}
        return _printed(command, environment)

    def psql(self, host, query):
        """One value by psql, with the login that the secret holds."""
        login = json.loads(self.lab.client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"])
        passwords = self.tool.home / "pgpass"
        passwords.touch(mode=0o600)
        passwords.write_text(f"*:*:*:*:{login['password']}\n")
        environment = {
            "PGPASSFILE": str(passwords),
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": self.lab.ca,
            "PGUSER": login["username"],
            "PGDATABASE": login["dbname"],
            "PGPORT": str(login["port"]),
            "PGHOST": host,
        }
        return _printed(["psql", "-XAtc", query], environment)


def _printed(command, environment):
    done = subprocess.run(
        command,
        env={"PATH": os.environ["PATH"]} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}: {done.stderr}")
    return done.stdout.strip()

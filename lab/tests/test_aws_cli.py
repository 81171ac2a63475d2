"""The AWS CLI drives the lab as an operator would: it is not shaped to one client."""

import json
import os
import shutil
import subprocess

import pytest
from labs import DATABASE, MASTER, PASSWORD

AWS = shutil.which("aws")
pytestmark = pytest.mark.skipif(AWS is None, reason="the aws command is not installed")


@pytest.fixture
def aws(start_lab, tmp_path):
    """Runs ``aws rds`` with arguments against a lab of its own and returns exit code and parsed output."""
    lab = start_lab("--lag", "0.2")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": lab.region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def run(*arguments, fails=False):
        # Given outright, since CLI v1 ignores AWS_ENDPOINT_URL for RDS in some Regions.
        command = [AWS, "--endpoint-url", lab.endpoint, "--output", "json", "rds", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode != 0) == fails, done.stderr
        return json.loads(done.stdout) if done.stdout else done.stderr

    run.lab = lab
    return run


# The CLI's waiters look once and then sleep for 30 seconds, so each is called when it need look only once.
def test_create_restore_and_describe(aws, tmp_path):
    # The password goes through a file, as it should for a person.
    request = tmp_path / "cluster.json"
    request.write_text(
        json.dumps(
            {
                "DBClusterIdentifier": "cli",
                "Engine": "aurora-postgresql",
                "MasterUsername": MASTER,
                "MasterUserPassword": PASSWORD,
                "DatabaseName": DATABASE,
            }
        )
    )
    created = aws("create-db-cluster", "--cli-input-json", f"file://{request}")["DBCluster"]
    assert created["Status"] == "creating"
    aws.lab.await_cluster("cli")
    instance = ["--db-instance-class", "db.r6g.large", "--engine", "aurora-postgresql"]
    aws("create-db-instance", "--db-instance-identifier", "cli-1", "--db-cluster-identifier", "cli", *instance)
    aws.lab.await_instance("cli-1")
    aws("wait", "db-instance-available", "--db-instance-identifier", "cli-1")
    source = aws.lab.database("cli")
    source.rows("CREATE TABLE loans AS SELECT generate_series(1, 100) AS id;")
    good = source.now()
    source.rows("DELETE FROM loans;")
    aws.lab.await_restorable("cli", good)

    time = good.isoformat().replace("+00:00", "Z")
    aws(
        "restore-db-cluster-to-point-in-time", "--source-db-cluster-identifier", "cli",
        "--db-cluster-identifier", "cli-restored", "--restore-to-time", time,
    )  # fmt: skip
    aws.lab.await_cluster("cli-restored")
    aws("wait", "db-cluster-available", "--db-cluster-identifier", "cli-restored")
    writer = ["--db-instance-identifier", "cli-r1", "--db-cluster-identifier", "cli-restored"]
    aws("create-db-instance", *writer, *instance)
    aws.lab.await_instance("cli-r1")
    aws("wait", "db-instance-available", "--db-instance-identifier", "cli-r1")

    described = aws("describe-db-clusters", "--db-cluster-identifier", "cli-restored")["DBClusters"][0]
    assert described["Status"] == "available" and described["DBClusterMembers"][0]["IsClusterWriter"]
    assert aws.lab.database("cli-restored").rows("SELECT count(*) FROM loans;") == ["100"]
    assert source.rows("SELECT count(*) FROM loans;") == ["0"]

    aws("delete-db-instance", "--db-instance-identifier", "cli-r1", "--skip-final-snapshot")
    aws("wait", "db-instance-deleted", "--db-instance-identifier", "cli-r1")
    aws("delete-db-cluster", "--db-cluster-identifier", "cli-restored", "--skip-final-snapshot")
    aws("wait", "db-cluster-deleted", "--db-cluster-identifier", "cli-restored")
    absent = aws("describe-db-clusters", "--db-cluster-identifier", "cli-restored", fails=True)
    assert "DBClusterNotFoundFault" in absent


def test_an_error_carries_its_code(aws):
    refused = aws(
        "restore-db-cluster-to-point-in-time", "--source-db-cluster-identifier", "absent",
        "--db-cluster-identifier", "x", "--use-latest-restorable-time", fails=True,
    )  # fmt: skip

    assert "(DBClusterNotFoundFault)" in refused

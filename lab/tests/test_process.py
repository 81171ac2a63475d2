"""The lab as a process: one ready line, no process left behind, several side by side, root and ordinary user."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from labs import UP, processes_under, until

SYSTEM_PYTHON = Path("/usr/bin/python3")
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]


def failed_start(*arguments):
    """Exit code, stdout and stderr of a lab that cannot start."""
    done = subprocess.run([str(UP), *arguments], capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_without_leaving_process_or_directory(start_lab, number):
    lab = start_lab()
    cluster = lab.create_cluster("here")
    lab.create_writer("here")
    assert processes_under(lab.home / "clusters" / cluster["DbClusterResourceId"])
    home = lab.home

    pids = processes_under(home)
    lab.process.send_signal(number)
    out, err = lab.process.communicate(timeout=300)

    assert (lab.process.returncode, out, err) == (0, "", "")
    assert not home.exists()
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


def test_kill_leaves_no_process(start_lab):
    lab = start_lab()
    lab.create_cluster("here")
    database = lab.create_writer("here")
    with subprocess.Popen(
        ["sleep", "3600"], stdout=subprocess.DEVNULL
    ) as bystander:  # Not of the lab, so it must survive.
        code, _, _, left = lab.stop(signal.SIGKILL)
        survived = bystander.poll() is None
        bystander.kill()

    assert (code, left, survived) == (-signal.SIGKILL, [], True)
    with socket.socket() as client:
        assert client.connect_ex((database.address, database.port)) != 0


def test_kill_amid_a_restore_leaves_no_process(start_lab):
    lab = start_lab()
    lab.create_cluster("here")
    lab.rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier="here", DBClusterIdentifier="there", UseLatestRestorableTime=True
    )
    files = lab.home / "clusters" / lab.cluster("there")["DbClusterResourceId"]
    until((files / "data" / "PG_VERSION").exists, "the recovery's start")

    code, _, _, left = lab.stop(signal.SIGKILL)

    assert (code, left) == (-signal.SIGKILL, [])


def test_two_labs_side_by_side_do_not_meet(start_lab):
    first, second = start_lab(), start_lab("--region", "us-west-2")
    assert first.endpoint != second.endpoint and second.region == "us-west-2"
    for lab in (first, second):
        lab.create_cluster("same")
    databases = [lab.create_writer("same") for lab in (first, second)]
    for number, database in enumerate(databases):
        database.rows(f"CREATE TABLE own AS SELECT {number} AS lab;")

    assert databases[0].address != databases[1].address
    assert [database.rows("SELECT lab FROM own;") for database in databases] == [["0"], ["1"]]
    assert first.stop() == (0, "", "", [])
    assert databases[1].rows("SELECT lab FROM own;") == ["1"]


def test_a_given_directory_is_kept_and_used_again(start_lab):
    # Not under tmp_path, which the user that runs PostgreSQL for root may not enter.
    directory = Path("/tmp") / f"daybreak-lab-test-{os.getpid()}"
    lab = start_lab("--dir", str(directory))
    assert lab.ca == str(directory / "ca.pem")
    busy = failed_start("--dir", str(directory))
    lab.process.terminate()
    lab.process.wait(300)
    authority = (directory / "ca.pem").read_text()

    again = start_lab("--dir", str(directory))

    assert busy[:2] == (1, "") and "another lab runs there" in busy[2]
    assert Path(again.ca).read_text() != authority
    assert again.rds.describe_db_clusters()["DBClusters"] == []


def test_a_directory_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")

    assert failed_start("--dir", str(tmp_path)) == (
        1,
        "",
        f"lab/up: failed to use {tmp_path} as lab directory: it is not empty and no lab's\n",
    )
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_a_port_in_use_is_refused(start_lab):
    lab = start_lab()
    port = lab.endpoint.rsplit(":", 1)[1]

    assert failed_start("--port", port) == (
        1,
        "",
        f"lab/up: failed to listen on 127.0.0.1:{port}: Address already in use\n",
    )


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--delays", "/absent.toml"], "/absent.toml"),
        (["--lag", "0"], "--lag"),
        (["--port", "70000"], "--port"),
        (["--unknown"], "--unknown"),
    ],
)
def test_bad_arguments_are_named(arguments, word):
    code, out, err = failed_start(*arguments)

    assert code in (1, 2) and out == "" and word in err


def test_a_missing_environment_names_the_command_that_makes_it(tmp_path):
    environment = {**os.environ, "DAYBREAK_LAB_VENV": str(tmp_path)}
    done = subprocess.run([str(UP)], env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1 and "make lab" in done.stderr


def environment_for_nobody(directory):
    """A virtual environment that an ordinary user can use, or None."""
    own = Path(sys.prefix)
    # Through a shell: setpriv itself still has root's ways when it looks the program up.
    probe = [*NOBODY, "sh", "-c", 'exec "$0" -c ""', str(own / "bin/python")]
    if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        return own
    # The interpreter behind this environment is root's own. The system's can use the same packages if it is of the
    # same version and may read them.
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = own / "lib" / f"python{version}" / "site-packages"
    probe = f"import sys; sys.path.append({str(packages)!r}); import moto; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([*NOBODY, str(SYSTEM_PYTHON), "-c", probe], capture_output=True, text=True, check=False)
    if answer.stdout.strip() != version:
        return None
    subprocess.run([str(SYSTEM_PYTHON), "-m", "venv", "--without-pip", str(directory)], check=True)
    site = directory / "lib" / f"python{version}" / "site-packages" / "lab.pth"
    site.write_text(f"{packages}\n")
    directory.chmod(0o755)
    return directory


def test_runs_as_an_ordinary_user(start_lab):
    if os.geteuid() != 0:
        pytest.skip("already an ordinary user: every other test shows it")
    directory = Path("/tmp") / f"daybreak-lab-venv-{os.getpid()}"
    venv = environment_for_nobody(directory)
    if venv is None:
        pytest.skip("no Python with the lab's packages that the user nobody may run")
    try:
        lab = start_lab(
            "--lag", "0.2", command=NOBODY, environment={"DAYBREAK_LAB_VENV": str(venv), "HOME": "/nonexistent"}
        )
        lab.create_cluster("modest")
        database = lab.create_writer("modest")
        database.rows("CREATE TABLE t AS SELECT 1 AS id;")
        lab.await_restorable("modest", database.now())
        restored = lab.restore("modest", "modest-2", UseLatestRestorableTime=True)
        owners = {os.stat(f"/proc/{pid}").st_uid for pid in processes_under(lab.home)}

        assert restored.rows("SELECT id FROM t;") == ["1"]
        assert owners == {65534}
        assert lab.stop() == (0, "", "", [])
    finally:
        subprocess.run(["rm", "-rf", str(directory)], check=True)

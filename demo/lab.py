"""A lab as a child process, and clients of it."""

import json
import subprocess
import urllib.request
from pathlib import Path

import boto3

_UP = Path(__file__).parents[1] / "lab" / "up"
_STOP_SECONDS = 60

# The lab lets any key do anything; daybreak's own copy goes into a credentials file.
ACCESS_KEY = "demo"
SECRET_KEY = "demo"


class Lab:
    """A running lab; as a context manager it is stopped at the end, with all its data."""

    def __init__(self, *arguments):
        # A session of its own keeps the terminal's Ctrl-C away, so that the lab goes last; the death signal takes it
        # along if this process is killed.
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", str(_UP), *arguments],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            ready = self._process.stdout.readline()
            if not ready:
                raise RuntimeError("the lab did not start")
            answer = json.loads(ready)
        except BaseException:
            self.stop()
            raise
        self.endpoint = answer["endpoint"]
        self.region = answer["region"]
        self.ca = answer["ca"]
        self.dns = answer["dns"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends the lab and everything in it."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def client(self, service):
        """An SDK client of the lab. It may be used by one thread only."""
        return boto3.session.Session().client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def back_up(self, cluster):
        """Takes a base backup now; later recoveries replay from here only."""
        self._control("POST", "backup", {"cluster": cluster})

    def set_delays(self, **seconds):
        """How long operations take that start from now on."""
        self._control("POST", "delays", seconds)

    def forget_calls(self):
        """Starts the list of calls anew."""
        self._control("DELETE", "calls")

    def calls(self):
        """The API calls received since ``forget_calls``, oldest first."""
        return self._control("GET", "calls")["calls"]

    def _control(self, method, path, document=None):
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self.endpoint}/_lab/{path}", data=body, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

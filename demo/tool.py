"""daybreak as a person at a shell would have it: a home with credentials and a profile, and a terminal."""

import json
import os
import subprocess
import tempfile
import time

from .lab import ACCESS_KEY, SECRET_KEY

_PASSED_ON = ("PATH", "TERM", "LANG", "LC_ALL", "TZ", "COLUMNS", "NO_COLOR", "COLORFGBG")
_FINISH_SECONDS = 15
_LOOK_SECONDS = 0.005


class Tool:
    """daybreak, called from a home directory."""

    def __init__(self, binary, home, lab):
        self._binary = str(binary)
        self.home = home
        credentials = home / ".aws" / "credentials"
        credentials.parent.mkdir()
        credentials.touch(mode=0o600)
        credentials.write_text(f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
        self._environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
            "HOME": str(home),
            "AWS_ENDPOINT_URL": lab.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "DAYBREAK_STATE": str(home / "state"),
        }

    def start(self, *arguments, **options):
        """Starts ``daybreak ARGUMENTS`` with the options of ``subprocess.Popen``."""
        return subprocess.Popen(
            [self._binary, *arguments], cwd=self.home, env=self._environment, stdin=subprocess.DEVNULL, **options
        )

    def show(self, *arguments):
        """Runs it before the person's eyes; the exit code."""
        process = self.start(*arguments)
        try:
            return process.wait()
        except BaseException as end:
            # A Ctrl-C has reached it too; a second signal would keep it from finishing the call under way.
            if not isinstance(end, KeyboardInterrupt):
                process.terminate()
            try:
                process.wait(_FINISH_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
            raise

    def text(self, *arguments):
        """Runs it and returns what it printed as its result; raises if it failed."""
        with self.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            out, err = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"daybreak {' '.join(arguments)}: exit {process.returncode}: {err}")
        return out

    def result(self, *arguments):
        """The same as one JSON document."""
        return json.loads(self.text(*arguments, "--output", "json"))

    def events(self, *arguments):
        """Runs it to whatever end; its exit code, and its events."""
        with self.start(
            *arguments, "--output", "json-lines", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            out, _ = process.communicate()
        return process.returncode, [json.loads(line) for line in out.splitlines()]

    def timed(self, *arguments):
        """Runs it; the seconds it took, its highest memory in bytes, and its JSON document."""
        with tempfile.TemporaryFile("w+") as out:
            started = time.monotonic()
            process = self.start(*arguments, "--output", "json", stdout=out, stderr=subprocess.DEVNULL)
            peak = 0
            while process.poll() is None:
                peak = max(peak, _high_water(process.pid))
                time.sleep(_LOOK_SECONDS)
            seconds = time.monotonic() - started
            out.seek(0)
            printed = out.read()
        if process.returncode != 0:
            raise RuntimeError(f"daybreak {' '.join(arguments)}: exit {process.returncode}: {printed}")
        return seconds, peak, json.loads(printed)


def _high_water(pid):
    """The kernel's high-water mark of a process's memory in bytes; zero if it has ended."""
    # A child's ru_maxrss would include this process, from which it was forked.
    try:
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0

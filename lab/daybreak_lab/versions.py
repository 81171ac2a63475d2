"""Engine versions: the PostgreSQL installed, and the version each Region gives to who names none."""

import re
import threading

_VERSION = re.compile(r"\d{1,2}\.\d{1,3}")


class VersionsError(Exception):
    """The versions given are not understood; the message names the Region."""


class Versions:
    """What EngineVersion may be. Whatever a database is recorded as, the server behind it is the one installed."""

    def __init__(self, installed: str) -> None:
        self.installed = installed
        self._lock = threading.Lock()
        self._defaults: dict[str, str] = {}

    def default(self, region: str) -> str:
        """The version of what is created there, or restored from a snapshot, without EngineVersion."""
        with self._lock:
            return self._defaults.get(region, self.installed)

    def known(self, region: str) -> set[str]:
        """Every version that may be asked for there."""
        return {self.installed, self.default(region)}

    def change(self, defaults: object) -> None:
        """Sets the default of the Regions given; None makes it the installed version again. All or nothing."""
        if not isinstance(defaults, dict):
            raise VersionsError("expected an object of versions per Region")
        major = self.installed.split(".")[0]
        for region, version in defaults.items():
            if version is None:
                continue
            if not isinstance(version, str) or not _VERSION.fullmatch(version) or version.split(".")[0] != major:
                raise VersionsError(f"{region}: expected a version such as {major}.99, got {version!r}")
        with self._lock:
            for region, version in defaults.items():
                if version is None:
                    self._defaults.pop(region, None)
                else:
                    self._defaults[region] = version

    def describe(self) -> dict[str, object]:
        """The version installed and the defaults that differ from it."""
        with self._lock:
            return {"installed": self.installed, "defaults": dict(self._defaults)}

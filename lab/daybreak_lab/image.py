"""A moment of a database kept by itself: what snapshots are made of. Knows nothing of moto."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Protocol

from .postgres import Programs


class Origin(Protocol):
    """What a recovery can start from: a volume, or an image of one."""

    def link_into(self, home: Path, target: datetime) -> None:
        """Hard-links a base backup and the WAL archive, enough to recover to target, into home."""


class Image:
    """One moment (naive UTC), complete: neither its source's deletion nor that of a copy touches it."""

    def __init__(self, programs: Programs, home: Path, moment: datetime) -> None:
        self._programs = programs
        self._home = home
        self.moment = moment

    @classmethod
    def take(cls, programs: Programs, home: Path, origin: Origin, moment: datetime) -> "Image":
        """Keeps a moment of origin in home, which must not exist yet."""
        origin.link_into(home, moment)
        return cls(programs, home, moment)

    def link_into(self, home: Path, target: datetime) -> None:
        """Hard-links the image into home. An image serves its own moment only."""
        assert target == self.moment
        self._programs.run(["cp", "-al", str(self._home), str(home)])

    def destroy(self) -> None:
        """Removes the image's files."""
        shutil.rmtree(self._home, ignore_errors=True)

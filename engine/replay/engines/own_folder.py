"""A folder for temporary files that goes when its process goes, or when the next one comes by."""

from __future__ import annotations

import atexit
import fcntl
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "caiding-replay-"
LOCK = "in-use"


class OwnFolder:
    """Makes `path` within `parent` (without one, where the system keeps temporary files).

    A process that is killed cannot tidy up, so the folders of dead ones are removed by whoever comes next:
    as long as a process lives it holds a lock on a file in its folder.
    """

    def __init__(self, parent: Path | None = None) -> None:
        place = parent or Path(tempfile.gettempdir())
        _remove_left_behind(place)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        self._lock = (self.path / LOCK).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        atexit.register(self.remove)

    def remove(self) -> None:
        """Takes the folder away with all that is in it; may be called twice."""
        atexit.unregister(self.remove)
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _remove_left_behind(place: Path) -> None:
    for folder in place.glob(f"{PREFIX}*"):
        # Another's folder, or one that its owner removes at this moment, or has only just made.
        with suppress(OSError), (folder / LOCK).open("rb+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)

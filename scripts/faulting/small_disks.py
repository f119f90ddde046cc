"""Small disks of memory (tmpfs), which a fault can fill to the last byte. They take root. Tried by `tests/faults/test_campaign.py`."""

import subprocess
from pathlib import Path


class SmallDisks:
    """The disks that are mounted now."""

    def __init__(self) -> None:
        self._mounted: list[Path] = []

    def mount(self, place: Path, size: str) -> bool:
        """Mounts a disk at a folder, which is made if need be. Returns True if that could be done."""
        place.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0711", "tmpfs", str(place)],
            check=False,
            capture_output=True,
        )
        if done.returncode == 0:
            self._mounted.append(place)
        return done.returncode == 0

    def unmount(self, place: Path) -> None:
        """Gives the memory of a disk back, with all that was on it; nothing if none is mounted there."""
        if place in self._mounted:
            subprocess.run(["umount", "-l", str(place)], check=False)
            self._mounted.remove(place)

    def close(self) -> None:
        """Unmounts them all."""
        for place in list(self._mounted):
            self.unmount(place)

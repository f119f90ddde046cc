"""The hub's vendored front-end files: copied from npm packages of exact versions, with their licences, and hashed.

`python -m scripts.vendored copy` (or `scripts/vendor`) needs npm and a registry; what it writes is committed, so that nothing
else ever does. `python -m scripts.vendored check` hashes the committed files again; its errors name the file.
"""

import argparse
import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "hub" / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"

ICONS = (
    "arrow-counterclockwise", "bell-fill", "box-arrow-in-right", "box-arrow-left", "box-arrow-right", "broadcast", "camera-video",
    "camera-video-off", "check-circle-fill", "circle-half", "clock", "clock-history", "cone-striped", "download",
    "droplet", "droplet-fill", "exclamation-triangle-fill", "eye", "eye-fill", "hand-index", "hourglass-split",
    "inbox", "journal-text", "layers", "moon-stars", "patch-check", "pencil", "person-badge", "person-circle",
    "plus-lg", "qr-code", "search", "shield-check", "sign-merge-right", "sign-stop-fill", "slash-circle", "sun",
    "translate", "truck", "volume-mute-fill", "volume-up-fill", "wifi", "wifi-off", "x-octagon-fill",
)  # fmt: skip

FILES: dict[str, tuple[str, ...]] = {
    "bootstrap": ("dist/css/bootstrap.min.css",),
    "bootstrap-icons": tuple(f"icons/{name}.svg" for name in ICONS),
    "chart.js": ("dist/chart.umd.min.js",),
    "htmx-ext-sse": ("dist/sse.min.js",),
    "htmx.org": ("dist/htmx.min.js",),
    "leaflet": ("dist/leaflet.css", "dist/leaflet.js"),
}
"""What is copied of each package, besides its LICENSE."""

LICENCES = {"htmx-ext-sse": "0BSD"}
"""What the LICENSE file says, for a package whose package.json does not."""


def sri(data: bytes) -> str:
    """The hash of a file as a page's `integrity` attribute spells it."""
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


def copy() -> None:
    """Installs the locked packages in a temporary folder, copies the named files, writes the manifest."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, folder)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
        if VENDOR.exists():
            shutil.rmtree(VENDOR)
        packages = [_copy_package(Path(folder) / "node_modules" / name, name) for name in FILES]
    text = json.dumps({"packages": packages}, indent=2) + "\n"
    MANIFEST.write_text(text, encoding="utf-8")


def check() -> list[str]:
    """One line for each committed file that is not what the manifest says; none if all is well."""
    packages = json.loads(MANIFEST.read_text(encoding="utf-8"))["packages"]
    wanted = {f"{each['folder']}/{name}": hash_ for each in packages for name, hash_ in each["files"].items()}
    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()} - {MANIFEST.name}
    locked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    faults = [f"{name}: not in the manifest" for name in sorted(found - wanted.keys())]
    faults += [f"{name}: missing" for name in sorted(wanted.keys() - found)]
    faults += [
        f"{name}: another hash than the manifest's"
        for name in sorted(wanted.keys() & found)
        if sri((VENDOR / name).read_bytes()) != wanted[name]
    ]
    faults += [
        f"{each['name']}: version {each['version']}, package.json says {locked.get(each['name'])}"
        for each in packages
        if locked.get(each["name"]) != each["version"]
    ]
    return faults


def _copy_package(source: Path, name: str) -> dict[str, Any]:
    about = json.loads((source / "package.json").read_text(encoding="utf-8"))
    folder = f"{name}-{about['version']}"
    files = {}
    licence = "LICENSE" if (source / "LICENSE").exists() else "LICENSE.md"
    for inside in (licence, *FILES[name]):
        target = VENDOR / folder / ("LICENSE" if inside == licence else Path(inside).name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / inside, target)
        files[target.name] = sri(target.read_bytes())
    return {
        "name": name,
        "version": about["version"],
        "licence": about.get("license") or LICENCES[name],
        "folder": folder,
        "files": dict(sorted(files.items())),
    }


def main(arguments: list[str] | None = None) -> int:
    """Copies or checks; exit 1 with a line per fault."""
    parser = argparse.ArgumentParser(prog="vendored", description="the hub's vendored front-end files")
    parser.add_argument("what", choices=("copy", "check"))
    if parser.parse_args(arguments).what == "copy":
        copy()
    faults = check()
    for fault in faults:
        print(f"hub/static/vendor/{fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes the schemas and tables of the contract, or says which are not what the models have now."""

import argparse
import json
import sys
from pathlib import Path

from scripts.contract.schemas import every
from scripts.contract.tables import text

CONTRACT = Path(__file__).resolve().parents[2] / "edge" / "contract"
SCHEMAS = CONTRACT / "schemas"


def made() -> dict[Path, str]:
    """Every file and its text."""
    found = {
        SCHEMAS / f"{name}.json": json.dumps(schema, ensure_ascii=True, indent=2) + "\n" for name, schema in every()
    }
    found[CONTRACT / "TABLES.md"] = text()
    return found


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m scripts.contract", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["write", "check"], default="write")
    files = made()
    if parser.parse_args().command == "check":
        wrong = differing(files)
        for path in wrong:
            print(
                f"{path.relative_to(CONTRACT)}: not what the models have now: run python -m scripts.contract",
                file=sys.stderr,
            )
        return 1 if wrong else 0
    SCHEMAS.mkdir(exist_ok=True)
    for path in set(SCHEMAS.iterdir()) - files.keys():
        path.unlink()
    for path, said in files.items():
        path.write_text(said, encoding="utf-8")
    return 0


def differing(files: dict[Path, str]) -> list[Path]:
    """The files that are not there, are too many, or say something else."""
    there = {path: path.read_text(encoding="utf-8") for path in [*SCHEMAS.glob("*"), *files] if path.exists()}
    return sorted(path for path in there.keys() | files.keys() if there.get(path) != files.get(path))


if __name__ == "__main__":
    sys.exit(main())

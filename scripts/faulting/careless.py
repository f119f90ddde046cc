"""The control of the power cuts: runs a module of ours with SQLite in synchronous=NORMAL, whatever the module asks for.

    python -m scripts.faulting.careless MODULE [argument ...]

The product has no such setting. Every connection begins with NORMAL, and an authorizer turns later words about it into nothing.
"""

import runpy
import sqlite3
import sqlite3.dbapi2
import sys
from typing import Any


def _authorize(action: int, name: str | None, *_: str | None) -> int:
    about_it = action == sqlite3.SQLITE_PRAGMA and name is not None and name.lower() == "synchronous"
    return sqlite3.SQLITE_IGNORE if about_it else sqlite3.SQLITE_OK


def make_careless() -> None:
    """From now on, every connection of this process."""
    careful = sqlite3.connect

    def connect(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = careful(*arguments, **named)
        connection.execute("pragma synchronous = normal")
        connection.set_authorizer(_authorize)
        return connection

    sqlite3.connect = sqlite3.dbapi2.connect = connect  # type: ignore[assignment]  # what both sides call


if __name__ == "__main__":
    make_careless()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

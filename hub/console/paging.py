"""Pages of a long list: where the next one begins. Tested in `tests/hub/visits/test_queries.py`."""

from hub.ledger.queries import Cursor


def cursor(text: str | None) -> Cursor | None:
    """A cursor as addresses spell it (without a time: of a visit that has none); None for none, or for one that is not ours."""
    opened, between, visit = (text or "").partition("~")
    return (opened, visit) if between and visit else None

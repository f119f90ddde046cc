"""Orders to gates and villages with receipts by officer, questions from above, planned runs."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

RECEIPTS = ("town", "gate", "order", "result", "officer", "detail", "at", "received_at")


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    _renew_receipts(
        "coalesce(officer, '')",
        sa.Column("officer", sa.Text, primary_key=True, server_default=""),
        sa.Column("late", sa.Boolean),
    )
    _orders()
    _questions()


def _renew_receipts(officer: str, *columns: sa.Column[Any]) -> None:
    """Makes the table anew, for its key changes: a receipt of each officer, or one of each answer."""
    op.rename_table("receipts", "receipts_before")
    op.create_table(
        "receipts",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("town", "gate", "order", "result")),
        columns[0],
        *(sa.Column(name, sa.Text, nullable=False) for name in ("detail", "at", "received_at")),
        *columns[1:],
    )
    names = ", ".join(f'"{name}"' for name in RECEIPTS)
    values = ", ".join(officer if name == "officer" else f'"{name}"' for name in RECEIPTS)
    # the first of an answer, where an older version keeps one alone
    op.execute(
        f"INSERT INTO receipts ({names}) SELECT {values} FROM receipts_before ORDER BY at ON CONFLICT DO NOTHING"  # noqa: S608 -- names of ours
    )
    op.drop_table("receipts_before")


def _orders() -> None:
    op.add_column("orders", sa.Column("dispatch", sa.Text, nullable=False, server_default=""))
    op.create_index("orders_dispatch", "orders", ["town", "dispatch"])
    op.create_table(
        "dispatches",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("town", "zh", "en")),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("urgent", "aloud", "every_officer")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("issued_at", "issued_by")),
        sa.Column("due_at", sa.Text),
        sa.Column("expires_at", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("cancelled_at", "cancelled_by", "cancelled_reason")),
    )
    op.create_index("dispatches_time", "dispatches", ["town", "issued_at", "id"])
    op.create_index("dispatches_due", "dispatches", ["town", "due_at"])
    # each order of before went to one gate: its dispatch has its name
    op.execute("UPDATE orders SET dispatch = id")
    op.execute(
        "INSERT INTO dispatches (id, town, zh, en, urgent, aloud, every_officer, issued_at, issued_by, expires_at, cancelled_at, cancelled_by)"
        " SELECT id, town, zh, en, false, false, false, issued_at, issued_by, expires_at, cancelled_at, cancelled_by FROM orders"
    )
    op.create_table(
        "village_orders",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("town", "dispatch", "unit")),
        *(sa.Column(name, sa.Text) for name in ("cancelled_at", "cancelled_by")),
    )
    op.create_table(
        "village_receipts",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("town", "dispatch", "unit", "user")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("at", "note")),
    )


def _questions() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.Text, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("town", "kind", "asked_by", "document", "text", "asked_at", "due_at", "noted_at", "noted_by")
        ),
        *(
            sa.Column(name, sa.Text)
            for name in ("assigned_to", "assigned_at", "answered_at", "closed_at", "closed_by", "closed_note")
        ),
    )
    op.create_index("questions_time", "questions", ["town", "asked_at", "id"])
    op.create_index("questions_due", "questions", ["town", "closed_at", "due_at"])
    op.create_table(
        "question_answers",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("town", "question")),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("text", "at", "by")),
    )


def downgrade() -> None:
    """Brings the tables back to the version before."""
    for table in ("question_answers", "questions", "village_receipts", "village_orders", "dispatches"):
        op.drop_table(table)
    op.drop_index("orders_dispatch", "orders")
    op.drop_column("orders", "dispatch")
    _renew_receipts("nullif(officer, '')", sa.Column("officer", sa.Text))

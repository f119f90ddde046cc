"""Alembic's entry: runs the steps on the connection that `hub.lifecycle.upgrade` hands over."""

from alembic import context

from hub.database.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()

"""Runs migrations on a connection that `afterword.records.schema` has opened."""

from alembic import context

from afterword.records.models import Base


def run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()

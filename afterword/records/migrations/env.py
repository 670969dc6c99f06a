"""Runs migrations on a connection that `afterword.records.schema` has opened."""

from alembic import context

# Imported so that their tables are among those that the code expects.
from afterword.records import access_models, rights_models, staff_models, training_models  # noqa: F401
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

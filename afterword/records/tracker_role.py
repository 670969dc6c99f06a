"""What Rasa's role at a PostgreSQL server could reach of the clinic's tables."""

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from afterword.records.store import open_engine

# Tables outside of Rasa's own schema that the role reads, or would read after SET ROLE.
_REACHED = text(
    "SELECT count(*) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('rasa', 'information_schema')"
    " AND n.nspname NOT LIKE 'pg!_%' ESCAPE '!'"
    " AND (has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')"
    " OR pg_has_role(c.relowner, 'MEMBER'))"
)
_SUPERUSER = text("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user")


def reaches_the_records(database_url: str, tracker_url: str) -> bool:
    """Whether who signs in with `tracker_url` could read or change the clinic's tables.

    Looked at in the clinic's own database. False when the role is not let in there, and for SQLite,
    where the two are files apart.
    """
    records, trackers = _plain(database_url), _plain(tracker_url)
    if not records.drivername.startswith("postgresql"):
        return False
    if not trackers.drivername.startswith("postgresql"):
        return False
    here = trackers.set(database=records.database, host=records.host, port=records.port)
    engine = open_engine((here.update_query_dict(dict(records.query))).render_as_string(False))
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(_SUPERUSER) or connection.scalar(_REACHED))
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()


def _plain(url: str) -> URL:
    return make_url(url.replace("postgresql+psycopg://", "postgresql://"))

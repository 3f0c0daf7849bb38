"""Whether a transaction was committed, where the connection broke before that was said."""

from django.db import DataError, OperationalError, connection

OPEN = "in progress"


def transaction_id() -> str:
    """Return the id of the transaction under way, which the database keeps beyond the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        return str(cursor.fetchone()[0])


def was_committed(transaction: str) -> bool:
    """
    Return whether a transaction of a connection that is lost was committed.

    :raises OperationalError: if the database has not noticed that the connection is lost
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_xact_status(%s::xid8)", [transaction])
            status = cursor.fetchone()[0]
    except DataError:  # a later one than any: the database was restored, or a replica took over that lacks it
        return False
    if status == OPEN:
        raise OperationalError(f"transaction {transaction} of a lost connection has not ended yet")
    return bool(status == "committed")

"""Where PostgreSQL is: the server itself, and the pooler before it, if there is one."""

from typing import Any

from config.env import env, server_url, url_or_none

Database = dict[str, Any]


def server() -> Database:
    """Return the settings of connections to the server itself (DATABASE_URL)."""
    database = settings_of(server_url("DATABASE_URL"))
    options = database["OPTIONS"]
    # Prepare only the statements that ask for it (corpus.prepared), not those that run often.
    options["prepare_threshold"] = 2**31
    # They are planned once a connection. PostgreSQL would plan the claim of a large queue every time, which takes twice
    # as long as running it. What is set here replaces PGOPTIONS, so that is repeated.
    given = f"{env.str('PGOPTIONS', default='')} {options.get('options', '')}"
    options["options"] = f"{given} -c plan_cache_mode=force_generic_plan".strip()
    return database


def pooler() -> Database | None:
    """
    Return the settings of connections to a pooler in transaction mode (DATABASE_POOL_URL), or None without one.

    Each transaction may have another session of the server there. So nothing may outlive a transaction: no prepared
    statement, no cursor (config.postgresql), no start parameter. Limits of sessions are the pooler's to set.
    """
    url = url_or_none("DATABASE_POOL_URL")
    if url is None:
        return None
    database = settings_of(url)
    database["IS_POOLED"] = True
    database["OPTIONS"]["prepare_threshold"] = None  # not even those that ask for it
    return database


def all_databases(server: Database) -> dict[str, Database]:
    """Return the settings of all connections by Django's name: `default`, and `replica` if there is one."""
    databases = {"default": pooler() or server}
    if url := url_or_none("DATABASE_REPLICA_URL"):
        databases["replica"] = settings_of(url)
        options = databases["replica"]["OPTIONS"]
        options |= {"prepare_threshold": 2**31, "connect_timeout": 2}  # the primary does it all as well
    return databases


def settings_of(url: str) -> Database:
    """Return the settings of connections to a URL."""
    database: Database = env.db_url_config(url)
    database.update(ENGINE="config.postgresql", CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
    database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)
    return database

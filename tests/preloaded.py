"""
The libraries of our programs, for `tests.forks`; none of them reads a setting or starts a thread when it loads.

Of prometheus_client, it depends on the environment of a program how it counts, so that is not among them.
"""

import gc
from importlib import import_module

LIBRARIES = """
    billiard celery.apps.worker celery.bin.celery celery.bin.worker celery.concurrency.prefork celery.worker.consumer
    kombu.transport.redis django.contrib.postgres.fields django.core.cache.backends.redis django.core.checks
    django.core.management.commands.migrate django.db.backends.postgresql.base django.http django.template
    django.test django.urls fido2.server gunicorn.app.wsgiapp jinja2 jsonschema numpy openai
    psycopg.types.json psycopg_binary pyarrow.parquet redis requests rest_framework waitress.server
    whitenoise.middleware
"""
for name in LIBRARIES.split():
    import_module(name)
gc.collect()
gc.freeze()

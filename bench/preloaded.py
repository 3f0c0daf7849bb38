"""
The libraries of our programs, for `bench.forks`; none of them reads a setting or starts a thread when it loads.

Of prometheus_client, it depends on the environment of a program how it counts, so that is not among them. Of our own
modules the code is read, which is a fifth of what a program needs to start, but none is run.
"""

import gc
import sys
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

LIBRARIES = """
    billiard celery.apps.worker celery.bin.celery celery.bin.worker celery.concurrency.prefork celery.worker.consumer
    django.contrib.admin.sites django.contrib.auth.apps django.contrib.postgres.apps django.contrib.postgres.fields
    django.core.cache.backends.redis django.core.checks django.core.management.commands.migrate
    django.db.backends.postgresql.base django.http django.template django.test django.urls drf_spectacular.utils environ
    fido2.server gunicorn.app.wsgiapp jinja2 jsonschema kombu.transport.redis markdown_it numpy numpy.random openai
    orjson psycopg.types.json psycopg_binary pyarrow.parquet redis requests rest_framework.serializers waitress.server
    whitenoise.middleware
"""
OURS = "adjudication annotation attacks config corpus guards jury quality releases workspace"
CHECKOUT = Path(__file__).parents[1]


class Loader(SourceFileLoader):
    """Loads a module of ours from its code, which is read when the loader is made."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__"), str(path)
        )
        self.code = super().get_code(self.name)

    def get_code(self, _fullname: str) -> CodeType | None:
        return self.code


class Finder(MetaPathFinder):
    """Finds our modules by their name."""

    def __init__(self) -> None:
        read = (Loader(path) for package in OURS.split() for path in (CHECKOUT / package).rglob("*.py"))
        self.loaders = {each.name: each for each in read}

    def find_spec(self, fullname: str, _path: Any, _target: Any = None) -> ModuleSpec | None:
        loader = self.loaders.get(fullname)
        return loader and spec_from_file_location(fullname, loader.path, loader=loader)


sys.meta_path.insert(0, Finder())
for name in LIBRARIES.split():
    import_module(name)
gc.collect()
gc.freeze()

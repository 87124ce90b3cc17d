ARG PYTHON_VERSION=3.13

# ---- build: a virtual environment with what the service needs at run time ------------------------------------------
FROM python:${PYTHON_VERSION}-slim AS build

RUN apt-get update \
 && apt-get install --yes --no-install-recommends binutils \
 && rm -rf /var/lib/apt/lists/*

# Without pip of its own: the last stage gets the packages and nothing that installs more.
RUN python -m venv --without-pip /opt/venv

COPY requirements.txt requirements-tracing.txt /tmp/
# yes: with what sends traces to an OpenTelemetry collector (OTEL_EXPORTER_OTLP_ENDPOINT); 8 MB.
ARG TRACING=no
# Wheels only, since there is no compiler here: a package without one stops the build and is not half-built.
RUN --mount=type=cache,target=/var/cache/pip \
    PIP_CACHE_DIR=/var/cache/pip python -m pip --python /opt/venv/bin/python install \
        --only-binary=:all: --disable-pip-version-check --no-warn-script-location \
        -r /tmp/requirements.txt $([ "$TRACING" != yes ] || echo -r /tmp/requirements-tracing.txt)

# A third of what the wheels bring is never used: debugging symbols (50 MB), the tests of others (6 MB), Babel's data
# for languages that no menu is written in (25 MB), what boto3 knows of services other than S3 (25 MB), and what would
# colour source text other than Python (8 MB).
ARG LANGUAGES="ar de en es fil fr id it ja ko ms nl pl pt ru th tr uk vi yue zh"
RUN find /opt/venv -name '*.so*' -type f -exec strip --strip-unneeded {} + \
 && find /opt/venv/lib -type d \( -name tests -o -name testing \) -prune -exec rm -rf {} + \
 && find /opt/venv/lib -path '*/babel/locale-data/*.dat' -not -name 'root.dat' \
        $(printf ' -not -name %s.dat -not -name %s_*.dat' $(for tag in $LANGUAGES; do echo "$tag $tag"; done)) -delete \
 && find /opt/venv/lib -path '*/botocore/data/*' -prune -type d -not -name s3 -exec rm -rf {} + \
 && find /opt/venv/lib -path '*/pygments/lexers/*' -type f -not -name '__init__*' -not -name '_mapping*' \
        -not -name 'python.*' -delete

# ---- the service ---------------------------------------------------------------------------------------------------
FROM python:${PYTHON_VERSION}-slim

# Named before the first FROM, it is known to FROM only, until it is named again.
ARG PYTHON_VERSION
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="table-order-service" \
      org.opencontainers.image.description="HTTP API for ordering at the table: menus, sessions, orders, live events" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="docker.io/library/python:${PYTHON_VERSION}-slim"

RUN groupadd --system --gid 10001 app \
 && useradd --system --uid 10001 --gid app --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin app

COPY --from=build /opt/venv /opt/venv

# Pictures are kept here unless they are kept in a bucket: mount a volume, which then belongs to the service.
# The other folder is where an environment without a certificate of its own keeps the one that it makes.
RUN install --directory --owner=10001 --group=10001 /var/lib/table-order/media /var/lib/table-order/tls

# PYTHONDONTWRITEBYTECODE: the root file system may be read-only.
ENV PATH=/opt/venv/bin:$PATH \
    DATA_DIR=/var/lib/table-order \
    HOST=0.0.0.0 \
    PORT=8000 \
    REVISION=${REVISION} \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1

WORKDIR /app
COPY alembic.ini ./
COPY alembic ./alembic
COPY app ./app
RUN python -m compileall -q app alembic

# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]

# Exec form: SIGTERM arrives. Streams are then told to come back and requests that are under way are finished (DRAIN_DELAY,
# SHUTDOWN_GRACE); the orchestrator's own grace time has to be longer than both together.
# Another command makes it the migration or the operator's tool: python -m app.cli --help
CMD ["python", "-m", "app.cli", "serve"]

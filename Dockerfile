FROM python:3.11-slim AS build
ENV PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --no-deps --only-binary :all: --requirement requirements/base.txt
COPY . .
RUN DEBUG=0 STATIC_ROOT=/app/staticfiles /venv/bin/python manage.py collectstatic --no-input \
    && python -m compileall -q /venv /app

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    STATIC_ROOT=/app/staticfiles MEDIA_ROOT=/media LOCAL_DIR=/tmp PROMETHEUS_MULTIPROC_DIR=/tmp
RUN useradd --system --uid 10001 --user-group --no-create-home workhall \
    && install --directory --owner workhall --group workhall /media
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER workhall
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=6s --start-period=20s --retries=3 CMD ["python", "-I", "-S", "bin/healthy"]
CMD ["granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "16", "--respawn-failed-workers", "marketplace.wsgi:application"]

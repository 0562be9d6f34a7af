ARG PYTHON=3.11

# ---- build: dependencies by hash, then the project's own wheel without touching the network again
FROM python:${PYTHON}-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build

COPY requirements/ requirements/
RUN python -m venv /opt/continuitybot \
 && /opt/continuitybot/bin/pip install --require-hashes -r requirements/runtime.txt \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes -r requirements/build.txt

COPY LICENSE README.md pyproject.toml ./
COPY runbooks/ runbooks/
COPY src/ src/
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/continuitybot/bin/pip install --no-deps --no-index dist/*.whl

# ---- run: no build tools, no root
FROM python:${PYTHON}-slim
ENV PATH=/opt/continuitybot/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --user-group --home-dir /data --create-home continuitybot \
 && mkdir /config
COPY --from=build /opt/continuitybot /opt/continuitybot

USER continuitybot
# For what must outlive the container: database: sqlite:////data/continuitybot.db
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["continuitybot"]
CMD ["serve", "--config", "/config/continuitybot.yaml"]

# One image for the worker, the web and the command line; docker-compose.yml says which of them a container is.
#
# A tag moves with the fixes of its base image. To build the same bytes twice, pin the digest that you have tested:
#   docker build --build-arg BASE=python:3.13-slim-trixie@sha256:... .
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore \
    UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /build
# The requirements change less often than the code, and so have a layer of their own.
COPY requirements/uv.txt requirements/build.txt requirements/runtime.txt requirements/
RUN pip install --require-hashes -r requirements/uv.txt -r requirements/build.txt \
    && python -m venv --without-pip /opt/doorstep \
    && uv pip install --python /opt/doorstep/bin/python --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE worker.py ./
COPY activities activities
COPY doorstep doorstep
COPY migrations migrations
COPY starter starter
COPY web web
COPY workflows workflows
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && uv pip install --python /opt/doorstep/bin/python --no-deps dist/*.whl

FROM ${BASE}
ENV PATH=/opt/doorstep/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONFAULTHANDLER=1 \
    PYTHONUNBUFFERED=1
COPY --from=build /opt/doorstep /opt/doorstep
WORKDIR /opt/doorstep
# A number, so that Kubernetes can see that it is not root without asking the image.
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
# No shell between the container and Python: SIGTERM reaches the process, which drains what is under way.
CMD ["python", "-m", "worker"]

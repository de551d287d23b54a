FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.txt requirements.txt
# Of what botocore brings for each of Amazon's services, only what a bucket needs; pip has done its work then.
RUN python -m venv /venv \
    && /venv/bin/pip install --disable-pip-version-check -r requirements.txt \
    && find /venv/lib/python*/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
        ! -name s3 ! -name sts ! -name sso ! -name sso-oidc -exec rm -r {} + \
    && /venv/bin/pip uninstall --yes pip
COPY connectors connectors
COPY make make
COPY n8n n8n
COPY relay relay
COPY sandbox sandbox
COPY templates templates
# The user below may not write here, so a missing .pyc would be compiled at each start.
RUN /venv/bin/python -m compileall -q connectors relay sandbox

FROM python:3.13-slim
COPY --from=build /venv /venv
COPY --from=build /app /app
# A named volume that is mounted here takes the owner over.
RUN install -d -o 10001 -g 10001 /data
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PORT=8000 RELAY_CONTAINER=1
WORKDIR /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-m", "relay", "healthcheck"]
CMD ["python", "-m", "relay", "serve"]

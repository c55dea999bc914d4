# Alertmanager's webhook: it tells FORGE_NOTIFY's addresses.
FROM python:3.11-slim
WORKDIR /srv/alarms
COPY locks/deploy.txt /tmp/deploy.txt
RUN python3 -m pip install --no-cache-dir --no-deps --require-hashes -r /tmp/deploy.txt
COPY release_format release_format
COPY forge forge
ENV HOME=/tmp PYTHONDONTWRITEBYTECODE=1 SEARCHBAR_LOG=/tmp/run.jsonl
USER 10001:10001
EXPOSE 9095
HEALTHCHECK --interval=30s --timeout=5s \
  CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9095/livez', timeout=4)"]
ENTRYPOINT ["python3", "-m", "forge", "relay-alarms", "--listen", "127.0.0.1:9095"]

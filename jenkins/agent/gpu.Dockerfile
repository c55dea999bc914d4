# The agent with a GPU: the same sshd and verbs in the conda environment of environment.yml.
ARG JAVA_IMAGE=eclipse-temurin:21-jre
# hadolint ignore=DL3006
FROM ${JAVA_IMAGE} AS java

FROM mambaorg/micromamba:2.3.2-debian12-slim
# sshd is root, to keep the host's key to itself; it lets in jenkins alone.
# hadolint ignore=DL3002
USER root
COPY --from=java /opt/java/openjdk /opt/java/openjdk
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git make openssh-client openssh-server util-linux \
 && rm -rf /var/lib/apt/lists/* /etc/ssh/ssh_host_* \
 && (userdel --remove "$(id -un 1000)" || true) \
 && useradd --uid 1000 --password '*' --create-home --shell /bin/bash jenkins \
 && mkdir -p /home/jenkins/agent /run/sshd \
 && chown jenkins:jenkins /home/jenkins/agent
COPY environment.yml /opt/searchbar/environment.yml
COPY locks /opt/searchbar/locks
RUN micromamba create --yes --prefix /opt/searchbar/.venv --file /opt/searchbar/environment.yml \
 && touch /opt/searchbar/.venv/.up /opt/searchbar/.venv/.torch /opt/searchbar/.venv/.line
COPY jenkins/agent/sshd_config /etc/ssh/line_sshd_config
COPY --chmod=755 jenkins/agent/start.sh /usr/local/bin/start-agent
EXPOSE 2222
ENTRYPOINT ["/usr/local/bin/start-agent"]

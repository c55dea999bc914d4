#!/bin/sh
# Here is an empty volume: every secret that the controller and the agents read, made or taken over, exactly once.
# What a team gives as a compose secret wins; what it does not give becomes an empty file, because Configuration as
# Code would take a missing one for an empty text without a word.
set -eu
umask 077
store=${1:-/run/line-secrets} agents=${2:-/run/agents} given=${3:-/run/secrets}
mkdir -p "$store"

key() {
  [ -s "$1" ] || ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$1"
}

key "$store/agent-key" "controller to agents"
key "$store/rollout-key" "rollouts"
# A host key an agent, in a volume of its own: root's there, since builds are the user who signs in.
for agent in pull-request line gpu; do
  mkdir -p "$agents/$agent"
  key "$agents/$agent/host_key" "agent-$agent"
  cp "$store/agent-key.pub" "$agents/$agent/authorized_keys"
  chmod 755 "$agents/$agent" && chmod 644 "$agents/$agent/authorized_keys" && chmod 600 "$agents/$agent/host_key"
  cut -d ' ' -f 1,2 "$agents/$agent/host_key.pub" >"$store/host-key-$agent"
done
[ -s "$store/admin-password" ] || od -An -N 18 -tx1 /dev/urandom | tr -d ' \n' >"$store/admin-password"
for name in github-read github-write notify sql-password; do
  if [ -s "$given/$name" ]; then cat "$given/$name" >"$store/$name"; else [ -e "$store/$name" ] || : >"$store/$name"; fi
done
[ ! -s "$given/rollout-key" ] || cat "$given/rollout-key" >"$store/rollout-key"

# The controller runs as 1000 and reads these; an agent's sshd is root and reads its own.
if [ "$(id -u)" = 0 ]; then
  chown -R 1000:1000 "$store" && chown -R 0:0 "$agents"
  for folder in ${OWNED:-}; do mkdir -p "$folder" && chown 1000:1000 "$folder"; done
fi
echo "Secrets are in the volume 'secrets' ($store)."
echo "Sign in as admin; the password: docker compose exec controller cat $store/admin-password"
echo "Let rollouts in: put this line into the hosts' authorized_keys (or give it to python -m deployer prepare):"
[ ! -s "$store/rollout-key.pub" ] || cat "$store/rollout-key.pub"

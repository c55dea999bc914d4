#!/usr/bin/env bash
# Here is a machine that can pull images: boot the real controller, push a change, and wait until it is green.
set -euo pipefail
cd "$(dirname "$0")/.."
port=${JENKINS_PORT:-8080}
log=$(mktemp)
docker compose build controller >"$log" 2>&1 || {
  echo "jenkins: the controller's image cannot be built: $(grep -i 'error' "$log" | tail -n 1). It comes from docker.io and updates.jenkins.io: let Docker reach these, or a mirror." >&2
  exit 3
}
docker compose up --build --detach --wait controller agent-line agent-pull-request repository repository-push
password=$(docker compose exec -T controller cat /run/line-secrets/admin-password)
version() { curl -fsS -o /dev/null -D - "http://localhost:$port/login" | tr -d '\r' | sed -n 's/^[Xx]-[Jj]enkins: //p'; }
ask() { curl -fsS -u "admin:$password" "http://localhost:$port$1"; }

branch=change/verify-$(date +%s)
work=$(mktemp -d)
trap 'rm -rf "$work" "$log"' EXIT
git clone -q --branch stage "git://localhost:${GIT_PORT:-9418}/searchbar.git" "$work/tree"
git -C "$work/tree" checkout -q -b "$branch"
git -C "$work/tree" -c user.name=verify -c user.email=verify@example.org commit -q --allow-empty -m "Verify the line"
git -C "$work/tree" push -q origin "$branch"

job="/job/pull-requests/job/$(printf %s "$branch" | sed 's|/|%252F|')/lastBuild/api/json?tree=result"
echo "Waiting for $branch (polled every minute) …"
for _ in $(seq 360); do
  result=$(ask "$job" 2>/dev/null | sed -n 's/.*"result":"\([A-Z]*\)".*/\1/p' || true)
  case "$result" in
    SUCCESS)
      echo "green on Jenkins $(version): write that and today's date into docs/tutorial.md, beside what was seen before."
      exit 0 ;;
    FAILURE | ABORTED | UNSTABLE) echo "$result: see http://localhost:$port/job/pull-requests/" >&2; exit 1 ;;
  esac
  sleep 10
done
echo "no answer within an hour: docker compose logs controller" >&2
exit 3

#!/bin/sh
# Here is a container with keys mounted: an sshd that runs as jenkins, with the group of the Docker socket if one is there.
set -eu
socket=/var/run/docker.sock
groups=1000
[ ! -S "$socket" ] || groups="1000,$(stat -c %g "$socket")"
if [ "$(id -u)" = 0 ]; then
  exec setpriv --reuid 1000 --regid 1000 --groups "$groups" --no-new-privs /usr/sbin/sshd -D -e -f /etc/ssh/line_sshd_config
fi
exec /usr/sbin/sshd -D -e -f /etc/ssh/line_sshd_config

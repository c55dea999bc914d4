#!/bin/sh
# Here is a container with keys mounted: an sshd that lets the controller in as jenkins, with the group of the Docker
# socket if one is there. sshd stays root, so that what signs in, and every build with it, cannot read the host's key.
set -eu
socket=/var/run/docker.sock
if [ -S "$socket" ] && ! grep -q '^socket:' /etc/group; then
  echo "socket:x:$(stat -c %g "$socket"):jenkins" >>/etc/group
fi
exec /usr/sbin/sshd -D -e -f /etc/ssh/line_sshd_config

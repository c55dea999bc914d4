#!/bin/sh
# Here is the configuration that hosts get: HAProxy with this container's ports filled in, and blue live at first.
set -eu
root=/tmp
mkdir -p "$root/router"
[ -e "$root/router/slots.map" ] || printf 'live %s\ncanary none\nshare 0\n' "${LIVE:-blue}" >"$root/router/slots.map"
# shellcheck disable=SC2016  # these are the names that the template waits for
sed -e "s|\${root}|$root|g" -e 's|${public}|:8000|' -e 's|${preview}|8009|' -e 's|${blue}|8001|g' -e 's|${green}|8002|g' \
  -e '/^\${[a-z_]*}$/d' /etc/searchbar/haproxy.cfg >"$root/haproxy.cfg"
exec haproxy -W -db -f "$root/haproxy.cfg"

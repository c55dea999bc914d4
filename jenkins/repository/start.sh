#!/bin/sh
# Here is a clone at /repository: its branches as git://HOST/searchbar.git, with `stage` and `prod` made if it has none.
set -eu
bare=/srv/git/searchbar.git
if [ "$1" = read ] && [ ! -d "$bare" ]; then
  git clone --quiet --bare --no-hardlinks /repository "$bare.new"
  for branch in stage prod; do
    git -C "$bare.new" show-ref --quiet --verify "refs/heads/$branch" || git -C "$bare.new" branch "$branch"
  done
  mv "$bare.new" "$bare"
fi
while [ ! -d "$bare" ]; do sleep 1; done
case "$1" in
  read) exec git daemon --reuseaddr --export-all --base-path=/srv/git ;;
  push) exec git daemon --reuseaddr --export-all --base-path=/srv/git --enable=receive-pack ;;
  *) echo "start-repository: read or push" >&2; exit 2 ;;
esac

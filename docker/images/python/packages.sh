# What source distributions need to build, and what database drivers load. A base built from packages has it all already.
set -eu
wanted="gcc g++ libc6-dev libpq-dev ca-certificates"
missing=""
for name in $wanted; do
  dpkg -s "$name" >/dev/null 2>&1 || missing="$missing $name"
done
[ -z "$missing" ] && exit 0
apt-get update -qq
# shellcheck disable=SC2086 -- a list of words
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
rm -rf /var/lib/apt/lists/*

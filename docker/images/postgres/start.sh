#!/bin/bash
# Runs Postgres for one run of boot-check, and ends it when the run is gone: its harness writes a line to our standard input every
# few seconds; the end of that stream, or silence, means nobody needs the server any more.
#   BOOT_CHECK_AUTH            trust (any password is right) or scram-sha-256 (the password counts)
#   BOOT_CHECK_ADMIN_PASSWORD  password of the role boot_check_admin
#   BOOT_CHECK_SILENCE         seconds without a line after which the run counts as gone
set -euo pipefail
data=/data/cluster
cp -a /opt/boot-check/template "$data"
chmod 700 "$data"
auth=${BOOT_CHECK_AUTH:?}
# `password` and not scram for the agent: it speaks the wire protocol itself, on a network of this run only.
cat >"$data/pg_hba.conf" <<HBA
local all postgres trust
host all boot_check_admin all password
host all all all $auth
HBA
echo "ALTER ROLE boot_check_admin PASSWORD '${BOOT_CHECK_ADMIN_PASSWORD:?}'" |
  /opt/boot-check/bin/postgres --single -D "$data" postgres >/dev/null
unset BOOT_CHECK_ADMIN_PASSWORD
/opt/boot-check/bin/postgres -D "$data" </dev/null &
server=$!
trap 'kill -QUIT $server 2>/dev/null; exit 0' TERM INT
while read -r -t "${BOOT_CHECK_SILENCE:?}" _; do
  kill -0 $server 2>/dev/null || exit 1
done
kill -QUIT $server 2>/dev/null || true

#!/bin/bash
# Runs once, at build time: a cluster that start.sh copies. Its data is worth nothing, so nothing is ever flushed to a disk.
set -euo pipefail
programs=$(echo /usr/lib/postgresql/*/bin)
folder=/opt/boot-check
template=$folder/template
ln -s "$programs" $folder/bin
chmod 755 $folder/*.sh
command -v openssl >/dev/null || {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openssl
  rm -rf /var/lib/apt/lists/*
}
rm -rf /var/lib/postgresql/*
install -d -o postgres -g postgres $template
as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp "$@"; }

# C.UTF-8: the same order everywhere, and text that drivers decode; SQL_ASCII would give some of them bytes.
as_postgres $folder/bin/initdb -D $template -U postgres -A trust --encoding=UTF8 --locale=C.UTF-8 \
  --no-sync --no-instructions --wal-segsize=4 >/dev/null
as_postgres openssl req -new -x509 -days 36500 -nodes -subj /CN=localhost \
  -addext 'subjectAltName=DNS:localhost,DNS:db,DNS:postgres,IP:127.0.0.1' \
  -keyout $template/server.key -out $template/server.crt 2>/dev/null
chmod 600 $template/server.key

cat >>$template/postgresql.conf <<'CONF'
listen_addresses = '*'
unix_socket_directories = '/tmp'
max_connections = 200
password_encryption = 'scram-sha-256'
ssl = on
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
min_wal_size = 8MB
max_wal_size = 256MB
shared_buffers = 32MB
max_parallel_workers = 0
autovacuum_naptime = 10min
timezone = 'UTC'
log_timezone = 'UTC'
CONF

# The role the agent works as; start.sh gives it this run's password.
as_postgres $folder/bin/postgres --single -D $template postgres >/dev/null <<'SQL'
CREATE ROLE boot_check_admin SUPERUSER LOGIN
SQL
rm -f $template/postmaster.pid

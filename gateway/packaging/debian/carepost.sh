#!/bin/sh
# carepost, run by the Node that came with it. As root, a command that looks into a service's data becomes that service's
# user: what it leaves behind must stay readable for the service.
set -e
node=/usr/lib/carepost/bin/node
main=/usr/lib/carepost/gateway/cli/carepost.mjs

user=
if [ "$(id -u)" = 0 ]; then
  case "$1" in
    "" | -* | demo | simulate | decode | fhir | capture | contract | broker-config | ca | bench) ;;
    ingest) user=carepost-ingest ;;
    *) user=carepost ;;
  esac
fi

if [ -z "$user" ]; then
  export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/carepost}"
  exec "$node" "$main" "$@"
fi
# Where the keys of the databases are, for a command that no service manager hands them to.
export CREDENTIALS_DIRECTORY="${CREDENTIALS_DIRECTORY:-/etc/carepost/credentials}"
export NODE_COMPILE_CACHE="/var/cache/$user/compiled"
exec setpriv --reuid="$user" --regid="$user" --init-groups "$node" "$main" "$@"

#!/bin/sh
# Tells a process what only its container knows, then becomes it.
set -eu

# tells the processes of one service apart: a container keeps its name over restarts
export LAUREL_INSTANCE="${LAUREL_INSTANCE:-$(hostname)}"

# webhook secrets that lie in files and that the environment doesn't say
for file in "${LAUREL_SECRETS:-/run/secrets/laurel}"/webhooks/*; do
  name=${file##*/}
  if [ -f "$file" ] && ! printenv "$name" > /dev/null; then
    export "$name=$(cat "$file")"
  fi
done

exec "$@"

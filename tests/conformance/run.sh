#!/usr/bin/env bash
# Hands every credential of a demo to verifiers written in JavaScript.
#   tests/conformance/run.sh [OUT]      OUT: what `make demo` wrote (default ./demo-output; made if it isn't there)
set -euo pipefail
cd "$(dirname "$0")/../.."
out="${1:-${OUT:-demo-output}}"
python="${PYTHON:-.venv/bin/python}"

if ! command -v npm >/dev/null; then
  echo "conformance needs Node.js 20 or newer with npm: it isn't here" >&2
  exit 2
fi
if [ ! -d "$out/credentials" ]; then
  make demo OUT="$out"
fi
contexts=$("$python" -c 'from importlib.metadata import distribution as d; print(d("openbadgeslib").locate_file("openbadgeslib/ob3/contexts"))')
npm ci --silent --prefix tests/conformance
exec node tests/conformance/verify.mjs "$out" "$contexts"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# oracle.t: on every capture, what cairn says equals what the kernel said of itself before it
# died: symbols, modules, tasks, log, every waiting task's frames, the panic's trace.
set -u
cd "$(dirname "$0")" || exit 2
cairn=${CAIRN:-../build/cairn}
XDG_CACHE_HOME=$(mktemp -d)
export XDG_CACHE_HOME
trap 'rm -rf "$XDG_CACHE_HOME"' EXIT
out=$XDG_CACHE_HOME/tap
for oracle in captures/*.oracle.json; do
    name=$(basename "$oracle" .oracle.json)
    echo "# $name"
    python3 compare.py "$cairn" "captures/$name.kdump.zst" "$oracle" >"$out"
    status=$?
    sed '/^1\.\.[0-9]*$/d' "$out"
    [ "$status" -le 1 ] || echo "not ok 0 - $name: the comparison ended with $status"
    tests=$(grep -cE '^(not )?ok [0-9]+' "$out")
    grep -qx "1\.\.$tests" "$out" || echo "not ok 0 - $name: not every test was made"
done | awk '
    /^(not )?ok [0-9]+/ { n++; if (/^not/) bad = 1; sub(/ok [0-9]+/, "ok " n) }
    { print; fflush() }
    END { print "1.." n; exit bad || !n }'

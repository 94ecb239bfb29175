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
for oracle in captures/*.oracle.json; do
    name=$(basename "$oracle" .oracle.json)
    echo "# $name"
    python3 compare.py "$cairn" "captures/$name.kdump.zst" "$oracle" | sed '/^1\.\.[0-9]*$/d'
done | awk '
    /^(not )?ok [0-9]+/ { n++; if (/^not/) bad = 1; sub(/ok [0-9]+/, "ok " n) }
    { print; fflush() }
    END { print "1.." n; exit bad || !n }'

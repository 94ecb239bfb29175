#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# boot.sh [KERNEL [SCENARIO]]: a fresh crash, end to end: boot a Debian kernel under QEMU, let it
# die, take its memory, hold what cairn says against what the kernel said, and what it says of
# the slim dump against what it says of the whole one. TAP; run by `make check-boot`. The first
# run fetches the kernel (70 MB).
set -u
cd "$(dirname "$0")" || exit 2
cairn=${CAIRN:-../build/cairn}
kernel=${1:-6.1}
scenario=${2:-irqbug}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if ! python3 capture/capture.py "$kernel" "$scenario" -o "$tmp" >"$tmp/log" 2>&1; then
    echo "not ok 1 - a capture of $kernel $scenario"
    tail -40 "$tmp/log" | sed 's/^/# /'
    echo "1..1"
    exit 1
fi
oracle=$(echo "$tmp"/*.oracle.json)
XDG_CACHE_HOME=$tmp/cache
export XDG_CACHE_HOME
dump=${oracle%.oracle.json}.kdump.zst
{
    python3 compare.py "$cairn" "$dump" "$oracle"
    CAIRN=$cairn python3 slim.t "$dump"
} | awk '
    /^1\.\./ { plans++; next }
    /^(not )?ok [0-9]+/ { n++; if (/^not/) bad = 1; sub(/ok [0-9]+/, "ok " n) }
    { print; fflush() }
    END { if (plans != 2) { print "not ok " ++n " - every test was made"; bad = 1 }
          print "1.." n; exit bad }'

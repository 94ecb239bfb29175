#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# boot.sh [KERNEL [SCENARIO]]: a fresh crash, end to end: boot a Debian kernel under QEMU, let it
# die, take its memory, and hold what cairn says against what the kernel said. TAP; run by
# `make check-boot`. The first run fetches the kernel (70 MB).
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
python3 compare.py "$cairn" "${oracle%.oracle.json}.kdump.zst" "$oracle"

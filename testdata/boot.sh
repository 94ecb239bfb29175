#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# boot.sh [KERNEL [SCENARIO]]: a fresh crash, end to end: boot a Debian kernel under QEMU, let it
# die, take its memory, hold what cairn says against what the kernel said, and what it says of
# the slim dump against what it says of the whole one; then the gate of the README: an expectation
# that the whole dump wrote is met by the slim one, and not by that of a stored crash. TAP; run by `make check-boot`. The first
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

check() { # check WANTED-STATUS NAME WORDS...
    want=$1 name=$2
    shift 2
    "$cairn" "$@" >"$tmp/said" 2>&1
    if [ $? -eq "$want" ]; then
        echo "ok 1 - $name"
    else
        echo "not ok 1 - $name"
        sed 's/^/# /' "$tmp/said"
    fi
}

gate() {
    check 0 "the gate: an expectation is written" expect -w "$dump" "$tmp/expect.json"
    "$cairn" slim -o "$tmp/slim.kdump.zst" "$dump" triage >/dev/null 2>&1
    check 0 "the gate: the slim dump is as expected" expect "$tmp/slim.kdump.zst" "$tmp/expect.json"
    for other in ../build/unpacked/amd64-6.1-*.kdump; do
        case $other in
        *-"$scenario".kdump | *'*'*) continue ;;
        esac
        check 1 "the gate: $(basename "$other") is not" expect "$other" "$tmp/expect.json"
        break
    done
    echo 1..
}

{
    python3 compare.py "$cairn" "$dump" "$oracle"
    CAIRN=$cairn python3 slim.t "$dump"
    gate
} | awk '
    /^1\.\./ { plans++; next }
    /^(not )?ok [0-9]+/ { n++; if (/^not/) bad = 1; sub(/ok [0-9]+/, "ok " n) }
    { print; fflush() }
    END { if (plans != 3) { print "not ok " ++n " - every test was made"; bad = 1 }
          print "1.." n; exit bad }'

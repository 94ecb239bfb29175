#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# oracle.t: on every capture, what cairn says equals what the kernel said of itself before it
# died: symbols, modules, tasks, log, every waiting task's frames, the panic's trace. Of virtual
# machines: what their VMMs know; a guest was dumped alive and said nothing itself.
set -u
cd "$(dirname "$0")" || exit 2
here=$PWD
. ./captures.sh
XDG_CACHE_HOME=$(mktemp -d)
export XDG_CACHE_HOME
trap 'rm -rf "$XDG_CACHE_HOME"' EXIT
out=$XDG_CACHE_HOME/tap
cd "$captures" || exit 2
compare() { # PROGRAM NAME
    # shellcheck disable=SC2046 # an option or nothing
    python3 "$here/$1" "$cairn" "$2.kdump" "$2.oracle.json" $(types_option "$2") >"$out"
    status=$?
    sed '/^1\.\.[0-9]*$/d' "$out"
    [ "$status" -le 1 ] || echo "not ok 0 - $2: $1 ended with $status"
    tests=$(grep -cE '^(not )?ok [0-9]+' "$out")
    grep -qx "1\.\.$tests" "$out" || echo "not ok 0 - $2: $1 did not make every test"
}

for name in $names; do
    echo "# $name"
    case $name in *-guest) ;; *) compare compare.py "$name" ;; esac
    # the others' tables are damaged
    case $name in *-kvm-tdp | *-kvm-apf*) compare compare_kvm.py "$name" ;; esac
done | awk '
    /^(not )?ok [0-9]+/ { n++; if (/^not/) bad = 1; sub(/ok [0-9]+/, "ok " n) }
    { print; fflush() }
    END { print "1.." n; exit bad || !n }'

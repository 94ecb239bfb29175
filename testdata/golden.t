#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# golden.t: what the commands print on the real captures, text and JSON, held against the
# goldens. UPDATE=1 writes them anew: read the difference before you commit it.
set -u
cd "$(dirname "$0")" || exit 2
cairn=${CAIRN:-../build/cairn}
n=0
failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# what differs from run to run
steady() { sed -E 's/"elapsed_ms":[0-9.]+/"elapsed_ms":0/; s/^(.*elapsed) [0-9.]+ ms/\1 0 ms/'; }

check() { # check GOLDEN MODE VMCORE WORDS...
    want=$1; mode=$2; vmcore=$3; shift 3
    n=$((n + 1))
    # shellcheck disable=SC2086 # mode is an option or nothing
    "$cairn" --no-cache --no-debug-search --color=never $mode "$vmcore" "$@" >"$tmp/out" 2>&1
    echo "exit $?" >>"$tmp/out"
    steady <"$tmp/out" >"$tmp/have"
    if [ -n "${UPDATE:-}" ]; then
        mkdir -p "$(dirname "$want")"
        cp "$tmp/have" "$want"
    fi
    if diff -u "$want" "$tmp/have" >"$tmp/diff" 2>&1; then
        echo "ok $n - $want"
    else
        echo "not ok $n - $want"
        head -40 "$tmp/diff" | sed 's/^/# /'
        failed=1
    fi
}

for vmcore in captures/*.kdump.zst; do
    name=$(basename "$vmcore" .kdump.zst)
    while IFS="$(printf '\t')" read -r what words; do
        case $what in ''|'#'*) continue ;; esac
        # shellcheck disable=SC2086 # the words of a command line
        check "golden/$name/$what.txt" "" "$vmcore" $words
        # shellcheck disable=SC2086
        check "golden/$name/$what.json" -j "$vmcore" $words
    done <golden/commands
done
[ "$n" -gt 0 ] || { echo "not ok 1 - there are no captures"; n=1; failed=1; }
echo "1..$n"
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# golden.t: what the commands print on the stored captures, text and JSON, held against the
# goldens. UPDATE=1 writes them anew: read the difference before you commit it.
set -u
cd "$(dirname "$0")" || exit 2
here=$PWD
. ./captures.sh
n=0
failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# what differs from run to run
steady() { sed -E 's/"elapsed_ms":[0-9.]+/"elapsed_ms":0/; s/^(.*elapsed) [0-9.]+ ms/\1 0 ms/'; }

check() { # check GOLDEN OPTIONS NAME WORDS...
    want=$here/golden/$1; mode=$2; name=$3; shift 3
    n=$((n + 1))
    # shellcheck disable=SC2046,SC2086 # options or nothing
    "$cairn" --no-cache --no-debug-search --color=never $mode $(types_option "$name") \
        "$name.kdump" "$@" >"$tmp/out" 2>&1
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

wanted() { # wanted WHICH NAME: whether this capture has this golden
    case $1 in
    base) [ -e "$here/captures/$2.kdump.zst" ] ;;
    scenario) wanted base "$2" || [ "${2#"${demo%-*}"-}" != "$2" ] ;;
    one|debug) [ "$2" = "$demo" ] ;;
    kvm) case $2 in *-kvm-*) true ;; *) false ;; esac ;;
    *) echo "not ok 0 - golden/commands: captures \"$1\""; failed=1; false ;;
    esac
}

cd "$captures" || exit 2
for name in $names; do
    while IFS="$(printf '\t')" read -r what which words; do
        case $what in ''|'#'*) continue ;; esac
        wanted "$which" "$name" || continue
        debug=; [ "$which" != debug ] || debug="-s scen.ko.debug"
        # shellcheck disable=SC2086 # the words of a command line
        check "$name/$what.txt" "$debug" "$name" $words
        # shellcheck disable=SC2086
        check "$name/$what.json" "-j $debug" "$name" $words
    done <"$here/golden/commands"
done
[ "$n" -gt 0 ] || { echo "not ok 1 - there are no captures"; n=1; failed=1; }
echo "1..$n"
exit $failed

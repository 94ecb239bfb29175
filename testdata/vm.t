#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command vm where an address space is broken: what is missing is said, in text and records. TAP;
# run it with `prove testdata/vm.t`. CAIRN names the program.

cd "$(dirname "$0")" || exit 1
. ./captures.sh
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
HOME=$tmp
export HOME
n=0

check() { # CAPTURE STATUS PATTERN WORDS...: the exit code, and a line among all that is said
    dump=$captures/$1.kdump
    want=$2
    pattern=$3
    shift 3
    "$cairn" --no-debug-search "$dump" "$@" >"$tmp/all" 2>&1 </dev/null
    got=$?
    n=$((n + 1))
    if [ "$got" -eq "$want" ] && grep -q -e "$pattern" "$tmp/all"; then
        echo "ok $n - ${dump##*/} $*"
    else
        echo "not ok $n - ${dump##*/} $*: exit code $want (got $got), $pattern"
        sed 's/^/# /' "$tmp/all" | cut -c1-200 | tail -20
    fi
}

# the tree has lost one, in place of which it has a mark
missing='^areas may be missing: 676 are there, and map_count is 677$'
check amd64-6.1-mm-xazero 4 "$missing" vm zoo-victim
check amd64-6.1-mm-xazero 4 "$missing" vm -r zoo-victim
check amd64-6.1-mm-xazero 4 '"cairn.error/1".*"676 are there, and map_count is 677"' -j vm zoo-victim
check amd64-6.1-mm-xazero 0 '\[stack\]$' vm 1
# map_count is the one that is bad: that it is not known which, is said
check amd64-6.1-mm-mapcount 4 '^areas may be missing: ' vm zoo-victim

# bits that move: by the kernel's types, where the texts of its own names are left out of the dump
check amd64-5.10-sysrq 0 '^8000875: (READ|EXEC|MAYREAD|MAYWRITE|MAYEXEC|DENYWRITE|SOFTDIRTY)$' \
    vm -f 8000875
check amd64-6.12-sysrq 0 '(READ|WRITE|SHADOW_STACK)$' vm -f 2000000003
check arm64-6.12-sysrq 0 '(READ|WRITE|MTE_ALLOWED)$' vm -f 2000000003

echo "1..$n"

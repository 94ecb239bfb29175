#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command maple on trees that are broken: which tree is meant, and that text, records and pictures
# show each bad word with what it should be. TAP; run it with `prove testdata/maple.t`. CAIRN names
# the program.

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
        sed 's/^/# /' "$tmp/all" | cut -c1-200 | head -20
    fi
}

# an address space that its task has let go of, by its mm_struct, by its task
slot=$("$cairn" --no-debug-search "$captures/amd64-6.12-maple-slot.kdump" check -o maple |
    sed -n 's/.*of mm \(0x[0-9a-f]*\).*/\1/p')
check amd64-6.12-maple-slot 0 '^0000000000400000-0000000000400fff  ' maple "$slot"
check amd64-6.12-maple-slot 1 ' 77 nodes, 1 bad$' maple -t "$slot"
check amd64-6.12-maple-slot 1 ' 77 nodes, 1 bad$' maple -t zoo-victim
check amd64-6.12-maple-slot 1 'slot\[7\] is 0x0, should be 0xffff' maple -t "$slot"

# words in no slot
check amd64-6.1-maple-neighbour 1 \
    'parent is 0x[0-9a-f]*00, should be 0x[0-9a-f]*06, overwritten by 0x' maple -t zoo-victim
check amd64-6.1-maple-neighbour 1 \
    '"bad_words":\[{"id":"maple.parent.type","field":"maple_node.parent","address":"0x[0-9a-f]*",' \
    -j maple -t zoo-victim
check amd64-6.1-maple-neighbour 1 \
    '<text .*fill="red".*parent is .*should be 0x[0-9a-f]*06' maple --svg zoo-victim
check amd64-6.1-maple-neighbour 1 \
    '<font color="red">maple_node.parent is .*should be' maple --dot zoo-victim
check amd64-6.1-maple-metaend 1 'meta.end is 0xc, should be 0xd, bit 0' maple -t zoo-victim
check amd64-6.1-maple-height 1 '^  maple_tree.ma_flags is 0x313, should be 0x30f' maple -t zoo-victim
check amd64-6.1-maple-height 1 'fill="red".*ma_flags is 0x313, should be' maple --svg zoo-victim

# a picture that can be looked at: its sides differ by less than a factor of four
"$cairn" --no-debug-search "$captures/amd64-6.1-maple-neighbour.kdump" maple --svg zoo-victim |
    sed -n '1s/.*width="\([0-9]*\)" height="\([0-9]*\)".*/\1 \2/p' >"$tmp/size"
read -r width height <"$tmp/size"
n=$((n + 1))
if [ "$width" -lt $((4 * height)) ] && [ "$height" -lt $((4 * width)) ]; then
    echo "ok $n - a picture of $width x $height"
else
    echo "not ok $n - a picture of $width x $height"
fi

# without operand the task that panicked; a number is a task's, not an address
check amd64-6.1-sysrq 0 '^0000000000400000-0000000000400fff ' maple
check amd64-6.1-sysrq 2 'no task has the pid, address or name 99999' maple -t 99999

# none to draw
check amd64-6.1-maple-neighbour 2 'no address space of its own' maple --dot 2
check amd64-6.1-maple-neighbour 0 'no address space of its own' maple 2

echo "1..$n"

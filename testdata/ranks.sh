#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ranks.sh: a file includes its own rank or lower; mm and unwind do not know each other;
# plugins include lib/cairn.h alone. Tests and fuzz targets may also include test helpers.
set -eu
awk '
function rank(p) {
    if (p ~ /^lib\/cairn\.h$/) return 0
    if (p ~ /^lib\/base\//) return 1
    if (p ~ /^lib\/image\//) return 2
    if (p ~ /^lib\/debug\//) return 3
    if (p ~ /^lib\/kern\//) return 4
    if (p ~ /^mm\//) return 5
    if (p ~ /^unwind\//) return 5
    if (p ~ /^plugins\//) return 6
    if (p ~ /^cmd\//) return 7
    return -1
}
function room(p) { sub(/\/.*/, "", p); return p }
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, q, "\""); to = q[2]; n++
    a = rank(FILENAME); b = rank(to)
    if (b < 0) { print FILENAME ":" FNR ": \"" to "\" is in no room"; bad = 1 }
    else if (b > a) { print FILENAME ":" FNR ": rank " a " includes rank " b " (" to ")"; bad = 1 }
    else if (a == 5 && b == 5 && room(FILENAME) != room(to)) { print FILENAME ":" FNR ": mm and unwind do not know each other"; bad = 1 }
    else if (a == 6 && to != "lib/cairn.h") { print FILENAME ":" FNR ": a plugin includes lib/cairn.h alone"; bad = 1 }
}
END { if (bad) exit 1; print "ranks: " n " includes go one way" }
' $(find lib mm unwind cmd $(ls -d plugins 2>/dev/null) -name '*.[ch]' | sort)

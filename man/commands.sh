#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Print man/cairn.1 with its COMMANDS section made anew from what the commands say of
# themselves. After adding or changing a command:
#
#   man/commands.sh build/cairn >cairn.1.new && mv cairn.1.new man/cairn.1
#
# Only the lines between the two markers in the page are replaced.

cairn=${1:?usage: commands.sh PROGRAM}
page=$(dirname "$0")/cairn.1

one() { # NAME: `cairn help NAME` as roff
    "$cairn" help "$1" | awk '
        function escape(s) {
            gsub(/\\/, "\\e", s)
            gsub(/-/, "\\-", s)
            while (match(s, /`[^`]*`/))
                s = substr(s, 1, RSTART - 1) "\\fB" substr(s, RSTART + 1, RLENGTH - 2) \
                    "\\fR" substr(s, RSTART + RLENGTH)
            return s ~ /^[.\047]/ ? "\\&" s : s
        }
        function fill(on) {
            if (on != filled)
                print (on ? ".fi" : ".nf")
            filled = on
        }
        BEGIN { filled = 1 }
        NR == 1 { summary = substr($0, index($0, " - ") + 3); next }
        part == 0 && /^usage: / {
            print ".SS \"" escape(substr($0, 8)) "\""
            print escape(toupper(substr(summary, 1, 1)) substr(summary, 2)) "."
            part = 1
            next
        }
        part == 1 && /^  -/ {
            # what every command takes is told once, above
            if (/^  -[jh], --(json|help)  /)
                next
            split(substr($0, 3), column, /  +/)
            print ".TP\n.B " escape(column[1])
            print escape(column[2])
            next
        }
        part == 1 { part = 2; print ".PP"; next }
        part == 2 && /^$/ { fill(1); print ".PP"; next }
        part == 2 { fill($0 !~ /^[ \t]/); print escape($0) }
        END { fill(1) }'
}

all() {
    "$cairn" help | sed -n 's/^  \([a-z_0-9]*\)  .*/\1/p' | while read -r name; do
        one "$name"
    done
}

sed '/^\.\\" BEGIN COMMANDS/q' "$page"
all
sed -n '/^\.\\" END COMMANDS/,$p' "$page"

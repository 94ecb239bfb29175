# SPDX-License-Identifier: GPL-2.0-or-later
# captures.sh: what the tests that use the stored captures begin with; sourced in testdata/.
# Sets $cairn, $captures (the folder where they lie unpacked), $names, and $demo.
cairn=${CAIRN:-../build/cairn}
cairn=$(cd "$(dirname "$cairn")" && pwd)/$(basename "$cairn")
captures=${CAPTURES:-../build/unpacked}
python3 -B captures.py unpack "$captures" || exit 2
captures=$(cd "$captures" && pwd)
names=$(python3 -B captures.py list)
demo=$(python3 -Bc "import captures; print(captures.DEMO)")

# The option that gives a capture its types where its kernel carries none, or nothing; run it
# in $captures.
types_option() { # types_option NAME
    t=$(echo "$1" | cut -d- -f1,2).btf
    [ ! -e "$t" ] || echo "-s $t"
}

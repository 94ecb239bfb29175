#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# damage.t: a damaged dump costs the parts that are damaged, each named; what still works,
# works. Exit codes as in cairn(1).
set -u
cd "$(dirname "$0")" || exit 2
. ./captures.sh
whole=$captures/$demo.kdump
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0
failed=0

ok() { # ok TEXT CONDITION...: the condition is a command
    text=$1; shift
    n=$((n + 1))
    if "$@"; then
        echo "ok $n - $text"
    else
        echo "not ok $n - $text"
        sed 's/^/# /' "$tmp/out" "$tmp/err" 2>/dev/null | head -30
        failed=1
    fi
}
run() { # run WORDS...: sets $status, $tmp/out, $tmp/err; never longer than 20 s
    timeout 20 "$cairn" --no-cache --no-debug-search "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
}
paddr() { "$cairn" --no-cache -j "$whole" vtop "$1" | sed -n 's/.*"paddr":"\(0x[0-9a-f]*\)".*/\1/p' | head -1; }
out_has() { grep -q -- "$1" "$tmp/out"; }
any_has() { cat "$tmp/out" "$tmp/err" | grep -q -- "$1"; }
status_is() { [ "$status" -eq "$1" ]; }

python3 damage.py cut 70 "$whole" "$tmp/cut"
run "$tmp/cut" triage
ok "cut at 70 %: an answer, exit 4 (got $status)" status_is 4
ok "cut at 70 %: the damage is named" any_has truncated
run -j "$tmp/cut" triage
ok "cut at 70 %: a JSON record all the same" out_has '"schema":"cairn.triage/1"'
ok "cut at 70 %: degraded names a reason" out_has '"degraded":\[{'

python3 damage.py cut 40 "$whole" "$tmp/half"
for words in "vm 1" "maple 1" "check" "tdp" "apf" "kvm" "list -H modules" "tree -t radix init_pid_ns" \
    "files 1" "p init_task" "struct list_head"; do
    # shellcheck disable=SC2086
    run "$tmp/half" $words
    ok "cut at 40 %: $words: exit 4 (got $status)" status_is 4
    ok "cut at 40 %: $words: why" any_has truncated
done

run "$tmp/half" search -s _sdata -e _edata init_task
ok "cut at 40 %: search: exit 4 (got $status)" status_is 4
python3 damage.py cut 10 "$whole" "$tmp/tenth"
for words in "sym panic" "dis panic" "p init_task" "list -H modules"; do
    # shellcheck disable=SC2086
    run "$tmp/tenth" $words
    ok "cut at 10 %: $words: exit 4 (got $status)" status_is 4
    ok "cut at 10 %: $words: symbols are lost, not misspelt" any_has "is not known: kallsyms"
done

python3 damage.py nonotes "$whole" "$tmp/nonotes"
run "$tmp/nonotes" sys
ok "no notes: VMCOREINFO is found in memory, sys works" out_has "RELEASE"
run "$tmp/nonotes" ps
ok "no notes: tasks are listed" out_has "swapper/0"
run "$tmp/nonotes" log
ok "no notes: the log is there" out_has "Linux version"

p=$(paddr init_task)
python3 damage.py exclude "$p" "$whole" "$tmp/excluded"
run "$tmp/excluded" ps
ok "init_task's page excluded: said so (got $status)" any_has excluded
ok "init_task's page excluded: exit 4" status_is 4
run "$tmp/excluded" log
ok "init_task's page excluded: the log is whole" out_has "Linux version"
ok "init_task's page excluded: the log's exit is 0 (got $status)" status_is 0
run "$tmp/excluded" rd init_task
ok "rd shows the fault in the value's place" out_has "<excluded>"

python3 damage.py spoil "$p" "$whole" "$tmp/spoiled"
run "$tmp/spoiled" rd init_task
ok "a page that does not decompress is called corrupt" out_has "<corrupt>"

p=$(paddr linux_banner)
python3 damage.py exclude "$p" "$whole" "$tmp/nobanner"
run "$tmp/nobanner" triage
ok "a page of read-only data excluded: still an answer (got $status)" test "$status" -le 4

# a page out of the middle of the tables costs what is on it
for where in kallsyms_names kallsyms_offsets; do
    p=$(paddr $where+30000)
    python3 damage.py exclude "$p" "$whole" "$tmp/hole"
    run -j "$tmp/hole" sys
    ok "a page of $where excluded: some symbols are lost, not all" \
        out_has '"what":"symbols","reason":"[0-9]\{1,4\} of [0-9]* are lost'
    run "$tmp/hole" ps
    ok "a page of $where excluded: tasks are listed" out_has "swapper/0"
    run "$tmp/hole" sym _stext
    ok "a page of $where excluded: symbols are found" out_has "(T) _stext"
done

# the first page holds their number too
p=$(paddr kallsyms_names)
python3 damage.py exclude "$p" "$whole" "$tmp/nokallsyms"
run -j "$tmp/nokallsyms" triage
ok "kallsyms' first page excluded: said so" out_has '"what":"symbols"'
run "$tmp/nokallsyms" ps
ok "kallsyms' first page excluded: tasks are listed" out_has "swapper/0"
run "$tmp/nokallsyms" sym init_uts_ns
ok "kallsyms' first page excluded: what VMCOREINFO names is known" out_has init_uts_ns
run "$tmp/nokallsyms" bt
ok "kallsyms' first page excluded: bt has frames" out_has "#0"

p=$(paddr __start_BTF+30000)
python3 damage.py exclude "$p" "$whole" "$tmp/nobtf"
run "$tmp/nobtf" ps
ok "a page of BTF excluded: ps says why there are no tasks (got $status)" any_has "BTF.*excluded"
ok "a page of BTF excluded: exit 4" status_is 4
run "$tmp/nobtf" sym _stext
ok "a page of BTF excluded: symbols are whole" out_has "(T) _stext"

: >"$tmp/empty"
run "$tmp/empty" triage
ok "empty file: exit 3 (got $status)" status_is 3
ok "empty file: said so" any_has empty
printf '\377\330\377\340\0\20JFIF' >"$tmp/photo.jpg"
head -c 5000 /dev/zero >>"$tmp/photo.jpg"
run "$tmp/photo.jpg" triage
ok "a JPEG: exit 3 (got $status)" status_is 3
ok "a JPEG: said so" any_has JPEG
run "$tmp" triage
ok "a directory: exit 3 (got $status)" status_is 3
ok "a directory: said so" any_has directory
run "$tmp/missing" triage
ok "a missing file: exit 3 (got $status)" status_is 3
ok "a missing file: said so" any_has "No such file"

# a coarse sweep; image_test.c does the fine one
bad=
for pct in 1 5 10 20 30 40 50 60 80 90 95 99; do
    python3 damage.py cut $pct "$whole" "$tmp/sweep"
    run "$tmp/sweep" triage
    [ "$status" -le 4 ] || bad="$bad $pct%:$status"
done
ok "cut anywhere: no crash, no hang ($bad)" test -z "$bad"
echo "1..$n"
exit $failed

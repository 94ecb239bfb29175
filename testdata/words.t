#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What commands say to words that name nothing, that are crash's, or that mean something else than was
# meant: on a dump. TAP; run it with `prove testdata/words.t`. CAIRN names the program.

cd "$(dirname "$0")/.." || exit 1
cairn=${CAIRN:-build/cairn}
dump=testdata/captures/amd64-6.1-irqbug.kdump.zst
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
HOME=$tmp
export HOME
n=0

check() { # STATUS PATTERN WORDS...: the exit code, and a line among all that is said
    want=$1
    pattern=$2
    shift 2
    "$cairn" --no-debug-search "$dump" "$@" >"$tmp/all" 2>&1 </dev/null
    got=$?
    n=$((n + 1))
    if [ "$got" -eq "$want" ] && grep -q -e "$pattern" "$tmp/all"; then
        echo "ok $n - $*"
    else
        echo "not ok $n - $*: exit code $want (got $got), $pattern"
        sed 's/^/# /' "$tmp/all" | head -20
    fi
}

check 2 'states are letters of' ps -s Q
check 0 'zoo-dstate' ps -s UN
check 0 '"scen_dwait"' foreach UN bt
check 0 ' zoo-spin$' foreach user active ps
check 2 'no task has the pid' set nosuch
check 0 'COMMAND: "zoo-spin"$' foreach zoo-spin bt
check 0 'COMMAND: "zoo-spin"$' foreach bt zoo-spin
check 0 '^5 tasks: 95 zoo-vmas' foreach bt -g 'zoo-*'
check 0 'zoo-dstate$' foreach ps -t 106
check 2 'no task has the pid, address or name nosuch$' foreach bt nosuch
check 0 '^(this one stack has no such function on it' bt -f 'scen_abba*'
check 0 '^(no stack has such a function on it)' foreach bt -f 'scen_abba*'
check 0 'COMMAND: "init"' -c 'set 1' -c bt
check 0 '^  pid = 1,' -c 'set init' -c 'task -R pid'
check 0 '^  pid = 124,' -c 'set 1' -c 'set -p' -c 'task -R pid'
check 0 'zoo-wait' ps 'zoo-w*'
check 0 '^ *1 .* [0-9]\+ *0 *[0-9]\+  init$' ps -m
check 0 '"rss":null,"swapped":null,"virtual":null,"comm":"kthreadd"' -j ps -m 2
check 2 'no task is called' ps 'nosuch*'
check 2 'is none of mutex, ' wait -w bogus
check 0 '^no elements$' tree -t maple init_task
check 2 'no symbol has nosuchthing in its name' sym -q nosuchthing
check 2 'no symbols of a module nosuch' sym -m nosuch
check 0 '^no area holds' vm -R nosuch 1
check 0 '^PID: 1 ' foreach vm -R '[stack]'
check 2 'looks at areas' vm -r -R heap 1
check 2 'task_struct.tasks is a list_head: -h' list task_struct.tasks init_task
check 0 '^ffff' list -H init_task.tasks -o task_struct.tasks -n 1
check 2 'no type nosuch' struct nosuch
check 2 'has no member nosuch' struct task_struct.nosuch
check 2 '1 is a PID, not an address: task 1 -R pid' struct task_struct.pid 1
check 2 '^cairn: task: struct task_struct has no member nosuch$' task -R nosuch 1
check 0 '^PID: 1 ' foreach task -R pid
check 0 '^this kernel has no KVM' kvm
check 0 '^this kernel has no KVM' tdp
check 0 '^no address space of its own$' maple 2
check 0 'if it is a process.s: -u' vtop 0x44ae97
check 0 'task  *ffffd0a900530000 .* yes  task ffff8ea985b2c200$' stacks ffffd0a900533b88
check 2 'pass the last address' rd ffffffffffffffff 4
check 0 "^(the kernel's debug info: " dis -l schedule
check 2 'dis: unknown option -s; here: dis -l' dis -s schedule
check 2 'px: no such command; here: p -x' px init_task
check 2 'say -i, -s, or name an address' kmem
check 2 'unknown option -p; here: whatis ADDRESS' kmem -p
check 0 '^  task_struct of 0 ' kmem init_task
check 2 'needs an argument; here: bt -r' bt -f
check 2 'net: no such command; here: p and list' net -a
check 2 'sym -q sched finds' sym sched
check 2 'is a type, which' whatis task_struct
check 2 'here: p -x for hex' -c 'p/x jiffies'
check 2 'unknown option -T; here: runq' runq -T
check 0 '^nothing found by 8 checkers$' check
check 0 '^oom: the class of a crash$' explain oom
check 2 'no finding and no class is called' explain nosuch
check 0 '^exit - leave the shell' help exit
check 0 '^(+0x5b is inside the instruction at +0x5a)$' dis schedule+0x5b 2
check 0 'in their low bits: -m ff)$' search -s init_task -e init_task+0x100 ffff888000000100
check 4 '^not checked: slab: ' check -o slab
check 0 '"schema":"cairn.none/1","command":"kvm"' -j kvm
check 0 '"schema":"cairn.none/1","command":"apf"' -j apf

echo "1..$n"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command line of cairn as far as it needs no dump: words, exit codes, messages, and
# the man page. TAP; run it with `prove testdata/cli.t`. CAIRN names the program.

cairn=${CAIRN:-build/cairn}
case $cairn in
*/*) cairn=$(cd "$(dirname "$cairn")" && pwd)/$(basename "$cairn") ;;
esac
man=$(cd "$(dirname "$0")/.." && pwd)/man/cairn.1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
HOME=$tmp
unset XDG_STATE_HOME XDG_CACHE_HOME NO_COLOR
export HOME
n=0

result() { # STATUS NAME
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        sed 's/^/# out: /' out
        sed 's/^/# err: /' err
    fi
}

runs() { # STATUS WORDS...: run cairn, expect its exit code
    want=$1
    shift
    "$cairn" "$@" >out 2>err </dev/null
    got=$?
    [ "$got" -eq "$want" ]
    result $? "cairn $*: exit code $want (got $got)"
}

says() { # FILE PATTERN
    grep -q -e "$2" "$1"
    result $? "$1 has: $2"
}

silent() { # FILE
    [ ! -s "$1" ]
    result $? "$1 is empty"
}

# ---- usage ----

runs 2
says err '^cairn: no vmcore was given$'
says err '^usage: cairn '
silent out
runs 2 --nonsense
says err '^cairn: unknown option --nonsense$'
runs 2 -s
runs 2 --color=pink dump
runs 2 --no
says err 'ambiguous option --no$'
runs 2 bt
says err '^cairn: bt: no vmcore was given$'
says err '^usage: bt'
runs 2 -c bt
says err '^cairn: bt: needs a vmcore$'
runs 2 help nonsense
says err 'nonsense: no such command'
: >exists
runs 2 exists nonsense
says err 'neither a file nor a command: nonsense'
runs 2 exists s
says err 's: one letter is too few for .*struct'
runs 2 exists mach
says err 'mach: no such command; here: sys'
runs 2 exists vtpo
says err 'vtpo: no such command; vtop?'
runs 2 dis -s exists
says err 'unknown option -s; here: dis -l'
runs 2 bt --nonsense exists
says err '^usage: bt'

# ---- what needs no dump ----

for option in -V --version --vers; do
    runs 0 $option
    says out '^cairn [0-9]'
done
for option in -h --help; do
    runs 0 $option
    says out '^usage: cairn '
    silent err
done
runs 0 help
says out '^  bt '
runs 0 help bt ps
says out '^usage: ps'
runs 0 bt --help
says out '^usage: bt'
runs 0 nosuchfile bt -h
runs 0 help -j
says out '^{"schema":"cairn.command/1","name":"bt",'
runs 0 -j help bt
says out '^{"schema":"cairn.command/1","name":"bt",'
runs 0 --json --color=always help bt
runs 0 -c 'help bt' -c 'help ps'
says out '^usage: ps'
runs 0 -c 'help bt | tr a-z A-Z'
says out '^USAGE: BT'
runs 0 -c 'help bt > here' -c 'help ps >> here'
grep -q '^usage: ps' here && grep -q '^usage: bt' here
result $? 'files are written and appended to'
runs 0 -c 'help | head -1'
silent err
runs 3 -c 'help > /nonexistent/file'
printf '# comment\n\nhelp bt\n  q\nnonsense\n' >script
runs 0 -x script
says out '^usage: bt'
printf 'nonsense\nhelp bt\n' >script
runs 2 -x script
says err '^cairn: script:1: nonsense: no such command$'
says out '^usage: bt'
runs 3 -x nosuchscript
"$cairn" -x - <script >out 2>err
[ $? -eq 2 ] && grep -q '^usage: bt' out
result $? '-x - reads standard input'
runs 0 -c '!echo from the shell'
says out '^from the shell$'
"$cairn" -c 'help' 2>err >/dev/full
[ $? -eq 3 ] && grep -q 'No space left' err
result $? 'a full disk is noticed'

# ---- logs ----

printf 'kernel BUG at a/b.c:12!\nRIP: 0010:foo+0x1/0x2\nCall Trace:\n bar+0x1/0x2\n' >log
: >empty
runs 1 oops log
says out '^kernel BUG in foo$'
says out '^  at         a/b.c:12$'
says out '^  signature  c1:bug:foo:'
runs 1 oops -j log
says out '^{"schema":"cairn.oops/1",'
says out '"title":"kernel BUG in foo"'
says out '"module_list":null,.*"commands":\['
printf 'kernel BUG at a/b.c:12!\nModules linked in: one(OE) two\nRIP: 0010:foo+0x1/0x2\nCode: 0f <0b>\nRAX: 0000000000000007 RBX: 0000000000000008\n' >log2
runs 1 oops -v log2
says out '^    rax    0000000000000007  rbx    0000000000000008$'
says out '^    0f <0b>$'
says out '^    one (OE), two$'
runs 1 oops log2
says out '^kernel BUG in foo$'
if grep -q 'rax\|0f <0b>\|one (OE)' out; then false; else true; fi
result $? 'oops shows registers, code and modules upon -v alone'
runs 1 oops log empty
"$cairn" oops - <log >out 2>err
[ $? -eq 1 ] && grep -q '^kernel BUG in foo$' out
result $? 'oops - reads standard input'
zstd -q log
runs 1 oops log.zst
runs 0 oops empty
says out '^no report of trouble in 0 lines$'
runs 0 oops
runs 0 oops -r
says out '^locks, or watches locks$'
says out '^gives a page back, and looks at it (in reports of that alone)$'
printf '%s\n' '[ 1.0] mce: [Hardware Error]: CPU 1: Machine Check Exception: 5 Bank 3: fe00000000800400' \
    '[ 1.0] mce: [Hardware Error]: TSC 1 ADDR 12345678 MISC 86' \
    '[ 1.1] Kernel panic - not syncing: Fatal machine check' >mce
runs 1 oops mce
says out '^  error      CPU 1, bank 3: internal timer: .*; uncorrected, .* is lost, and there was another before, at physical address 0x12345678 (status 0xfe00000000800400)$'
runs 1 oops -j mce
says out '"machine_checks":\[{"cpu":1,"bank":3,.*"overflow":true,"address":"0x12345678","status":"0xfe00000000800400"}\]'
runs 3 oops nosuchlog
says err '^cairn: oops: nosuchlog: No such file'
runs 3 oops .
runs 2 oops --nonsense
printf '\177ELF\002\001\001\0\0\0\0\0\0\0\0\0\004\0kernel BUG at a/b.c:12!\n' >core
runs 3 oops core
says err '^cairn: oops: core: '
silent out
"$cairn" oops - <core >out 2>err
[ $? -eq 3 ] && [ ! -s out ] && grep -q 'no text but a vmcore' err
result $? 'oops - takes no vmcore for a text'
awk 'BEGIN { for (i = 1; i <= 1005; i++)
    printf "[ %4d.000000] kernel BUG at a/b.c:%d!\n[ %4d.000000] ---[ end trace 0 ]---\n", i, i, i }' >many
runs 1 oops many
says out '^5 earlier reports are left out$'
runs 1 oops -j many
says out '"schema":"cairn.error/1","command":"oops".*"code":"limit","message":"5 earlier reports'
runs 1 oops -l many
says out '^  at         a/b.c:1005$'
printf 'Nov 26 10:11:12 box app[12]: BUG: kernel NULL pointer dereference, address: 0\n' >other
runs 0 oops other
head -c 100000 "$cairn" >program
runs 3 oops program
says err '^cairn: oops: program: no text$'

# ---- records ----

printf '{"schema":"cairn.triage/1","file":"live","crash":{"class":"none"},"signature":null}\n' >records
runs 0 bucket records
says out '1 no crash: the machine was running$'

# ---- files that are no dumps ----

: >empty
printf '\377\330\377\340\000\020JFIF\000\001\001' >picture.jpg
head -c 100000 /dev/zero >>picture.jpg
echo 'just some text' >text
mkdir folder
head -c 100000 /dev/zero >zeros
printf 'KDUMP   ' >kdump-cut
head -c 4096 /dev/zero >>kdump-cut
printf '\177ELF\002\001\001' >elf-cut
for file in nosuchfile empty picture.jpg text folder zeros kdump-cut elf-cut; do
    runs 3 ./$file ps
    says err "^cairn: .*$file"
    silent out
    runs 3 ps ./$file
    runs 3 -j ./$file ps
    says out '^{"schema":"cairn.error/1","command":null,"file":"./'$file'","code":"[a-z]*","message":"'
    runs 3 ./$file ps -j
    says out '^{"schema":"cairn.error/1"'
done
runs 3 triage ./text
says err 'not a vmcore but a text; `cairn oops` reads logs$'
runs 0 triage --schema
runs 2 triage --schema extra
says err '^cairn: triage: --schema takes no operands$'
runs 3 empty text
runs 3 empty
runs 3 empty -c ps
runs 0 empty help bt

# ---- the man page knows every command and every option ----

sh "$(dirname "$man")/commands.sh" "$cairn" >page 2>err
diff "$man" page >out
result $? 'man page: says what the commands say (man/commands.sh makes it)'

section() { # NAME: the lines of its .SS, without roff's escapes
    sed 's/\\-/-/g; s/\\f[BIRP]//g; s/\\&//g; s/"//g' "$man" |
        awk -v name="$1" '/^\.S[SH]/ { on = ($2 == name) } on'
}

has_option() { # LETTER NAME: "null" for one that it has not
    { [ "$1" = null ] || grep -q -e "^\.[BTI][^ ]* \(.*[ ,]\)\{0,1\}-$1\([ ,=]\|\$\)" section; } &&
        { [ "$2" = null ] || grep -q -e "--$2\([ ,=]\|\$\)" section; }
}

"$cairn" help -j 2>err | sed 's/{"letter"/\n&/g; s/"//g' >commands
while IFS= read -r line; do
    case $line in
    "{schema:"*)
        command=${line#*,name:}
        command=${command%%,*}
        section "$command" >section
        [ -s section ]
        result $? "man page: $command"
        ;;
    "{letter:"*)
        letter=${line#*letter:}
        letter=${letter%%,*}
        name=${line#*,name:}
        name=${name%%,*}
        has_option "$letter" "$name"
        result $? "man page: $command -$letter --$name"
        ;;
    esac
done <commands
"$cairn" --help | sed -n 's/^  *\(-[^ ]*\( --[^ ]*\)\{0,1\}\)  .*/\1/p' >options
[ "$(wc -l <options)" -ge 9 ]
result $? 'the program lists its options'
section OPTIONS >section
while read -r first second; do
    long=${second:-$first}
    long=${long#--}
    letter=null
    [ -n "$second" ] && letter=${first#-} && letter=${letter%,}
    has_option "$letter" "${long%%=*}"
    result $? "man page: -$letter --${long%%=*}"
done <options

echo "1..$n"

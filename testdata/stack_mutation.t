#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# stack_mutation.t: words of stacks overwritten, one at a time: no hang, and no frame is graded A that
# is not true. A few of each kind; `make bench-stack-mutation` takes thousands.
set -u
cd "$(dirname "$0")" || exit 2
here=$PWD
. ./captures.sh
XDG_CACHE_HOME=$(mktemp -d)
export XDG_CACHE_HOME
trap 'rm -rf "$XDG_CACHE_HOME"' EXIT
cd "$captures" || exit 2
n=0
bad=0
for name in amd64-6.1-irqbug amd64-7.2-nmi i386-6.1-irqbug arm64-6.1-irqbug armhf-6.1-irqbug; do
    n=$((n + 1))
    # shellcheck disable=SC2046 # an option or nothing
    python3 "$here/stack_mutation.py" -n 40 $(types_option "$name") "$cairn" "$name.kdump" \
        >"$XDG_CACHE_HOME/out" 2>&1 || bad=1
    grep -q '^\(not \)\?ok 1 ' "$XDG_CACHE_HOME/out" || echo "not ok $n - $name: no answer"
    sed "/^1\.\./d; s/ok 1 /ok $n /; s/^Traceback/# &/" "$XDG_CACHE_HOME/out"
done
echo "1..$n"
exit $bad

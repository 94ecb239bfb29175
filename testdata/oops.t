#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# oops.t: of every stored capture, what `cairn oops` reads in the console is what `cairn triage` says of
# the dump, and what was done to the machine.
set -u
cd "$(dirname "$0")" || exit 2
. ./captures.sh
XDG_CACHE_HOME=$(mktemp -d)
export XDG_CACHE_HOME
trap 'rm -rf "$XDG_CACHE_HOME"' EXIT
python3 -B oops.py "$cairn" "$captures"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# signatures.t: of the stored captures, each bug has one signature, and no two bugs share one.
set -u
cd "$(dirname "$0")" || exit 2
. ./captures.sh
XDG_CACHE_HOME=$(mktemp -d)
export XDG_CACHE_HOME
trap 'rm -rf "$XDG_CACHE_HOME"' EXIT
python3 -B signatures.py "$cairn" "$captures"

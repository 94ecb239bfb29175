#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# nolog.t: a dump that has lost its log tells the same crash.
set -u
cd "$(dirname "$0")" || exit 2
. ./captures.sh
python3 -B nolog.py "$cairn" "$captures"

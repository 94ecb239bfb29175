#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# matrix.t: the stored captures' rows of the matrix are right: cairn opens each, every stack is the
# kernel's, the cause is found, nothing else is.
set -u
cd "$(dirname "$0")" || exit 2
. ./captures.sh
exec python3 matrix.py --check "$cairn" "$captures"

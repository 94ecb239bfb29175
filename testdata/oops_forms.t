#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# oops_forms.t: what a log reports does not hang on the form in which its lines were kept, on how many
# wrote at a time, nor, as far as it is there, on where it was cut.
set -u
cd "$(dirname "$0")" || exit 2
. ./captures.sh
python3 -B oops_forms.py "$cairn" "$captures"

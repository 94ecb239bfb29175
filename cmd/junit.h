/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * junit - what was held against an expectation, for those who show test results.
 */
#ifndef CAIRN_CMD_JUNIT_H
#define CAIRN_CMD_JUNIT_H

#include "cmd/expectation.h"
#include "lib/base/str.h"

/** Append a JUnit XML file: one suite of that name, one test case for each thing expected: a
 *  failure where it differs, an error where that cannot be told. */
void junit_add(struct str *s, const char *suite, const struct held *held);

/** Likewise where the dump could not be opened: one test case, an error. */
void junit_add_unopened(struct str *s, const char *suite, const char *why);

/** Append GitHub's workflow command for each thing that is not as expected, a line each: an error
 *  at the expectation's file. */
void github_add(struct str *s, const char *dump, const char *file, const struct held *held);

#endif

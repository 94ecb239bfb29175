/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slab_list - a list of a slab's free objects, from one end to the other, and where it is broken.
 */
#ifndef CAIRN_MM_SLAB_LIST_H
#define CAIRN_MM_SLAB_LIST_H

#include "mm/slab_free.h"

struct slab_list {
	uint64_t at, first; /* address of the word that has the first object, and what it says */
	uint64_t head;      /* the slab's first struct page */
};

enum slab_list_state {
	SLAB_LIST_WHOLE,
	SLAB_LIST_HEAD,   /* it begins with what is no object of the slab */
	SLAB_LIST_LINK,   /* the link of a free object leads to what is none, or in a circle */
	SLAB_LIST_UNREAD, /* the dump lacks a part of it */
};

struct slab_list_end {
	uint64_t n;        /* objects until there */
	uint64_t begin;    /* of the slab's memory; 0: the list is empty, or its begin is the bad word */
	uint64_t object;   /* whose link is bad; 0: none's */
	uint64_t place;    /* the bad word, */
	uint64_t found;    /* and what it says, decoded */
};

/** `l` is of the slab's cache. *why: of SLAB_LIST_UNREAD. */
enum slab_list_state slab_list_walk(const struct slab_links *l, const struct page_map *m,
				    const struct slab_list *list, struct slab_list_end *ret,
				    struct cairn_err *why);

#endif

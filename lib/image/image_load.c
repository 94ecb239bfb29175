/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdatomic.h>

#include "lib/image/image_impl.h"

#define BATCH 1024 /* pages that are found before they are loaded */
#define GRAB  16   /* pages that a thread takes at a time */
#define WORTH 64   /* fewer pages are not worth a second thread (30 us) */

struct batch {
	const struct pages *pages;
	struct image_load *loads;
	const struct page_place *places;
	size_t n;
	atomic_size_t next;
};

struct worker {
	struct batch *batch;
	struct codec *codec;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct batch *b = w->batch;

	for (;;) {
		size_t i = atomic_fetch_add(&b->next, GRAB), end = i + GRAB;

		if (i >= b->n)
			return NULL;
		for (; i < end && i < b->n; i++)
			if (b->loads[i].fault == CAIRN_FAULT_NONE)
				b->loads[i].fault = pages_load(b->pages, &b->places[i], w->codec,
							       b->loads[i].to);
	}
}

/* Out of memory or threads: one does it as well. */
static bool start_helper(struct image *img, struct worker *w, pthread_t *thread)
{
	if (w->batch->n < WORTH)
		return false;
	if (!img->helper)
		img->helper = codec_new();
	w->codec = img->helper;
	return w->codec && !pthread_create(thread, NULL, work, w);
}

static void load_batch(struct image *img, struct image_load *loads, size_t n)
{
	struct page_place places[BATCH];
	struct batch b = { .pages = img->pages, .loads = loads, .places = places, .n = n };
	struct worker mine = { &b, img->codec }, theirs = { &b, NULL };
	pthread_t thread;
	bool helped;

	for (size_t i = 0; i < n; i++)
		loads[i].fault = pages_find(img->pages, loads[i].paddr >> img->info.page_shift,
					    &places[i]);
	helped = start_helper(img, &theirs, &thread);
	work(&mine);
	if (helped)
		pthread_join(thread, NULL);
	for (size_t i = 0; i < n; i++) {
		if (img->overlay.n && loads[i].fault == CAIRN_FAULT_NONE)
			overlay_apply(&img->overlay, loads[i].paddr >> img->info.page_shift,
				      img->info.page_shift, loads[i].to);
		img->pages_read += loads[i].fault == CAIRN_FAULT_NONE;
		image_note(img, loads[i].paddr >> img->info.page_shift, loads[i].fault);
	}
}

void image_load(struct image *img, struct image_load *loads, size_t n)
{
	for (size_t done = 0; done < n; done += BATCH)
		load_batch(img, loads + done, n - done < BATCH ? n - done : BATCH);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdatomic.h>

#include "lib/base/mem.h"
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
	const struct image *img;
	image_seen *seen; /* NULL: pages go to where they are wanted */
	void *arg;
	size_t first;     /* place of the first in all that are wanted */
};

struct worker {
	struct batch *batch;
	struct codec *codec;
};

#define ROOM 65536 /* the largest page, see image_info.page_shift */

/* A page is there, in `room` if somebody is to see it. */
static void show(const struct batch *b, size_t i, unsigned char *room)
{
	const struct image_load *l = &b->loads[i];
	unsigned shift = b->img->info.page_shift;

	if (l->fault != CAIRN_FAULT_NONE || !b->seen)
		return;
	if (b->img->overlay.n)
		overlay_apply(&b->img->overlay, l->paddr >> shift, shift, room);
	b->seen(b->arg, b->first + i, room);
}

static void load_one(const struct batch *b, size_t i, struct codec *codec, unsigned char *room)
{
	struct image_load *l = &b->loads[i];

	if (l->fault != CAIRN_FAULT_NONE)
		return;
	l->fault = pages_load(b->pages, &b->places[i], codec, b->seen ? room : l->to);
	show(b, i, room);
}

/* Pages from place i on that may come at once: they are to be seen, or go to where they lie in
 * a row. */
static size_t run_at(const struct batch *b, size_t i, size_t end)
{
	size_t size = (size_t)1 << b->img->info.page_shift, n = 0, most = end - i;
	const struct image_load *l = &b->loads[i];

	if (b->seen && most > ROOM / size)
		most = ROOM / size;
	while (n < most && l[n].fault == CAIRN_FAULT_NONE &&
	       (b->seen || l[n].to == (char *)l->to + n * size))
		n++;
	return n > 1 ? pages_run(b->pages, &b->places[i], n) : n;
}

/* How many were loaded; 0: they are better loaded one by one. */
static size_t load_run(const struct batch *b, size_t i, size_t end, unsigned char *room)
{
	size_t n = run_at(b, i, end);

	if (n < 2 || !pages_load_run(b->pages, &b->places[i], n, b->seen ? room : b->loads[i].to))
		return 0;
	for (size_t k = 0; k < n; k++)
		show(b, i + k, room + (k << b->img->info.page_shift));
	return n;
}

static void *work(void *arg)
{
	unsigned char room[ROOM];
	struct worker *w = arg;
	struct batch *b = w->batch;

	for (;;) {
		size_t i = atomic_fetch_add(&b->next, GRAB), end = i + GRAB, n;

		if (i >= b->n)
			return NULL;
		end = end < b->n ? end : b->n;
		for (; i < end; i += n) {
			n = load_run(b, i, end, room);
			if (!n) {
				load_one(b, i, w->codec, room);
				n = 1;
			}
		}
	}
}

/* Out of memory or threads: one does it as well. */
static bool start_helper(struct image *img, struct worker *w, pthread_t *thread)
{
	if (w->batch->n < WORTH || img->loading)
		return false;
	if (!img->helper)
		img->helper = codec_new();
	w->codec = img->helper;
	return w->codec && !pthread_create(thread, NULL, work, w);
}

/* What became of the pages, on the thread that asked. */
static void note_batch(struct image *img, const struct batch *b)
{
	unsigned shift = img->info.page_shift;

	for (size_t i = 0; i < b->n; i++) {
		const struct image_load *l = &b->loads[i];

		if (img->overlay.n && l->fault == CAIRN_FAULT_NONE && !b->seen)
			overlay_apply(&img->overlay, l->paddr >> shift, shift, l->to);
		img->pages_read += l->fault == CAIRN_FAULT_NONE;
		image_note(img, l->paddr >> shift, l->fault);
	}
}

static void find_places(const struct image *img, struct batch *b, struct page_place *places)
{
	b->places = places;
	for (size_t i = 0; i < b->n; i++)
		if (!b->seen || b->loads[i].fault == CAIRN_FAULT_NONE)
			b->loads[i].fault = pages_find(img->pages, b->loads[i].paddr >>
						       img->info.page_shift, &places[i]);
}

static void load_batch(struct image *img, struct batch *b)
{
	struct page_place places[BATCH];
	struct worker mine = { b, img->codec }, theirs = { b, NULL };
	pthread_t thread;
	bool helped;

	find_places(img, b, places);
	helped = start_helper(img, &theirs, &thread);
	work(&mine);
	if (helped)
		pthread_join(thread, NULL);
	note_batch(img, b);
}

void image_each(struct image *img, struct image_load *loads, size_t n, image_seen *fn, void *arg)
{
	for (size_t done = 0; done < n; done += BATCH)
		load_batch(img, &(struct batch){
			.pages = img->pages, .loads = loads + done, .img = img, .seen = fn, .arg = arg,
			.n = n - done < BATCH ? n - done : BATCH, .first = done,
		});
}

void image_load(struct image *img, struct image_load *loads, size_t n)
{
	image_each(img, loads, n, NULL, NULL);
}

/* ---- in the background ---- */

struct image_loading {
	struct batch batch;
	struct worker theirs;
	pthread_t thread;
	struct page_place places[];
};

static bool start(struct image *img, struct image_loading *l)
{
	if (!img->helper)
		img->helper = codec_new();
	l->theirs = (struct worker){ &l->batch, img->helper };
	return img->helper && !pthread_create(&l->thread, NULL, work, &l->theirs);
}

struct image_loading *image_each_begin(struct image *img, struct image_load *loads, size_t n,
				       image_seen *fn, void *arg)
{
	struct image_loading *l;

	if (img->loading)
		return NULL;
	l = mem_zalloc(1, sizeof(*l) + n * sizeof(l->places[0]));
	if (!l)
		return NULL;
	l->batch = (struct batch){ .pages = img->pages, .loads = loads, .img = img, .n = n,
				   .seen = fn, .arg = arg };
	find_places(img, &l->batch, l->places);
	if (!start(img, l)) {
		mem_free(l);
		return NULL;
	}
	img->loading = true;
	return l;
}

void image_each_wait(struct image *img, struct image_loading *l)
{
	struct worker mine = { &l->batch, img->codec };

	work(&mine);
	pthread_join(l->thread, NULL);
	img->loading = false;
	note_batch(img, &l->batch);
	mem_free(l);
}

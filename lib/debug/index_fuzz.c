/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An index file that something happened to: it is refused, or what is taken from it can be
 * asked anything. With checksums made good again, so that more than they are tested. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/map.h"
#include "lib/debug/kallsyms_index.h"
#include "lib/debug/testpatch.h"
#include "lib/debug/testsyms.h"
#include "lib/debug/testtypes.h"

#define VA UINT64_C(0xffffffff81000000)
#define ID "f00d"
#define FILE_MAX 65536u

/* the head, as index.h describes it */
#define SECTIONS_AT 72u
#define SECTION_SIZE 24u
#define HEAD_SIZE (SECTIONS_AT + INDEX_SECTIONS * SECTION_SIZE)

static char home[] = "/tmp/cairn-fuzz-XXXXXX", path[64];
static unsigned char good[FILE_MAX];
static size_t good_size;

static void clean_up(void)
{
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(home);
}

static void read_good(void)
{
	FILE *f = fopen(path, "r");

	if (!f)
		abort();
	good_size = fread(good, 1, sizeof(good), f);
	fclose(f);
}

/* Save what a small kernel yields. */
static void save_good(void)
{
	const struct tsym sym[] = { { "percpu", 'A', 0x40 }, { "_stext", 'T', VA },
				    { "twin", 't', VA + 16 }, { "twin", 't', VA + 32 },
				    { "_end", 'B', VA + 4096 } };
	struct tsyms t = { .encoding = KALLSYMS_ABSOLUTE_PERCPU, .word = 8, .relative_base = VA,
			   .va = VA + 0x8000, .delta = VA };
	struct index_part part[INDEX_SECTIONS] = { 0 };
	struct btf *b = tt_new();
	struct testmem m = { 0 };
	struct arena arena = { 0 };
	struct kallsyms_head head;
	struct nameindex names;
	struct btf_provider *p;
	struct kallsyms k;
	struct space sp;
	char info[1024] = "SYMBOL(_stext)=ffffffff81000000\n";
	struct image *img;
	uint32_t n;

	testmem_add(&m, 0, 0x10000);
	testmem_put(&m, 0x1000 + 511 * 8, 0x2063, 8);
	testmem_put(&m, 0x2000 + 510 * 8, 0x3063, 8);
	testmem_put(&m, 0x3000 + 8 * 8, 0xe3, 8);
	tsyms_write(&t, &m, sym, sizeof(sym) / sizeof(sym[0]));
	tsyms_export(&t, info, sizeof(info));
	img = testmem_open(&m);
	if (!img || space_init(&sp, img, &paging_x86_64_l4, 0x1000, 8, "address", NULL) ||
	    kallsyms_load(&k, &sp, &(struct vmcoreinfo){ info, strlen(info) }, &arena, NULL))
		abort();
	kallsyms_parts(&k, &head, part);
	tt_zoo(b);
	part[INDEX_BTF].data = btf__raw_data(b, &n);
	part[INDEX_BTF].len = n;
	if (btf_provider_new(&p, "good", part[INDEX_BTF].data, n, NULL, NULL, 8, NULL))
		abort();
	names = btf_provider_index(p);
	part[INDEX_BTF_BY_NAME] = (struct index_part){ names.block, names.size };
	if (index_save(ID, part, NULL))
		abort();
	btf_types(p)->ops->close(btf_types(p));
	btf__free(b);
	space_deinit(&sp);
	image_close(img);
	arena_deinit(&arena);
	testmem_free(&m);
}

static void set_up(void)
{
	if (good_size)
		return;
	if (!mkdtemp(home))
		abort();
	setenv("XDG_CACHE_HOME", home, 1);
	snprintf(path, sizeof(path), "%s/cairn/" ID, home);
	save_good();
	read_good();
	atexit(clean_up);
}

/* Make every checksum right for what is there now. */
static void make_good_again(unsigned char *file, size_t size)
{
	uint64_t sum;

	for (size_t i = 0; i < INDEX_SECTIONS; i++) {
		unsigned char *s = file + SECTIONS_AT + i * SECTION_SIZE;
		uint64_t off = le64(s), len = le64(s + 8);

		if (off > size || len > size - off)
			continue;
		sum = hash_bulk(file + off, len);
		memcpy(s + 16, &sum, 8);
	}
	sum = hash_bulk(file, HEAD_SIZE);
	memcpy(file + HEAD_SIZE, &sum, 8);
}

static void put_file(const unsigned char *file, size_t size)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(file, 1, size, f) != size || fclose(f) || chmod(path, 0600))
		abort();
}

static void ask_symbols(struct index *idx)
{
	static const char info[] = "SYMBOL(_stext)=ffffffff81000000\n";
	const struct vmcoreinfo v = { info, sizeof(info) - 1 };
	struct arena arena = { 0 };
	struct space none = { 0 };
	struct kallsyms k;
	struct syms syms;
	struct sym s;

	if (kallsyms_from_index(&k, idx, &none, &v, &arena, NULL) == CAIRN_OK) {
		syms_init(&syms, &arena);
		if (kallsyms_register(&k, &syms, NULL) != CAIRN_OK)
			abort();
		for (size_t i = 0; i < 1000 && syms.first->ops->at(syms.first->self, i, &s); i++)
			sym_at(&syms, s.addr, &s, NULL);
		for (size_t i = 0; sym_find_nth(&syms, "twin", i, &s) && i < 1000; i++)
			;
	}
	arena_deinit(&arena);
}

static void ask_types(struct index *idx)
{
	size_t len = 0, by_name_len = 0;
	const void *blob = index_get(idx, INDEX_BTF, &len);
	const void *kept = index_get(idx, INDEX_BTF_BY_NAME, &by_name_len);
	struct nameindex by_name;
	struct btf_provider *p;
	struct type_provider *t;

	if (!blob || !nameindex_take(&by_name, kept, by_name_len) ||
	    btf_provider_new(&p, "kept", blob, len, NULL, &by_name, 8, NULL) != CAIRN_OK)
		return;
	t = btf_types(p);
	t->ops->find(t, TYPE_STRUCT, "zoo");
	t->ops->find(t, TYPE_VOID, "int");
	t->ops->find(t, TYPE_STRUCT, "none");
	t->ops->close(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_init(data, size);
	static unsigned char file[FILE_MAX];
	uint8_t how = cursor_u8(&c);
	struct index *idx;
	size_t n;

	set_up();
	memcpy(file, good, good_size);
	patch_all(&c, file, good_size);
	if (how & 1)
		make_good_again(file, good_size);
	n = how & 2 ? good_size - how * 64u % good_size : good_size;
	put_file(file, n);
	if (index_open(&idx, ID, NULL) == CAIRN_OK) {
		ask_symbols(idx);
		ask_types(idx);
		index_close(idx);
	}
	return 0;
}

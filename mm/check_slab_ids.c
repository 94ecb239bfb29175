/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the findings of the checker "slab" mean. */
#include "mm/check_slab.h"

const struct cairn_explanation check_slab_ids[] = {
	{
		.id = "slab.freelist.head",
		.title = "a list of free objects begins with what is no free object",
		.meaning =
			"A slab, or a CPU that allocates from it, has the first of its free objects in one word, and\n"
			"this one leads to no object of that slab. Whoever allocates from it next crashes, or is given\n"
			"memory that belongs to somebody else.",
		.causes =
			"A free object was written to, over the link to the next one: use after free, freed twice, or\n"
			"written past the end of its neighbour. The object was then handed out, and its link became the\n"
			"list's head: who wrote is not who crashed. With CONFIG_SLAB_FREELIST_HARDENED a link is stored\n"
			"encoded, so that whatever was written over it reads as an address that is none: as a rule a\n"
			"whole pointer with wrong upper bytes.",
		.next =
			"`kmem -s CACHE` for whose objects they are; `whatis` and `rd` of the object that was handed\n"
			"out last (a register of the crash may have it); whoever frees objects of this cache; a run\n"
			"with slub_debug=FZPU, or KASAN.",
	},
	{
		.id = "slab.freelist.link",
		.title = "a free object leads to what is no object of its slab",
		.meaning =
			"Free objects are linked: each holds the address of the next one (encoded, with\n"
			"CONFIG_SLAB_FREELIST_HARDENED). This one leads out of its slab, between two objects, or back\n"
			"to one that was on the list before. Nobody has met it yet, or somebody just did.",
		.causes =
			"The object was written to after it was freed, or its neighbour past its end. A circle: an\n"
			"object was freed twice.",
		.next =
			"`rd` of the object and of the one before it (`whatis` names it): what was written often tells\n"
			"who wrote; whoever frees objects of this cache.",
	},
	{
		.id = "slab.freelist.count",
		.title = "a slab counts other free objects than are on its list",
		.meaning =
			"A slab counts its objects in use. All others are on its list of free ones: the two do not\n"
			"agree, though every link is right.",
		.causes =
			"Part of the list was cut off or tied in: a link was overwritten with another object's address,\n"
			"or an object was freed twice. In flight: on machines without cmpxchg of two words, and with\n"
			"slub_debug, both are changed under a lock, one after the other.",
		.next =
			"`struct slab ADDRESS`; `rd` of the objects on the list.",
	},
	{ 0 },
};

// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/list.h>

#include "scen.h"

struct scen_item {
	struct list_head link;
	char tag[16];
};

static struct scen_item scen_items[3] = {
	{ .tag = "scen-a" }, { .tag = "scen-b" }, { .tag = "scen-c" },
};
static LIST_HEAD(scen_list_head);

static scen_frame void scen_list_del(struct list_head *link)
{
	list_del(link);
	SCEN_FRAME_END();
}

/* a neighbour's next pointer skips the item that is deleted */
void scen_list(int pid)
{
	struct list_head *a = &scen_items[0].link, *c = &scen_items[2].link;
	int i;

	for (i = 0; i < 3; i++)
		list_add_tail(&scen_items[i].link, &scen_list_head);
	pr_emerg(ORACLE "corruption list node %px field next addr %px old %px new %px\n",
		 a, &a->next, a->next, c);
	WRITE_ONCE(a->next, c);
	scen_list_del(&scen_items[1].link);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/completion.h>
#include <linux/mutex.h>

#include "scen.h"

static DEFINE_MUTEX(scen_abba_a);
static DEFINE_MUTEX(scen_abba_b);
static DECLARE_COMPLETION(scen_has_a);
static DECLARE_COMPLETION(scen_has_b);

static scen_frame void scen_abba_second(struct mutex *mutex)
{
	mutex_lock(mutex);
	mutex_unlock(mutex);
	SCEN_FRAME_END();
}

static int scen_ab_thread(void *data)
{
	mutex_lock(&scen_abba_a);
	complete(&scen_has_a);
	wait_for_completion(&scen_has_b);
	scen_abba_second(&scen_abba_b);
	mutex_unlock(&scen_abba_a);
	return 0;
}

static int scen_ba_thread(void *data)
{
	mutex_lock(&scen_abba_b);
	complete(&scen_has_b);
	wait_for_completion(&scen_has_a);
	scen_abba_second(&scen_abba_a);
	mutex_unlock(&scen_abba_b);
	return 0;
}

/* two threads, each with the mutex that the other one wants */
void scen_abba(int pid)
{
	scen_thread(scen_ab_thread, "scen_abba1");
	scen_thread(scen_ba_thread, "scen_abba2");
	pr_emerg(ORACLE "abba mutex a %px b %px\n", &scen_abba_a, &scen_abba_b);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* -j IDLETIMER: tell user space, through sysfs, that an interface has been idle. */
#include <linux/netfilter/xt_IDLETIMER.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "timeout", .type = &type_uint, .at = SPAN(struct idletimer_tg_info_v1, timeout),
	  .flags = OPT_MUST | OPT_ALWAYS, .list = "timeout:%v", .metavar = "time",
	  .help = "Timeout until the notification is sent (in seconds)" },
	{ .name = "label", .type = &type_word, .at = SPAN(struct idletimer_tg_info_v1, label),
	  .flags = OPT_MUST | OPT_ALWAYS, .list = "label:%v", .metavar = "string",
	  .help = "Unique rule identifier" },
	{ .name = "alarm",
	  .given = BITS(struct idletimer_tg_info_v1, timer_type, XT_IDLETIMER_ALARM),
	  .help = "Use alarm instead of default timer" },
	{ 0 },
};

/* Revision 0 has no alarms; label and timeout lie in the same places. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	const struct idletimer_tg_info *old = theirs;
	struct idletimer_tg_info_v1 *info = data;

	if (revision != 0 || size < sizeof(*old))
		return false;
	info->timeout = old->timeout;
	memcpy(info->label, old->label, sizeof(info->label));
	return true;
}

static const struct example examples[] = {
	{ .rule = "-i wlan0 -j IDLETIMER --timeout 600 --label wlan",
	  .means = "ten minutes without a packet and /sys/class/xt_idletimer/timers/wlan changes" },
	{ .rule = "-j IDLETIMER --timeout 60 --label any --alarm",
	  .means = "a timer that goes on while the machine sleeps" },
	{ 0 },
};

static const struct ext idletimer = {
	.name = "IDLETIMER", .kind = EXT_TARGET, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct idletimer_tg_info_v1),
	.compared = offsetof(struct idletimer_tg_info_v1, timer), .opts = opts,
	.effect = EFFECT_COUNTS, .summary = "notice that nothing has passed for a while",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_IDLETIMER", .adopt = adopt, .examples = examples,
	.act = act_nothing,
};
EXT_REGISTER(idletimer);

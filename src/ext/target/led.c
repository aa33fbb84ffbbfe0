// SPDX-License-Identifier: GPL-2.0-or-later
/* -j LED: a trigger for the lamps of the machine. */
#include <linux/types.h>
#include <linux/netfilter/xt_LED.h>

#include "ext/type/types.h"

/* The kernel's name of the trigger is this and the user's. */
#define START "netfilter-"
enum { START_LEN = sizeof(START) - 1, NAME_MOST = 16 };

static const struct name forever[] = { { "inf", UINT32_MAX }, { 0 } };

static const struct opt opts[] = {
	{ .name = "led-trigger-id", .type = &type_text_quoted, .max = NAME_MOST,
	  .at = { offsetof(struct xt_led_info, id) + START_LEN, NAME_MOST + 1 },
	  .flags = OPT_MUST | OPT_ALWAYS | OPT_EXACT_TEXT, .metavar = "name",
	  .bad = "Argument must have a maximum length of 16 characters\n",
	  .help = "suffix for led trigger name" },
	{ .name = "led-delay", .type = &type_name_or_uint, .at = SPAN(struct xt_led_info, delay),
	  .names = forever, .bad = "Delay value must be within range 0..4294967295",
	  .metavar = "ms",
	  .help = "leave the LED on for this number of\nmilliseconds after triggering." },
	{ .name = "led-always-blink", .given = BITS(struct xt_led_info, always_blink, 1),
	  .help = "blink on arriving packets, even if\nthe LED is already on." },
	{ 0 },
};

static int check(const struct check *check)
{
	memcpy(((struct xt_led_info *)check->data)->id, START, START_LEN);
	return 0;
}

static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	const struct xt_led_info *info = data;

	(void)family;
	(void)how;
	sink_printf(sink, " led-trigger-id:\"%.*s\"", NAME_MOST, info->id + START_LEN);
	if (info->delay == UINT32_MAX)
		sink_str(sink, " led-delay:inf");
	else
		sink_printf(sink, " led-delay:%ums", info->delay);
	if (info->always_blink)
		sink_str(sink, " led-always-blink");
}

static const struct example examples[] = {
	{ .rule = "-p tcp -m tcp --dport 22 -j LED --led-trigger-id ssh --led-delay 1000 "
		  "--led-always-blink",
		  	.means = "a lamp goes on for a second with each packet of SSH",
	  .before = "zcat /proc/config.gz | grep -q NETFILTER_XT_TARGET_LED=." },
	{ .rule = "-j LED --led-trigger-id any --led-delay inf", .means = "and stays on",
	  .before = "zcat /proc/config.gz | grep -q NETFILTER_XT_TARGET_LED=." },
	{ 0 },
};

static const struct ext led = {
	.name = "LED", .kind = EXT_TARGET, .families = IN_BOTH, .size = sizeof(struct xt_led_info),
	.compared = offsetof(struct xt_led_info, internal_data), .opts = opts,
	.effect = EFFECT_COUNTS, .summary = "light a lamp when a packet comes",
	.manual = "Then: echo netfilter-NAME >/sys/class/leds/LAMP/trigger",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_LED", .check = check, .list = list,
	.examples = examples, .act = act_nothing,
};
EXT_REGISTER(led);

// SPDX-License-Identifier: GPL-2.0-or-later
/* -m time: when the packet comes. */
#include <linux/netfilter/xt_time.h>
#include <time.h>

#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_time_info, member)
#define FLAG(bit) BITS(struct xt_time_info, flags, XT_TIME_##bit)

enum {
	DATE_START, DATE_STOP, TIME_START, TIME_STOP, MONTH_DAYS, WEEK_DAYS, KERNEL_TZ, UTC,
	CONTIGUOUS
};

static const struct name weekdays[] = {
	{ "Mon", 1 }, { "Tue", 2 }, { "Wed", 3 }, { "Thu", 4 }, { "Fri", 5 }, { "Sat", 6 },
	{ "Sun", 7 }, { 0 },
};

enum { DAY = 86400 };

/* The last second of 32 bits with a sign. Saves have always named it. */
static const char end_of_time[] = "2038-01-19T03:14:07";

static const struct opt opts[] = {
	[DATE_START] = { .name = "datestart", .type = &type_date, .at = AT(date_start),
			 .help = "Start and stop time, to be given in ISO 8601" },
	[DATE_STOP] = { .name = "datestop", .type = &type_date, .at = AT(date_stop),
			.preset = end_of_time, .flags = OPT_ALWAYS,
			.help = "(YYYY[-MM[-DD[Thh[:mm[:ss]]]]])" },
	[TIME_START] = { .name = "timestart", .type = &type_daytime, .at = AT(daytime_start),
			 .with = BIT(TIME_STOP), .metavar = "time",
			 .help = "Start and stop daytime (hh:mm[:ss])" },
	[TIME_STOP] = { .name = "timestop", .type = &type_daytime, .at = AT(daytime_stop),
			.preset = "23:59:59", .with = BIT(TIME_START), .metavar = "time",
			.help = "(between 00:00:00 and 23:59:59)" },
	[MONTH_DAYS] = { .name = "monthdays", .type = &type_days, .at = AT(monthdays_match),
			 .max = 31, .preset = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,"
					      "21,22,23,24,25,26,27,28,29,30,31",
			 .bad = "%v is not a valid day for --monthdays",
			 .help = "List of days on which to match, separated by comma\n"
				 "(Possible days: 1 to 31; defaults to all)" },
	[WEEK_DAYS] = { .name = "weekdays", .type = &type_days, .at = AT(weekdays_match), .max = 7,
			.names = weekdays, .preset = "1,2,3,4,5,6,7",
			.bad = "%v is not a valid day specifier",
			.help = "List of weekdays on which to match, sep. by comma\n"
				"(Possible days: Mon,Tue,Wed,Thu,Fri,Sat,Sun or 1 to 7\n"
				"Defaults to all weekdays.)" },
	[KERNEL_TZ] = { .name = "kerneltz", .also = "localtz", .given = FLAG(LOCAL_TZ),
			.help = "Work with the kernel timezone instead of UTC" },
	[UTC] = { .name = "utc", .flags = OPT_ALIAS, .excludes = BIT(KERNEL_TZ),
		  .help = "Work with UTC, which is the default" },
	[CONTIGUOUS] = { .name = "contiguous", .given = FLAG(CONTIGUOUS),
			 .help = "A time that goes over midnight is one period" },
	{ 0 },
};

static int check(const struct check *check)
{
	const struct xt_time_info *info = check->data;

	if (info->flags & XT_TIME_CONTIGUOUS && info->daytime_start < info->daytime_stop)
		return err_set(check->err, ERR_SYNTAX, check->place, "time: --contiguous only "
			       "makes sense when stoptime is smaller than starttime");
	return 0;
}

static const struct ext time_;

/* Another order than that of saves, no end that is the end of time, and UTC when it is. */
static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	static const struct { uint8_t opt; const char *words; } order[] = {
		{ TIME_START, "from" }, { TIME_STOP, "to" }, { WEEK_DAYS, "on" },
		{ MONTH_DAYS, "on" }, { DATE_START, "starting from" }, { DATE_STOP, "until date" },
	};
	const struct xt_time_info *info = data;

	sink_str(sink, " TIME");
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		const struct opt *o = &opts[order[i].opt];
		struct opt_out out = { .ext = &time_, .opt = o, .family = family, .data = data,
				       .how = how | HOW_LIST };

		if (!opt_is_present(&time_, family, o, data) ||
		    (order[i].opt == DATE_STOP && info->date_stop == INT32_MAX))
			continue;
		sink_printf(sink, " %s%s ", opt_is_negated(o, data) ? "! " : "", order[i].words);
		o->type->print(sink, &out, (const char *)data + o->at.at);
	}
	sink_str(sink, info->flags & XT_TIME_LOCAL_TZ ? "" : " UTC");
	sink_str(sink, info->flags & XT_TIME_CONTIGUOUS ? " contiguous" : "");
}

static const struct example examples[] = {
	{ .rule = "-m time --timestart 08:00:00 --timestop 17:30:00 --weekdays Mon,Tue,Wed,Thu,Fri "
		  "--datestop 2030-12-31T23:59:59 --kerneltz",
	  .means = "in office hours, as the kernel's clock has them, until the year ends" },
	{ .rule = "-m time --timestart 23:00 --timestop 01:00 --contiguous --datestart 2026-07-01",
	  .means = "two hours around midnight, from July on",
	  .saved = "-m time --timestart 23:00:00 --timestop 01:00:00 --datestart "
		   "2026-07-01T00:00:00 --datestop 2038-01-19T03:14:07 --contiguous" },
	{ .rule = "-m time ! --monthdays 29,30,31 --utc", .means = "on days that every month has",
	  .saved = "-m time --monthdays 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,"
		   "23,24,25,26,27,28 --datestop 2038-01-19T03:14:07" },
	{ 0 },
};

static unsigned day_of_month(int64_t days)
{
	time_t t = (time_t)(days * DAY);
	struct tm tm;

	return gmtime_r(&t, &tm) ? (unsigned)tm.tm_mday : 0;
}

/* time_mt() of xt_time.c. The first of January 1970 was a Thursday. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_time_info *info = data;
	int64_t stamp = e->world->wall + (info->flags & XT_TIME_LOCAL_TZ ? e->world->zone : 0);
	uint32_t second = (uint32_t)(stamp % DAY);
	int64_t day = stamp / DAY;

	(void)state;
	if (!e->world->time_known)
		return eval_unknown(e, "the time of day is not known");
	if (stamp < info->date_start || stamp > info->date_stop)
		return ANSWER_NO;
	if (info->daytime_start < info->daytime_stop) {
		if (second < info->daytime_start || second > info->daytime_stop)
			return ANSWER_NO;
	} else if (second < info->daytime_start && second > info->daytime_stop) {
		return ANSWER_NO;
	} else if (info->flags & XT_TIME_CONTIGUOUS && second <= info->daytime_stop) {
		day--;
	}
	if (!(info->weekdays_match >> ((day + 3) % 7 + 1) & 1))
		return ANSWER_NO;
	return answer_of(info->monthdays_match == XT_TIME_ALL_MONTHDAYS ||
			 info->monthdays_match >> day_of_month(day) & 1);
}

static const struct ext time_ = {
	.name = "time", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(struct xt_time_info),
	.opts = opts,
	.shown = (const uint8_t[]){ TIME_START, TIME_STOP, MONTH_DAYS, WEEK_DAYS, DATE_START,
				    DATE_STOP, KERNEL_TZ, CONTIGUOUS, SHOWN_END },
	.title = "TIME", .effect = EFFECT_PURE, .summary = "the time of the packet",
	.manual = "Times are UTC. With --kerneltz the kernel's offset is added, which the system "
		  "sets at boot at best and nobody changes with summer time.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_TIME", .check = check, .list = list,
	.examples = examples, .match = match,
};
EXT_REGISTER(time_);

// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of a capture, for people and for programs. */
#include "base/json.h"
#include "base/wrap.h"
#include "cli/replay.h"

enum { COLUMN = 31 };		/* where the words of rules begin */

static void print_chain(struct sink *out, const struct chain *c)
{
	uint32_t number = 0;
	bool named = false;

	for (const struct rule *rule = c->first; rule; rule = rule->next) {
		AUTO_SINK words = SINK_MEMORY;

		number++;
		if (!rule->counters.packets)
			continue;
		if (!named)
			sink_printf(out, "\n%s %s%s\n", c->table->name, c->name,
				    c->table->family == FAMILY_IPV6 ? " (IPv6)" : "");
		named = true;
		print_rule_in(&words, c, rule);
		sink_printf(out, "%5u %10llu %12llu  ", number,
			    (unsigned long long)rule->counters.packets,
			    (unsigned long long)rule->counters.bytes);
		sink_wrap(out, COLUMN, COLUMN, WRAP_WIDTH, words.len ? sink_text(&words) :
			  "(any packet, and no target)");
	}
	if (!c->policy || !c->counters.packets)
		return;
	if (!named)
		sink_printf(out, "\n%s %s%s\n", c->table->name, c->name,
			    c->table->family == FAMILY_IPV6 ? " (IPv6)" : "");
	sink_printf(out, "%5s %10llu %12llu  policy %s\n", "",
		    (unsigned long long)c->counters.packets, (unsigned long long)c->counters.bytes,
		    c->policy == POLICY_DROP ? "DROP" : "ACCEPT");
}

static void print_differences(struct sink *out, const struct replay *r)
{
	sink_str(out, "\nFlows that fare otherwise with");
	for (size_t i = 0; i < r->vs_count; i++)
		sink_printf(out, " %s", r->vs[i]);
	sink_printf(out, ": %u of %u%s\n", r->differing, r->flow_count,
		    r->flow_count + 1 == FLOWS_MOST ? " or more" : "");
	for (uint32_t i = 1; i <= r->flow_count; i++) {
		const struct flow *f = &r->flows[i];

		if (!f->otherwise)
			continue;
		sink_printf(out, "  %s\n    %llu of its %llu packets, of which the first\n"
			    "    was ", f->line, (unsigned long long)f->otherwise,
			    (unsigned long long)f->packets);
		sink_wrap(out, 8, 8, WRAP_WIDTH, f->fates[0]);
		sink_str(out, "    then ");
		sink_wrap(out, 9, 9, WRAP_WIDTH, f->fates[1]);
	}
	if (r->more_otherwise)
		sink_printf(out, "  and %llu packets of further flows\n",
			    (unsigned long long)r->more_otherwise);
}

static void print_reasons(struct sink *out, const struct replay *r)
{
	for (size_t i = 0; i < r->reason_count; i++) {
		sink_printf(out, "%16llu   at ", (unsigned long long)r->reasons[i].packets);
		sink_wrap(out, 22, 22, WRAP_WIDTH, r->reasons[i].text);
	}
}

void replay_print(struct sink *out, const struct replay *r)
{
	unsigned long long ms = (r->last_ns - r->first_ns) / 1000000;
	unsigned long long accepted = r->fates[FATE_DELIVERED] + r->fates[FATE_FORWARDED] +
				      r->fates[FATE_SENT];

	sink_printf(out, "%s: %llu packets, %llu bytes, %llu.%03llu seconds\n", r->capture,
		    (unsigned long long)r->packets, (unsigned long long)r->bytes,
		    ms / 1000, ms % 1000);
	sink_printf(out, "%16llu accepted\n", accepted);
	for (unsigned i = FATE_DROPPED; i < FATES; i++)
		if (r->fates[i] || i == FATE_DROPPED) {
			sink_printf(out, "%16llu %s\n", (unsigned long long)r->fates[i],
				    fate_word((enum fate)i));
			if (i == FATE_UNKNOWN)
				print_reasons(out, r);
		}
	if (r->write)
		sink_printf(out, "%16llu written to %s\n",
			    (unsigned long long)r->written, r->write);
	if (r->not_ip)
		sink_printf(out, "%16llu were no IP packets\n", (unsigned long long)r->not_ip);
	for (const struct table *t = r->scene.rules.first; t; t = t->next)
		for (const struct chain *c = t->first; c; c = c->next)
			print_chain(out, c);
	if (r->vs_count)
		print_differences(out, r);
}

static void put_rules(struct json *j, const struct replay *r)
{
	json_open(j, "rules", '[');
	for (const struct table *t = r->scene.rules.first; t; t = t->next)
		for (const struct chain *c = t->first; c; c = c->next) {
			uint32_t number = 0;

			for (const struct rule *rule = c->first; rule; rule = rule->next) {
				AUTO_SINK words = SINK_MEMORY;

				number++;
				print_rule_in(&words, c, rule);
				json_open(j, NULL, '{');
				json_u64(j, "family", t->family == FAMILY_IPV6 ? 6 : 4);
				json_str(j, "table", t->name);
				json_str(j, "chain", c->name);
				json_u64(j, "number", number);
				json_str(j, "rule", sink_text(&words));
				json_u64(j, "packets", rule->counters.packets);
				json_u64(j, "bytes", rule->counters.bytes);
				json_close(j, '}');
			}
		}
	json_close(j, ']');
}

void replay_json(struct sink *out, const struct replay *r, bool whole)
{
	struct json j = { .sink = out };

	json_open(&j, NULL, '{');
	json_str(&j, "capture", r->capture);
	json_bool(&j, "whole", whole);
	json_u64(&j, "packets", r->packets);
	json_u64(&j, "bytes", r->bytes);
	json_u64(&j, "not-ip", r->not_ip);
	json_u64(&j, "accepted", r->fates[FATE_DELIVERED] + r->fates[FATE_FORWARDED] +
		 r->fates[FATE_SENT]);
	for (unsigned i = FATE_DROPPED; i < FATES; i++)
		json_u64(&j, fate_word((enum fate)i), r->fates[i]);
	json_open(&j, "reasons", '[');
	for (size_t i = 0; i < r->reason_count; i++) {
		json_open(&j, NULL, '{');
		json_str(&j, "why", r->reasons[i].text);
		json_u64(&j, "packets", r->reasons[i].packets);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	put_rules(&j, r);
	if (r->vs_count) {
		json_open(&j, "otherwise", '[');
		for (uint32_t i = 1; i <= r->flow_count; i++) {
			if (!r->flows[i].otherwise)
				continue;
			json_open(&j, NULL, '{');
			json_str(&j, "flow", r->flows[i].line);
			json_u64(&j, "packets", r->flows[i].packets);
			json_u64(&j, "differ", r->flows[i].otherwise);
			json_str(&j, "was", r->flows[i].fates[0]);
			json_str(&j, "then", r->flows[i].fates[1]);
			json_close(&j, '}');
		}
		json_close(&j, ']');
	}
	json_close(&j, '}');
	sink_char(out, '\n');
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* -m esp: encrypted packets of IPsec. */
#include <linux/netfilter/xt_esp.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "espspi", .type = &type_range, .at = SPAN(struct xt_esp, spis),
	  .invert = BITS(struct xt_esp, invflags, XT_ESP_INV_SPI), .preset = "0:4294967295",
	  .field = FIELD_ESP_SPI, .list = "spi%s:%n%v", .metavar = "spi[:spi]",
	  .help = "match spi (range)" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-p esp -m esp --espspi 500", .means = "one security association" },
	{ .rule = "-p esp -m esp ! --espspi 0:255", .means = "no reserved index" },
	{ 0 },
};

/* Any index: esp_mt() of xt_esp.c still wants the header. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	uint8_t spi[16];

	(void)data;
	(void)state;
	return field_read(e, FIELD_ESP_SPI, spi);
}

static const struct ext esp = {
	.name = "esp", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(struct xt_esp),
	.opts = opts, .title = "esp", .protos = (const uint8_t[]){ 50, 0 }, .implied = true,
	.effect = EFFECT_PURE, .summary = "security parameter index of encrypted IPsec packets",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_ESP", .examples = examples,
	.match = match, .one_is_its_field = true,
};
EXT_REGISTER(esp);

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs for the kernel's packet filter machine: classic bytecode as `nfbpf_compile` prints it,
 * and names of programs pinned in a BPF file system.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/netfilter/xt_bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/num.h"
#include "ext/type/types.h"

/* Blanks, then a decimal number of at most `max`. */
static bool read_number(const char **p, uint64_t max, uint64_t *value)
{
	*p += strspn(*p, " \t");
	return num_parse_decimal(*p, p, 0, max, value);
}

/* "CODE JT JF K" */
static bool read_instruction(const char **p, struct sock_filter *insn)
{
	uint64_t code, jt, jf, k;

	if (!read_number(p, UINT16_MAX, &code) || !read_number(p, UINT8_MAX, &jt) ||
	    !read_number(p, UINT8_MAX, &jf) || !read_number(p, UINT32_MAX, &k))
		return false;
	*insn = (struct sock_filter){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, (uint32_t)k };
	*p += strspn(*p, " \t");
	return true;
}

/* "COUNT,INSTRUCTION,INSTRUCTION..." with perhaps a comma at the end; texts are libxt_bpf's. */
static int parse_program(const struct opt_in *in, void *at)
{
	struct xt_bpf_info_v1 *info = at;
	const char *p = in->words[0];
	uint64_t count, n;

	if (!read_number(&p, UINT16_MAX, &count) || *p != ',')
		return opt_bad(in, "bpf: error parsing program length");
	if (!count)
		return opt_bad(in, "bpf: illegal zero length program");
	if (count > XT_BPF_MAX_NUM_INSTR)
		return opt_bad(in, "bpf: number of instructions exceeds maximum");
	for (n = 0; *p == ',' && p[1]; n++) {
		p++;
		if (n == count)
			return opt_bad(in, "bpf: real program length exceeds the encoded length "
				       "parameter");
		if (!read_instruction(&p, &info->bpf_program[n]) || (*p && *p != ','))
			return opt_bad(in, "bpf: error at instr %u", (unsigned)n);
	}
	if (n < count)
		return opt_bad(in, "bpf: parsed program length is less than the encoded length "
			       "parameter");
	info->bpf_program_num_elem = (uint16_t)count;
	return 0;
}

static void print_program(struct sink *sink, const struct opt_out *out, const void *at)
{
	const struct xt_bpf_info_v1 *info = at;
	bool save = out->how & HOW_SAVE;

	if (save)
		sink_printf(sink, "\"%u,", info->bpf_program_num_elem);
	for (unsigned n = 0; n < info->bpf_program_num_elem && n < XT_BPF_MAX_NUM_INSTR; n++) {
		const struct sock_filter *insn = &info->bpf_program[n];

		sink_printf(sink, "%s%u %u %u %u", n ? "," : "", insn->code, insn->jt, insn->jf,
			    insn->k);
	}
	if (save)
		sink_char(sink, '"');
}

static void sample_program(struct sink *sink, const struct opt *opt, enum family family,
			   uint32_t seed)
{
	(void)opt;
	(void)family;
	if (seed % 8 == 7)
		sink_printf(sink, "\"%u,6 0 0 0\"", seed % 70);
	else
		sink_printf(sink, "\"4,48 0 0 %u,21 0 1 %u,6 0 0 1,6 0 0 0\"", seed % 40,
			    seed % 256);
}

/* Other programs leave the number of a descriptor there, which the kernel has no use for. */
static void tidy_program(const struct opt *opt, enum family family, void *at)
{
	struct xt_bpf_info_v1 *info = at;

	(void)opt;
	(void)family;
	info->fd = 0;
}

const struct type type_bpf_program = {
	.name = "bpf_program", .metavar = "program", .words = 1, .parse = parse_program,
	.print = print_program, .tidy = tidy_program, .sample = sample_program,
};

/* ---------------------------------------------------------------- pinned programs */

/*
 * The kernel opens the path itself; asking here as well gives the reference's own complaint. Where
 * we may not ask, the kernel will say.
 */
static bool is_pinned(const char *path)
{
	union bpf_attr attr = { .pathname = (uint64_t)(uintptr_t)path, .file_flags = BPF_F_RDONLY };
	long fd = syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr));

	if (fd < 0)
		return errno == EPERM || errno == ENOSYS;
	close((int)fd);
	return true;
}

static int parse_pinned(const struct opt_in *in, void *at)
{
	int r = 0;

	if (!is_pinned(in->words[0])) {
		r = opt_bad(in, "bpf: failed to get bpf object");
		err_hint(in->err, "there is no program pinned as %s (bpftool prog pin, below "
			 "/sys/fs/bpf)", in->words[0]);
	}
	return r ? r : type_text.parse(in, at);
}

/* Unlike other texts unquoted where that is safe, as libxt_bpf does. */
static void print_pinned(struct sink *sink, const struct opt_out *out, const void *at)
{
	struct opt_out plain = *out;

	if (!strpbrk(at, " \t\"'\\"))
		plain.how = HOW_LIST;
	type_text.print(sink, &plain, at);
}

static void tidy_pinned(const struct opt *opt, enum family family, void *at)
{
	tidy_program(opt, family, (char *)at - offsetof(struct xt_bpf_info_v1, path));
	type_text.tidy(opt, family, at);
}

static void sample_pinned(struct sink *sink, const struct opt *opt, enum family family,
			  uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_printf(sink, "/sys/fs/bpf/sample%u", seed % 5);
}

const struct type type_bpf_pinned = {
	.name = "bpf_pinned", .metavar = "path", .words = 1, .parse = parse_pinned,
	.print = print_pinned, .tidy = tidy_pinned, .sample = sample_pinned,
};

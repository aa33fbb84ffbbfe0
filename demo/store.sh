# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154 # names that smtp.sh reads, and gives
# The demo's stage where namespaces are forbidden: rules in files (doc/store.md), judged by Postern's own
# packet engine (doc/run.md). Needs no privileges and no kernel. Sourced by smtp.sh, whose `programs',
# addresses and colours it uses.

stage_remove() {
	[ -z "${place:-}" ] || rm -rf "$place"
}

stage_make() {
	place=$(mktemp -d)
	printf 'link eth0\naddr %s/24 dev eth0\n' "$server" >"$place/host"
}

stage_say() {
	say "There can be no two hosts on this machine (${why:-namespaces are forbidden here})." \
		"So the mail host's rules live in a folder (postern --store), and Postern's own packet" \
		"engine judges the packets that open the connections (postern run). The picture:"
}

# Words of `postern explain' that say what host it is.
the_host='--host host'

on_mail() (
	cd "$place" && exec env PATH="$programs:$PATH" POSTERN_STORE="$place/rules" "$@"
)

# hex_of ADDRESS: its four bytes
hex_of() {
	echo "$1" | tr . '\n' | while read -r part; do
		printf '%02x ' "$part"
	done
}

# bytes HEX...: writes them
bytes() {
	for byte; do
		# shellcheck disable=SC2059 # the format is the byte
		printf "\\$(printf %o "0x$byte")"
	done
}

# word16 NUMBER: as two words of hex
word16() {
	printf '%02x %02x' $(($1 >> 8)) $(($1 & 255))
}

# checksum HEX...: RFC 1071 over an even number of bytes, as two words of hex
checksum() {
	sum=0
	while [ $# -gt 0 ]; do
		sum=$((sum + 0x$1$2))
		shift 2
	done
	while [ $sum -gt 65535 ]; do
		sum=$(((sum >> 16) + (sum & 65535)))
	done
	word16 $((65535 - sum))
}

# capture_of FROM: a capture (pcap, bare IP) of one packet: a TCP SYN from there to the server's port 25.
capture_of() {
	from=$(hex_of "$1") to=$(hex_of "$server")
	ip_head="45 00 00 28 00 01 40 00 40 06" tcp_head="9c 40 00 19 00 00 00 01 00 00 00 00 50 02 fa f0"
	# shellcheck disable=SC2046,SC2086 # lists of bytes
	{
		bytes d4 c3 b2 a1 02 00 04 00 00 00 00 00 00 00 00 00 ff ff 00 00 65 00 00 00
		bytes 00 00 00 00 00 00 00 00 28 00 00 00 28 00 00 00
		bytes $ip_head $(checksum $ip_head $from $to) $from $to
		bytes $tcp_head $(checksum $from $to 00 06 00 14 $tcp_head) 00 00
	}
}

connections_are="Packets that would open a connection to tcp port 25:"

# The packet that opens a connection from ADDRESS: `seen' is answer or silence, `words' say it.
try_connection() {
	capture_of "$1" >"$place/in.pcap"
	on_mail postern run -q --host host --read in.pcap --write out.pcap
	# A capture of nothing has 24 bytes.
	if [ "$(wc -c <"$place/out.pcap")" -gt 24 ]; then
		seen=answer words="passes, the mail server answers"
	else
		seen=silence words="is dropped, there is no answer"
	fi
}

counted="Rule 1 counted the partner's packet; rule 2 dropped the other's. We keep these rules:"
stage_end="That was all. The folder is gone again; this machine's own rules were not touched."

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Services. The well-known ones are built in (made from netbase's /etc/services), so that a rule
 * means the same where that file is missing and a listing of many rules reads no file; names that
 * are not among them are asked of the machine.
 */
#include "net/names.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/num.h"

enum service_flags { T = 1, U = 2, S = 4, D = 8, ALSO = 16 };	/* protocols; ALSO: a second name */

struct service {
	const char *name;
	uint16_t port;
	uint8_t flags;
};

/* Sorted by name (bytes). */
static const struct service services[] = {
	{ "Clearcase", 371, U|ALSO }, { "acr-nema", 104, T }, { "afpovertcp", 548, T },
	{ "afs3-bos", 7007, U }, { "afs3-callback", 7001, U }, { "afs3-fileserver", 7000, U },
	{ "afs3-kaserver", 7004, U }, { "afs3-prserver", 7002, U }, { "afs3-rmtsys", 7009, U },
	{ "afs3-update", 7008, U }, { "afs3-vlserver", 7003, U }, { "afs3-volser", 7005, U },
	{ "amanda", 10080, T }, { "amandaidx", 10082, T }, { "amidxtape", 10083, T },
	{ "amqp", 5672, T|S }, { "amqps", 5671, T }, { "asf-rmcp", 623, U }, { "asp", 27374, T|U },
	{ "auth", 113, T }, { "authentication", 113, T|ALSO }, { "babel", 6696, U },
	{ "bacula-dir", 9101, T }, { "bacula-fd", 9102, T }, { "bacula-sd", 9103, T },
	{ "bbs", 7000, T }, { "bgp", 179, T }, { "bgpd", 2605, T }, { "biff", 512, U },
	{ "binkp", 24554, T }, { "bootpc", 68, U }, { "bootps", 67, U }, { "canna", 5680, T },
	{ "cfengine", 5308, T }, { "chargen", 19, T|U }, { "cisco-sccp", 2000, T },
	{ "clc-build-daemon", 8990, T }, { "clearcase", 371, U }, { "cmd", 514, T|ALSO },
	{ "cmip-agent", 164, T|U }, { "cmip-man", 163, T|U }, { "codaauth2", 370, T|U },
	{ "codasrv", 2432, T|U }, { "codasrv-se", 2433, T|U }, { "comsat", 512, U|ALSO },
	{ "csync2", 30865, T }, { "cvspserver", 2401, T }, { "daap", 3689, T },
	{ "datametrics", 1645, T|U }, { "daytime", 13, T|U }, { "db-lsp", 17500, T },
	{ "dcap", 22125, T }, { "dhcpv6-client", 546, U }, { "dhcpv6-server", 547, U },
	{ "dicom", 104, T|ALSO }, { "dicom", 11112, T }, { "dict", 2628, T },
	{ "dircproxy", 57000, T }, { "discard", 9, T|U }, { "distcc", 3632, T },
	{ "domain", 53, T|U }, { "domain-s", 853, T|U }, { "echo", 7, T|U }, { "epmap", 135, T },
	{ "epmd", 4369, T }, { "exec", 512, T }, { "f5-globalsite", 2792, T },
	{ "f5-iquery", 4353, T }, { "fax", 4557, T }, { "fido", 60179, T }, { "finger", 79, T },
	{ "font-service", 7100, T }, { "freeciv", 5556, T }, { "fsp", 21, U },
	{ "fspd", 21, U|ALSO }, { "ftp", 21, T }, { "ftp-data", 20, T }, { "ftps", 990, T },
	{ "ftps-data", 989, T }, { "gdomap", 538, T|U }, { "gds-db", 3050, T },
	{ "gds_db", 3050, T|ALSO }, { "git", 9418, T }, { "gnunet", 2086, T|U },
	{ "gnutella-rtr", 6347, T|U }, { "gnutella-svc", 6346, T|U }, { "gopher", 70, T },
	{ "gpsd", 2947, T }, { "gris", 2135, T }, { "groupwise", 1677, T },
	{ "gsidcap", 22128, T }, { "gsiftp", 2811, T }, { "gsigatekeeper", 2119, T },
	{ "hkp", 11371, T }, { "hprop", 754, T|ALSO }, { "http", 80, T }, { "http-alt", 8080, T },
	{ "https", 443, T|U }, { "hylafax", 4559, T }, { "iax", 4569, U }, { "icp", 3130, U|ALSO },
	{ "icpv2", 3130, U }, { "ident", 113, T|ALSO }, { "imap", 143, T|ALSO },
	{ "imap2", 143, T }, { "imaps", 993, T }, { "ingreslock", 1524, T }, { "ipp", 631, T },
	{ "iprop", 2121, T }, { "ipsec-nat-t", 4500, U }, { "ipx", 213, U }, { "ircd", 6667, T },
	{ "ircs-u", 6697, T }, { "isakmp", 500, U }, { "iscsi-target", 3260, T },
	{ "isisd", 2608, T }, { "isns", 3205, T|U }, { "iso-tsap", 102, T },
	{ "jabber-client", 5222, T|ALSO }, { "jabber-server", 5269, T|ALSO },
	{ "kamanda", 10081, T }, { "kdc", 750, T|U|ALSO }, { "kerberos", 88, T|U },
	{ "kerberos-adm", 749, T }, { "kerberos-iv", 750, T|U|ALSO },
	{ "kerberos-master", 751, T|U }, { "kerberos-sec", 88, T|U|ALSO },
	{ "kerberos4", 750, T|U }, { "kerberos5", 88, T|U|ALSO },
	{ "kerberos_master", 751, U|ALSO }, { "kermit", 1649, T }, { "klogin", 543, T },
	{ "kpasswd", 464, T|U }, { "krb-prop", 754, T }, { "krb5", 88, T|U|ALSO },
	{ "krb5_prop", 754, T|ALSO }, { "krb_prop", 754, T|ALSO }, { "krcmd", 544, T|ALSO },
	{ "kshell", 544, T }, { "l2f", 1701, U }, { "l2tp", 1701, U|ALSO }, { "ldap", 389, T|U },
	{ "ldaps", 636, T|U }, { "ldp", 646, T|U }, { "loc-srv", 135, T|ALSO },
	{ "login", 513, T }, { "lotusnote", 1352, T }, { "lotusnotes", 1352, T|ALSO },
	{ "lrrd", 4949, T|ALSO }, { "mail", 25, T|ALSO }, { "mailq", 174, T }, { "mdns", 5353, U },
	{ "microsoft-ds", 445, T }, { "moira-db", 775, T }, { "moira-update", 777, T },
	{ "moira-ureg", 779, U }, { "moira_db", 775, T|ALSO }, { "moira_update", 777, T|ALSO },
	{ "moira_ureg", 779, U|ALSO }, { "mon", 2583, T|U }, { "ms-sql-m", 1434, U },
	{ "ms-sql-s", 1433, T }, { "ms-wbt-server", 3389, T }, { "mtn", 4691, T },
	{ "munin", 4949, T }, { "mysql", 3306, T }, { "mysql-proxy", 6446, T },
	{ "nbd", 10809, T }, { "netbios-dgm", 138, U }, { "netbios-ns", 137, U },
	{ "netbios-ssn", 139, T }, { "netstat", 15, T }, { "nfs", 2049, T|U },
	{ "nicname", 43, T|ALSO }, { "nntp", 119, T }, { "nntps", 563, T }, { "nqs", 607, T },
	{ "nrpe", 5666, T }, { "nsca", 5667, T }, { "ntalk", 518, U }, { "ntp", 123, U },
	{ "ntske", 4460, T }, { "null", 9, T|U|ALSO }, { "nut", 3493, T|U },
	{ "old-radacct", 1646, T|U|ALSO }, { "old-radius", 1645, T|U|ALSO },
	{ "omniorb", 8088, T }, { "openvpn", 1194, T|U }, { "ospf6d", 2606, T },
	{ "ospfapi", 2607, T }, { "ospfd", 2604, T }, { "passwd-server", 752, U },
	{ "passwd_server", 752, U|ALSO }, { "pawserv", 345, T }, { "pop-3", 110, T|ALSO },
	{ "pop3", 110, T }, { "pop3s", 995, T }, { "poppassd", 106, T },
	{ "portmapper", 111, T|U|ALSO }, { "postgres", 5432, T|ALSO }, { "postgresql", 5432, T },
	{ "predict", 1210, U }, { "printer", 515, T }, { "proofd", 1093, T },
	{ "ptp-event", 319, U }, { "ptp-general", 320, U }, { "puppet", 8140, T },
	{ "qmqp", 628, T }, { "qmtp", 209, T }, { "qotd", 17, T }, { "quote", 17, T|ALSO },
	{ "radacct", 1813, T|U|ALSO }, { "radius", 1812, T|U }, { "radius-acct", 1813, T|U },
	{ "radmin-port", 4899, T }, { "readnews", 119, T|ALSO }, { "redis", 6379, T },
	{ "remctl", 4373, T }, { "ripd", 2602, T }, { "ripngd", 2603, T },
	{ "rmiregistry", 1099, T }, { "rmtcfg", 1236, T }, { "rootd", 1094, T },
	{ "route", 520, U }, { "routed", 520, U|ALSO }, { "router", 520, U|ALSO },
	{ "rpc2portmap", 369, T|U }, { "rplay", 5555, U }, { "rptp", 5556, T|ALSO },
	{ "rsync", 873, T }, { "rtcm-sc104", 2101, T|U }, { "rtsp", 554, T|U },
	{ "sa-msg-port", 1646, T|U }, { "saft", 487, T }, { "sane", 6566, T|ALSO },
	{ "sane-port", 6566, T }, { "saned", 6566, T|ALSO }, { "sge-execd", 6445, T },
	{ "sge-qmaster", 6444, T }, { "sge_execd", 6445, T|ALSO }, { "sge_qmaster", 6444, T|ALSO },
	{ "sgi-cad", 17004, T }, { "sgi-cmsd", 17001, U }, { "sgi-crsd", 17002, U },
	{ "sgi-gcd", 17003, U }, { "shell", 514, T }, { "sieve", 4190, T }, { "silc", 706, T },
	{ "sink", 9, T|U|ALSO }, { "sip", 5060, T|U }, { "sip-tls", 5061, T|U },
	{ "skkserv", 1178, T }, { "smtp", 25, T }, { "smtps", 465, T|ALSO }, { "smux", 199, T },
	{ "snmp", 161, T|U }, { "snmp-trap", 162, T|U }, { "snmptrap", 162, T|U|ALSO },
	{ "snntp", 563, T|ALSO }, { "snpp", 444, T }, { "socks", 1080, T },
	{ "source", 19, T|U|ALSO }, { "spamd", 783, T }, { "spooler", 515, T|ALSO },
	{ "ssh", 22, T }, { "ssmtp", 465, T|ALSO }, { "submission", 587, T },
	{ "submissions", 465, T }, { "subversion", 3690, T|ALSO }, { "sunrpc", 111, T|U },
	{ "supfiledbg", 1127, T }, { "supfilesrv", 871, T }, { "suucp", 4031, T },
	{ "svn", 3690, T }, { "svrloc", 427, T|U }, { "syslog", 514, T|ALSO },
	{ "syslog", 514, U }, { "syslog-tls", 6514, T }, { "sysrqd", 4094, T },
	{ "systat", 11, T }, { "tacacs", 49, T|U }, { "talk", 517, U }, { "tap", 113, T|ALSO },
	{ "tcpmux", 1, T }, { "telnet", 23, T }, { "telnets", 992, T }, { "tfido", 60177, T },
	{ "tftp", 69, U }, { "time", 37, T|U }, { "timserver", 37, T|U|ALSO },
	{ "tinc", 655, T|U }, { "tproxy", 8081, T }, { "tsap", 102, T|ALSO },
	{ "ttytst", 19, T|U|ALSO }, { "untp", 119, T|ALSO }, { "urd", 465, T|ALSO },
	{ "users", 11, T|ALSO }, { "uucp", 540, T }, { "uucpd", 540, T|ALSO },
	{ "venus", 2430, T|U }, { "venus-se", 2431, T|U }, { "wais", 210, T|ALSO },
	{ "webcache", 8080, T|ALSO }, { "webmin", 10000, T }, { "who", 513, U },
	{ "whod", 513, U|ALSO }, { "whois", 43, T }, { "wnn6", 22273, T }, { "www", 80, T|ALSO },
	{ "x11", 6000, T }, { "x11-0", 6000, T|ALSO }, { "x11-1", 6001, T }, { "x11-2", 6002, T },
	{ "x11-3", 6003, T }, { "x11-4", 6004, T }, { "x11-5", 6005, T }, { "x11-6", 6006, T },
	{ "x11-7", 6007, T }, { "xdmcp", 177, U }, { "xfs", 7100, T|ALSO }, { "xinetd", 9098, T },
	{ "xmms2", 9667, T }, { "xmpp-client", 5222, T }, { "xmpp-server", 5269, T },
	{ "xtel", 1313, T }, { "xtelw", 1314, T }, { "z3950", 210, T },
	{ "zabbix-agent", 10050, T }, { "zabbix-trapper", 10051, T }, { "zebra", 2601, T },
	{ "zebrasrv", 2600, T }, { "zephyr-clt", 2103, U }, { "zephyr-hm", 2104, U },
	{ "zephyr-srv", 2102, U }, { "zope", 9673, T }, { "zope-ftp", 8021, T },
	{ "zserv", 346, T },
};

/* The rows that are no second names, by port. */
static const uint16_t by_port[] = {
	283, 62, 58, 279, 49, 171, 209, 34, 76, 75, 73, 264, 284, 252, 288, 306, 280, 60, 31, 30,
	287, 86, 70, 95, 122, 117, 1, 197, 195, 269, 19, 174, 180, 63, 169, 168, 170, 104, 255,
	256, 40, 39, 150, 318, 26, 254, 208, 326, 110, 204, 205, 193, 336, 226, 41, 37, 141, 274,
	97, 259, 152, 132, 267, 233, 113, 65, 28, 145, 304, 245, 276, 202, 281, 179, 223, 79, 297,
	131, 138, 52, 53, 2, 231, 175, 266, 176, 17, 207, 107, 142, 143, 290, 247, 123, 127, 125,
	191, 133, 153, 154, 155, 262, 61, 271, 229, 78, 77, 285, 105, 196, 260, 203, 222, 220, 270,
	251, 187, 201, 221, 324, 325, 146, 161, 160, 106, 48, 232, 130, 89, 139, 212, 213, 35, 172,
	83, 230, 333, 331, 332, 92, 108, 88, 46, 299, 300, 42, 43, 159, 330, 329, 218, 219, 190,
	27, 188, 189, 115, 56, 66, 91, 87, 80, 101, 116, 114, 165, 162, 183, 59, 47, 273, 272, 278,
	246, 67, 64, 217, 181, 109, 68, 98, 99, 163, 214, 164, 249, 250, 322, 323, 33, 151, 200,
	227, 72, 177, 178, 16, 15, 32, 309, 311, 312, 313, 314, 315, 316, 317, 85, 84, 216, 238,
	237, 166, 277, 235, 111, 21, 112, 25, 5, 4, 7, 10, 6, 11, 3, 9, 8, 71, 335, 96, 291, 186,
	206, 36, 320, 22, 23, 24, 82, 321, 334, 303, 327, 328, 12, 120, 13, 14, 167, 55, 93, 242,
	243, 244, 241, 50, 51, 90, 307, 29, 18, 45, 57, 286, 69,
};

/* The bit of a protocol's name; all of them for NULL, none for a protocol without services here. */
static unsigned proto_bits(const char *proto)
{
	static const struct name protos[] = {
		{ "tcp", T }, { "udp", U }, { "sctp", S }, { "dccp", D }, { NULL, 0 },
	};
	const struct name *row;

	if (!proto)
		return T | U | S | D;
	row = name_find(protos, proto);
	return row ? row->value : 0;
}

static bool port_built_in(const char *text, unsigned protos, uint16_t *port)
{
	size_t low = 0, high = ARRAY_SIZE(services);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(services[middle].name, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < ARRAY_SIZE(services) && !strcmp(services[low].name, text); low++) {
		if (services[low].flags & protos) {
			*port = services[low].port;
			return true;
		}
	}
	return false;
}

bool service_port(const char *text, const char *proto, uint16_t *port)
{
	struct servent entry, *found = NULL;
	char buf[1024];
	uint64_t number;

	if (num_parse(text, 0, UINT16_MAX, &number)) {
		*port = (uint16_t)number;
		return true;
	}
	if (port_built_in(text, proto_bits(proto), port))
		return true;
	if (getservbyname_r(text, proto, &entry, buf, sizeof(buf), &found) != 0 || !found)
		return false;
	*port = ntohs((uint16_t)found->s_port);
	return true;
}

const char *service_name(uint16_t port, const char *proto, char *buf, size_t room)
{
	size_t low = 0, high = ARRAY_SIZE(by_port);
	unsigned protos = proto_bits(proto);
	struct servent entry, *found = NULL;
	char data[1024];

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (services[by_port[middle]].port < port)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < ARRAY_SIZE(by_port) && services[by_port[low]].port == port; low++)
		if (services[by_port[low]].flags & protos)
			return services[by_port[low]].name;
	if (getservbyport_r(htons(port), proto, &entry, data, sizeof(data), &found) != 0 || !found)
		return NULL;
	snprintf(buf, room, "%s", found->s_name);
	return buf;
}

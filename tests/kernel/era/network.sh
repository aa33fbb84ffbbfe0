#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced behind lib.sh: the hosts of the scripts in this folder.
#
#   house 192.168.7.2, .3 ---- eth1 gate ppp0 203.0.113.10 ---- 203.0.113.9, .66 world
#                               |eth2
#                              198.51.100.17 server (DMZ)
host house gate world server
for one in house gate world server; do setting $one net.ipv6.conf.default.disable_ipv6=1; done
cable house eth0 gate eth1
cable gate ppp0 world eth0
cable gate eth2 server eth0
address house eth0 192.168.7.2/24 192.168.7.3/24
address gate eth1 192.168.7.1/24
address gate eth2 198.51.100.30/28
address gate ppp0 203.0.113.10/24
address world eth0 203.0.113.9/24 203.0.113.66/24
address server eth0 198.51.100.17/28
on house ip route add default via 192.168.7.1
on server ip route add default via 198.51.100.30
on gate ip route add default via 203.0.113.9
on world ip route add 198.51.100.16/28 via 203.0.113.10
on world ip route add 192.168.7.0/24 via 203.0.113.10
setting gate net.ipv4.icmp_ratelimit=0 net.ipv4.conf.all.rp_filter=0

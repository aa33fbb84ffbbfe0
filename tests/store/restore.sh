#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/kernel/restore.sh again, word for word, on a store of files: same texts, same exit codes.
STORE=1
# shellcheck source=../kernel/restore.sh
. "${0%/*}/../kernel/restore.sh"

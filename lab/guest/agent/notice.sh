#!/bin/busybox sh
# What a guest's owner would put at /etc/switchover/notice: here it says on the console what it was told.
echo "notice: $*" >/dev/console

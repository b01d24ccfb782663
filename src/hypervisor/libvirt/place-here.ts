import fs from 'node:fs';
import os from 'node:os';
import type { Place } from './lease-mark.ts';

/** This process's. */
export function placeHere(): Place {
  return {
    host: os.hostname().replace(/[^\w.:-]/g, '-') || 'unnamed',
    bootId: fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    network: fs.readlinkSync('/proc/self/ns/net'),
  };
}

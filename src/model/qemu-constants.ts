/** Figures of QEMU's own that more than one room goes by. They stand here because the model may use nothing else. */

/** The longest downtime limit that QEMU takes, in milliseconds (migration/options.c: MAX_MIGRATE_DOWNTIME). */
export const QEMU_LONGEST_DOWNTIME_MS = 2_000_000;

/** The downtime limit of a QEMU that nobody gave another (migration/options.c). */
export const QEMU_DEFAULT_DOWNTIME_MS = 300;

/** QEMU sends for this long before it looks at what is left (migration/ram.c: MAX_WAIT). */
export const QEMU_LOOK_MS = 50;

export const PAGE_BYTES = 4096;

/** Before each page go its address and flags, 8 bytes; of a zero page only one byte follows (ram.c: save_zero_page). */
export const WIRE_PER_BYTE = (PAGE_BYTES + 8) / PAGE_BYTES;
export const WIRE_PER_ZERO_BYTE = 9 / PAGE_BYTES;

/** What a database keeps by itself: the folder has what is acted by, and the database is for looking back. */
export const TABLES_KEEP = { olderThanMs: 365 * 24 * 3600e3, maxBytes: 10e9 };

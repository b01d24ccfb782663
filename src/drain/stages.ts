/** Where a drain asks programs of its user: around the host as a whole, and around each VM. */
export const STAGES = ['before-host', 'after-host', 'before-vm', 'after-vm'] as const;
export type Stage = (typeof STAGES)[number];

/** By stage, a program and its arguments. */
export type HookPrograms = Readonly<Partial<Record<Stage, readonly string[]>>>;

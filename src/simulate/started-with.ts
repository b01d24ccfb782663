import type { PolicyKind } from '../policy/policy.ts';

/** What the simulator switches on for that policy before the start, in words. xbzrle it does not have. */
export function startedWith({ startsWith = {} }: PolicyKind): string[] {
  const { autoConverge, postCopyCapable, hottestLast } = startsWith;
  return [
    ...(autoConverge ? ['auto-converge'] : []),
    ...(postCopyCapable ? ['post-copy'] : []),
    ...(hottestLast ? ['hottest pages last'] : []),
  ];
}

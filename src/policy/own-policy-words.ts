/**
 * What help and completion say of our own policies. They are asked for often and have to be quick, so they load this
 * and not the policies with the model below them; a test holds the two together.
 */
export interface PolicyWords {
  readonly summary: string;
  /** Parameter names as users write them, with their defaults as text. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The keys of OWN_POLICIES, the default first. */
export const OWN_POLICY_WORDS = {
  forecast: {
    summary: 'stops as soon as another pass is not worth its time (the default)',
    parameters: { 'exchange-rate': '5', 'brown-out-price': '2' },
  },
  mp: {
    summary: 'stops early once the dirty set no longer shrinks (Memory Pattern)',
    parameters: {
      'min-shrink': '10%',
      'confirming-passes': '1',
      'pause-margin': '25%',
      'patience-passes': '8',
    },
  },
  relaxed: {
    summary: "QEMU's own rule with --max-downtime as its limit from the start",
    parameters: {},
  },
  stock: { summary: "QEMU's own rule with --downtime as its limit; never interferes", parameters: {} },
} satisfies Record<string, PolicyWords>;

/** What a migration may be decided by. */
export const OWN_POLICY_NAMES: readonly string[] = Object.keys(OWN_POLICY_WORDS);

/** @param name of a rule that `migrate` does not take */
export function peerRefusal(name: string): string {
  return `${name} is the rule of another system, to compare with: a migration takes ${OWN_POLICY_NAMES.slice(0, -1).join(', ')} or ${OWN_POLICY_NAMES.at(-1)}; try ${name} with \`switchover simulate\` or \`switchover replay\``;
}

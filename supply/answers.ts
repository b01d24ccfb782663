/** What npm says of an audit, as JSON: whether there is a finding, or nobody who could tell. */
import { z } from 'zod';

export type Answer =
  | { readonly kind: 'clean' }
  | { readonly kind: 'findings'; readonly findings: readonly string[] }
  /** The registry does not know, or cannot be reached. */
  | { readonly kind: 'unanswered'; readonly reason: string };

const Named = z.looseObject({ name: z.string(), version: z.string() });
const Signatures = z.looseObject({ invalid: z.array(Named), missing: z.array(Named) });
const Advisory = z.union([z.string(), z.looseObject({ title: z.string(), url: z.string().optional() })]);
const Vulnerabilities = z.looseObject({
  vulnerabilities: z.record(
    z.string(),
    z.looseObject({ severity: z.string(), range: z.string(), via: z.array(Advisory) }),
  ),
});
const Failure = z.looseObject({
  message: z.string().optional(),
  error: z.looseObject({ code: z.string().nullish(), summary: z.string().nullish() }).optional(),
});

/** @param text of `npm audit signatures --json` */
export function signatures(text: string): Answer {
  const parsed = Signatures.safeParse(json(text));
  if (!parsed.success) return unanswered(text);
  const { invalid, missing } = parsed.data;
  return answered([
    ...invalid.map(({ name, version }) => `${name} ${version}: its signature is not the registry's`),
    ...missing.map(({ name, version }) => `${name} ${version}: the registry has not signed it`),
  ]);
}

/** @param text of `npm audit --json` */
export function vulnerabilities(text: string): Answer {
  const parsed = Vulnerabilities.safeParse(json(text));
  if (!parsed.success) return unanswered(text);
  return answered(
    Object.entries(parsed.data.vulnerabilities).map(([name, { severity, range, via }]) => {
      const why = via.map((each) =>
        typeof each === 'string' ? `by ${each}` : [each.title, each.url].filter(Boolean).join(' '),
      );
      return `${name} ${range}: ${severity}: ${why.join('; ')}`;
    }),
  );
}

function answered(findings: readonly string[]): Answer {
  return findings.length === 0 ? { kind: 'clean' } : { kind: 'findings', findings };
}

function unanswered(text: string): Answer {
  const { message, error } = Failure.safeParse(json(text)).data ?? {};
  const [reason] = [error?.summary, message, error?.code].filter(Boolean);
  return { kind: 'unanswered', reason: reason ?? 'npm says nothing that can be read' };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

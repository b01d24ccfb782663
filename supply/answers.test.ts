import { describe, expect, test } from 'vitest';
import { signatures, vulnerabilities } from './answers.ts';

describe('signatures', () => {
  test('all there', () => expect(signatures('{"invalid":[],"missing":[]}')).toEqual({ kind: 'clean' }));

  test('a wrong one, and none', () => {
    const said = {
      invalid: [{ name: 'a', version: '1.0.0', code: 'EINTEGRITYSIGNATURE' }],
      missing: [{ name: 'b', version: '2.0.0' }],
    };
    expect(signatures(JSON.stringify(said))).toEqual({
      kind: 'findings',
      findings: ["a 1.0.0: its signature is not the registry's", 'b 2.0.0: the registry has not signed it'],
    });
  });

  // As npm 10.9.9 says it where the keys cannot be had.
  test('nobody answers', () => {
    const said = { error: { code: 'ENOTFOUND', summary: 'request failed', detail: 'a proxy?' } };
    expect(signatures(JSON.stringify(said))).toEqual({ kind: 'unanswered', reason: 'request failed' });
  });
});

describe('known weaknesses', () => {
  test('none', () =>
    expect(vulnerabilities('{"auditReportVersion":2,"vulnerabilities":{}}')).toEqual({ kind: 'clean' }));

  test('one, and what has it in turn', () => {
    const via = [{ title: 'it spills', url: 'https://example.org/1', severity: 'high' }];
    const said = {
      vulnerabilities: {
        a: { name: 'a', severity: 'high', range: '<1.2.3', via },
        b: { name: 'b', severity: 'low', range: '*', via: ['a'] },
      },
    };
    expect(vulnerabilities(JSON.stringify(said))).toEqual({
      kind: 'findings',
      findings: ['a <1.2.3: high: it spills https://example.org/1', 'b *: low: by a'],
    });
  });

  // As npm 10.9.9 says it of a registry that takes no such question.
  test('the registry refuses', () => {
    const said = { message: '405 Method Not Allowed', statusCode: 405, error: { summary: '', detail: '' } };
    expect(vulnerabilities(JSON.stringify(said))).toEqual({
      kind: 'unanswered',
      reason: '405 Method Not Allowed',
    });
  });
});

test.each(['', 'no JSON', '[]'])('%j is no answer', (text) => {
  const unanswered = { kind: 'unanswered', reason: 'npm says nothing that can be read' };
  expect(signatures(text)).toEqual(unanswered);
  expect(vulnerabilities(text)).toEqual(unanswered);
});

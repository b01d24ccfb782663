import { describe, expect, test } from 'vitest';
import { Findings, RefusedError, refusalOfAll } from './refusal.ts';

const one = new RefusedError('no-socket', 'there is no socket');
const other = new RefusedError('not-running', 'it is shut off');

describe('findings', () => {
  test('forbid nothing where there are none', () => {
    expect(new Findings([]).error).toBeUndefined();
    expect(() => new Findings([]).throwAny()).not.toThrow();
  });

  test('are thrown as they are where there is one', () =>
    expect(() => new Findings([one]).throwAny()).toThrow(one));

  test('are one error of several lines, with the code of the first', () =>
    expect(new Findings([one, other]).error).toMatchObject({
      code: 'no-socket',
      message: 'there is no socket\nit is shut off',
      cause: [one, other],
    }));
});

describe('several attempts that failed', () => {
  test('are one refusal', () =>
    expect(refusalOfAll([other, one])).toMatchObject({
      code: 'not-running',
      message: 'it is shut off\nthere is no socket',
    }));

  test('are what nobody expected, where one is', () => {
    const bug = new TypeError('x is undefined');
    expect(refusalOfAll([one, bug])).toBe(bug);
  });
});

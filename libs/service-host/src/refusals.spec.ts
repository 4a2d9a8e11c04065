import { describe, expect, it } from '@jest/globals';
import type { RecordedFact } from '@writ/ledger';
import { bodyProblem } from './body-problem.js';
import { bodyTextProblem } from './body-text.js';
import { errorForLog, isDatabaseAway } from './error-for-log.js';
import { Problem, problemDocument, problemOf } from './problem.js';
import { receiptOf, recordAnswer } from './receipt.js';

describe('what is refused', () => {
  it.each([
    ['version_is_stale', 409],
    ['too_much_contention', 409],
    ['key_reused_with_another_body', 422],
    ['some_rule_of_a_service', 422],
    ['unknown_case', 404],
  ] as const)('%s is answered %i', (reason, status) =>
    expect(problemOf({ reason }, { unknown_case: 404 })).toMatchObject({ reason, status }),
  );

  it('is a problem document with a stable type and the field named', () => {
    const problem = problemOf({ reason: 'order_is_backdated', field: '/effectiveFrom' });
    expect(problemDocument(problem, 'c'.repeat(32))).toEqual({
      type: 'urn:writ:problem:order-is-backdated',
      title: 'Order is backdated',
      status: 422,
      detail: 'Refused: order is backdated.',
      field: '/effectiveFrom',
      instance: `urn:writ:correlation:${'c'.repeat(32)}`,
    });
  });

  it('is thrown instead of a receipt', () =>
    expect(() => recordAnswer({ kind: 'refused', refusal: { reason: 'no' } })).toThrow(Problem));

  it('names the header of a key reused, and the member that names a version', () => {
    const refused = (reason: 'key_reused_with_another_body' | 'version_is_stale') => {
      try {
        recordAnswer({ kind: 'refused', refusal: { reason } }, { versionField: '/after' });
      } catch (error) {
        return (error as Problem).field;
      }
      return 'not refused';
    };
    expect(refused('key_reused_with_another_body')).toBe('/headers/idempotency-key');
    expect(refused('version_is_stale')).toBe('/after');
  });

  it.each([
    [{ a: ['fine', '😀', ''], b: { c: null, d: 7 } }, undefined],
    ['\ud800', ''],
    [{ a: { 'b/~': ['fine', 'x\udc00y'] }, later: '\0' }, '/a/b~1~0/1'],
    [{ a: [{ 'x\0': 1 }] }, '/a/0'],
  ])('finds ill-formed text in %j at %j', (body, field) =>
    expect(bodyTextProblem(body)?.field).toBe(field),
  );

  it('takes no body nested without end', () => {
    const nested = (levels: number) =>
      JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;
    expect(bodyTextProblem(nested(65))).toBeUndefined();
    expect(bodyTextProblem(nested(66))?.reason).toBe('body_is_nested_too_deeply');
    expect(bodyTextProblem(nested(200_000))?.reason).toBe('body_is_nested_too_deeply');
  });

  it('names a member of a body by its escaped pointer', () => {
    const constraints = { isInt: 'must be an integer' };
    const invalid = [{ property: 'a/b', children: [{ property: '~', constraints }] }];
    const { reason, field, detail } = bodyProblem(invalid);
    expect([reason, field, detail]).toEqual(['field_is_invalid', '/a~1b/~0', 'must be an integer']);
  });
});

describe('a receipt', () => {
  const fact = {
    ledger: 'court',
    epoch: 1,
    position: 7,
    leaf: 'a'.repeat(64),
    stream: 'case-x',
    version: 3,
    recordedAt: '2026-01-01T00:00:00Z',
    subject: '21'.repeat(16),
  } as RecordedFact;

  it('is of the last event, its token names its bucket', () => {
    const receipt = receiptOf([{ ...fact, position: 6 }, fact], 4);
    expect(receipt).toMatchObject({ ledger: 'court', position: 7, version: 3, aliasSequence: 4 });
    expect(Buffer.from(receipt.token, 'base64url').toString()).toBe('1.c.1.7.1.4');
  });

  it('cannot be given for nothing', () => expect(() => receiptOf([])).toThrow());
});

describe('an error in the logs', () => {
  it('keeps its kind, code and frames, never its message', () => {
    const error = Object.assign(new TypeError('planted\n    at planted (name)'), { code: '23505' });
    const logged = errorForLog(error);
    expect(logged).toMatchObject({ error: 'TypeError', code: '23505' });
    expect(logged.at.length).toBeGreaterThan(0);
    expect(JSON.stringify(logged)).not.toContain('planted');
  });

  it.each([
    [{ code: 'ECONNREFUSED' }, true],
    [{ code: '57P01' }, true],
    [{ code: '08006' }, true],
    [{ code: '23505' }, false],
    [{}, false],
  ])('of a database: %j is away: %s', (members, away) =>
    expect(isDatabaseAway(Object.assign(new Error('x'), members))).toBe(away),
  );
});

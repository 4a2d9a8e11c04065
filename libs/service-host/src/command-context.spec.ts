import { describe, expect, it } from '@jest/globals';
import { commandContext, correlationOf, type RecordingRequest } from './command-context.js';

const KEY = Buffer.alloc(32, 1);
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const request: RecordingRequest = {
  method: 'POST',
  path: '/court/v1/cases',
  headers: { 'writ-authority': 'a', 'writ-actor': 'person:p', 'idempotency-key': 'k' },
  body: { b: 1, a: [{ y: null, x: 'é' }] },
};
const contextOf = (change: Partial<RecordingRequest> = {}, key = KEY) =>
  commandContext({ ...request, ...change }, key, () => 'f'.repeat(32));
const withHeader = (name: string, value: string) => ({
  headers: { ...request.headers, [name]: value },
});

describe('the context of a command', () => {
  it('does not depend on the order of members', () => {
    const body = { a: [{ x: 'é', y: null }], b: 1 };
    expect(contextOf({ body }).fingerprint).toBe(contextOf().fingerprint);
  });

  it.each([
    ['another body', { body: { b: 2 } }],
    ['another path', { path: '/court/v1/listings' }],
    ['another method', { method: 'PUT' }],
    ['one list for two', { body: { b: 1, a: [[{ x: 'é', y: null }]] } }],
  ])('fingerprints %s differently under the same key', (_, change) => {
    expect(contextOf(change).fingerprint).not.toBe(contextOf().fingerprint);
    expect(contextOf(change).key).toBe(contextOf().key);
  });

  it.each([
    ['another authority', withHeader('writ-authority', 'b')],
    ['another actor', withHeader('writ-actor', 'person:q')],
    ['another kind of actor', withHeader('writ-actor', 'system:p')],
    ['another Idempotency-Key', withHeader('idempotency-key', 'l')],
  ])('scopes the key: %s has another', (_, change) => {
    expect(contextOf(change).key).not.toBe(contextOf().key);
    expect(contextOf(change).derive('case')).not.toBe(contextOf().derive('case'));
  });

  it('derives ids that differ by name, look random and cannot be told without the key', () => {
    const context = contextOf();
    expect(context.derive('case')).toMatch(/^[0-9a-f]{32}$/);
    expect(context.derive('case')).toBe(contextOf().derive('case'));
    expect(context.derive('case')).not.toBe(context.derive('notice'));
    expect(context.derive('case')).not.toBe(contextOf({}, Buffer.alloc(32, 2)).derive('case'));
  });

  it('records authority and actor as unverified', () =>
    expect(contextOf(withHeader('writ-actor', 'system:x:y')).envelope).toEqual({
      authority: 'a',
      actor: { kind: 'system', id: 'x:y', verified: false },
      source: { kind: 'api' },
      correlation: 'f'.repeat(32),
    }));

  it.each([
    [`00-${TRACE}-b7ad6b7169203331-01`, TRACE],
    [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, 'new'],
    [`00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`, 'new'],
    ['rubbish', 'new'],
    [undefined, 'new'],
  ])('takes the trace %j as correlation: %s', (traceparent, expected) =>
    expect(correlationOf({ traceparent }, () => 'new')).toBe(expected),
  );
});

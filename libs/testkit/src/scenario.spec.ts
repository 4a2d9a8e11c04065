import { describe, expect, it } from '@jest/globals';
import { record, refuse, type Decision } from '@writ/decider';
import { fixedClock, seededIds, seededRandom } from './fixed.js';
import { scenario } from './scenario.js';

type Switched = { type: 'SwitchedOn' | 'SwitchedOff' };
const given = scenario('off', (_: string, event: Switched) =>
  event.type === 'SwitchedOn' ? 'on' : 'off',
);
const on: Switched = { type: 'SwitchedOn' };

function switchOn(state: string, broken = false): Decision<Switched, 'it_is_broken'> {
  if (broken) return refuse('it_is_broken', '/switch');
  return state === 'on' ? record() : record(on);
}

describe('scenario', () => {
  it('tells what is recorded', () =>
    given()
      .when((s) => switchOn(s))
      .thenRecords(on));
  it('tells that nothing is', () =>
    given(on)
      .when((s) => switchOn(s))
      .thenNothing());
  it('tells why it was refused', () =>
    given()
      .when((s) => switchOn(s, true))
      .thenRefuses('it_is_broken', '/switch'));

  it('fails when the outcome is another', () => {
    const outcome = given().when((s) => switchOn(s));
    const refused = given().when((s) => switchOn(s, true));
    expect(() => outcome.thenNothing()).toThrow();
    expect(() => outcome.thenRecords(on, on)).toThrow();
    expect(() => outcome.thenRefuses('it_is_broken')).toThrow();
    expect(() => refused.thenRecords(on)).toThrow();
    expect(() => refused.thenRefuses('it_is_broken', '/other')).toThrow();
  });

  it('does not compile with a misspelt reason', () => {
    const refused = given().when((s) => switchOn(s, true));
    // @ts-expect-error: no such refusal
    expect(() => refused.thenRefuses('it_is_brocken')).toThrow();
  });
});

describe('what tests take instead of the world', () => {
  it('has a clock that stands still until told', () => {
    const clock = fixedClock('2026-01-01T00:00:00.000Z');
    clock.advance(1_500);
    expect(clock.now().toISOString()).toBe('2026-01-01T00:00:01.500Z');
  });

  it('has ids and numbers that are the same in every run', () => {
    expect(seededIds('a').next()).toMatch(/^[0-9a-f]{32}$/);
    expect(seededIds('a').next()).toBe(seededIds('a').next());
    expect(seededIds('a').next()).not.toBe(seededIds('b').next());
    expect(seededRandom(7)()).toBe(seededRandom(7)());
  });
});

import { describe, expect, it } from '@jest/globals';
import { rowFailed, rowNotRun, rowOfPairs } from './measure.js';
import { markdownOf, renewed, type Machine } from './report.js';

const machine: Machine = {
  measuredAt: '2026-03-02T09:00:00.000Z',
  cpu: 'A processor',
  cores: 2,
  memoryMiB: 4_096,
  system: 'Linux 6',
  node: 'v20.19.0',
  postgres: '18.4',
  pgbench: null,
  packages: {},
  loadAverage: [0.1, 0.2, 0.3],
  fsync: 'fsync=on',
  transport: 'TCP',
  commit: 'abc1234',
};
const pairs = [
  { ours: 10_000, reference: 5_000 },
  { ours: 12_000, reference: 4_000 },
];
const tableOf = (quick: boolean) =>
  markdownOf({
    machine,
    quick,
    rounds: 2,
    rows: [
      rowOfPairs('fast', pairs, 'events/s', '>= 3', 99.6),
      rowNotRun('elsewhere', 'events/s', '>= 1.5', 'there is no pgbench'),
      rowFailed('broken', 'it broke'),
    ],
  });

describe('the table of a report', () => {
  it('says what was met, missed, not run and broken, and why', () => {
    const table = tableOf(false);
    expect(table).toContain(
      '| fast | 11,000 | 4,500 | events/s | 2.5 | 2–3 | >= 3 | **no** | 99.6 |',
    );
    expect(table).toContain('| elsewhere | – | – | events/s | – | – | >= 1.5 | not run | 0 |');
    expect(table).toContain('- elsewhere: there is no pgbench');
    expect(table).toMatch(/\| broken .* failed /);
    expect(table).toContain('- broken: it broke');
  });

  it('begins with the machine and its load', () => {
    expect(tableOf(false).split('\n')[0]).toMatch(/A processor, 2 cores.*load 0.1 0.2 0.3/);
  });

  it('does not let a smoke run pass for a measurement', () => {
    expect(tableOf(true)).toContain('these figures say nothing');
    expect(tableOf(false)).not.toContain('these figures say nothing');
  });
});

describe('a report in which some rows were measured anew', () => {
  const row = (name: string, why: string) => rowFailed(name, why);

  it('keeps the others, in the order owed, and drops what nobody owes', () => {
    const before = [row('a', 'old'), row('b', 'old'), row('gone', 'old')];
    const now = renewed(before, [row('b', 'new'), row('c', 'new')], ['a', 'b', 'c', 'd']);
    expect(now.map(({ name, note }) => [name, note])).toEqual([
      ['a', 'old'],
      ['b', 'new'],
      ['c', 'new'],
    ]);
  });
});

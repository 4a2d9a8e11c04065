import { describe, expect, it } from '@jest/globals';
import { askActive } from './ask.command.js';
import type { Surroundings } from './surroundings.js';

/** What a command writes, asked of a system that answers every `get` alike. */
function surroundings(answer: object) {
  const [out, notes]: [string[], string[]] = [[], []];
  const terminal = {
    out: (line: string) => Promise.resolve(void out.push(line)),
    note: (line: string) => void notes.push(line),
    progress: () => {},
    settled: () => {},
  };
  const api = { get: () => Promise.resolve(answer) };
  const given = { api, terminal, json: false, embedded: false } as unknown as Surroundings;
  return { given, out, notes };
}

describe('the entries of a list', () => {
  const since = '2026-03-02T09:00:00.000Z';
  const undetermined = [{ reason: 'subject_is_quarantined', since, mustAct: 'projection' }];
  const told = 'xx.list: subject_is_quarantined since 2026-03-02T09:00:00.000Z; to act: projection';
  const ask = { name: 'active', list: 'xx.list', times: {} } as const;

  it('are told with what they do not show, beside the result', async () => {
    const entry = { ledger: 'court', listing: 'l-1', subject: 's-1' };
    const { given, out, notes } = surroundings({ entries: [entry], undetermined });
    await askActive(given, { ...ask, count: false });
    expect(out).toEqual(['court\tl-1\ts-1']);
    expect(notes).toEqual([told, 'xx.list: 1 entries of 1 subjects']);
  });

  it('are counted with the same words, and the count stays a bare number', async () => {
    const { given, out, notes } = surroundings({ listings: 7, undetermined });
    await askActive(given, { ...ask, count: true });
    expect([out, notes]).toEqual([['7'], [told]]);
  });
});

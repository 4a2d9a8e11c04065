import { describe, expect, it } from '@jest/globals';
import type { SourceStatus } from '@writ/exchange';
import { parkedLines, relayPart, sourcePart, standsStill } from './exchange-watch.js';

const stopped = [
  { ledger: 'court', bucket: 3, reason: 'message_is_not_in_the_ledger', position: 7 },
] as const;
const source: SourceStatus = { transport: 'kafka', running: true, stopped: [] };

describe('what is told of sources and relays', () => {
  it('stands still after an alarm, and is only in trouble while it is tried again', () => {
    const parts = [
      sourcePart('projection', source),
      sourcePart('projection', { ...source, trouble: 'connection refused' }),
      sourcePart('projection', { ...source, stopped: [...stopped] }),
      relayPart({ state: 'publishing' }),
      relayPart({ state: 'waiting', trouble: 'connection refused' }),
      relayPart({ state: 'alarm', trouble: 'published to 5, the ledger ends before' }),
    ];
    expect(parts.map(standsStill)).toEqual([false, false, true, false, false, true]);
    expect(parts[1]).toEqual({
      part: 'projection',
      state: 'running',
      stoppedBuckets: 0,
      trouble: 'connection refused',
    });
  });

  it('is one line per ledger, reason and type for what was set aside, without subjects', () => {
    const of = { ledger: 'court', bucket: 1, type: 'a.v1', reason: 'fact_is_poison' } as const;
    const parked = [
      { ...of, position: 4 },
      { ...of, position: 9 },
      { ...of, position: 10, type: 'b.v9', reason: 'fact_version_unknown' } as const,
    ];
    const { bucket: _, ...line } = of;
    expect(parkedLines('projection', parked)).toEqual([
      { consumer: 'projection', ...line, position: 4, facts: 2 },
      {
        ...{ consumer: 'projection', ledger: 'court', type: 'b.v9' },
        ...{ reason: 'fact_version_unknown', position: 10, facts: 1 },
      },
    ]);
  });
});

/** A feed of the bench: entries of nobody, in a list of its own. */
export type MadeUpFeed = {
  description: { list: string } & Record<string, unknown>;
  file: { name: string; text: string; observedAt: string };
};

const ZONE = 'Europe/Oslo';
const OBSERVED = '2026-01-02T00:00:00Z';

function described(list: string) {
  return {
    list,
    issuer: 'zz.bench',
    jurisdiction: 'zz',
    title: 'Made-up register of the bench',
    kind: 'restrictive',
    coverage: {
      schemes: [`${list}.record`],
      places: ['zz'],
      from: { date: '2020-01-01', zone: ZONE },
    },
    files: ['register.csv'],
    format: 'csv',
    zone: ZONE,
    record: { columns: ['id'] },
    name: 'name',
    legalBasis: { text: 'Made-up Act, section 1' },
    largestShrink: 0.1,
  };
}

/** @returns a table with a start, and perhaps an end, per entry */
export function recordsOf(round: number, entries: number): MadeUpFeed {
  const lines = Array.from({ length: entries }, (_, n) => {
    return `R-${round}-${n},Nobody ${n} AS,2024-02-01,${n % 4 === 0 ? '2025-03-31' : ''}`;
  });
  const description = {
    ...described(`zz.bench.records-${round}`),
    form: 'records',
    effectiveFrom: { column: 'from', format: 'iso' },
    until: { column: 'until', format: 'iso', states: 'last-day-in-force' },
  };
  const text = `${['id,name,from,until', ...lines].join('\n')}\n`;
  return { description, file: { name: 'register.csv', text, observedAt: OBSERVED } };
}

/** @returns a register of cases: one in four paid in full, one in four in part */
export function casesOf(round: number, entries: number): MadeUpFeed {
  const lines = Array.from({ length: entries }, (_, n) => {
    const paid = ['500.00', '100.00', '0.00', '0.00'][n % 4];
    return `C-${round}-${n},Nobody ${n} AS,2024-02-01,500.00,${paid},${n % 4 < 2 ? '2025-03-01' : ''},`;
  });
  const { largestShrink: _, ...shared } = described(`zz.bench.cases-${round}`);
  const description = {
    ...shared,
    form: 'cases',
    effectiveFrom: { column: 'opened', format: 'iso' },
    cases: {
      opened: { column: 'opened', format: 'iso' },
      currency: { text: 'NOK' },
      owed: 'owed',
      paid: {
        column: 'paid',
        on: { column: 'on', format: 'iso' },
        undated: { column: 'closed', format: 'iso' },
      },
    },
  };
  const text = `${['id,name,opened,owed,paid,on,closed', ...lines].join('\n')}\n`;
  return { description, file: { name: 'register.csv', text, observedAt: OBSERVED } };
}

import type { LegalTime } from '@writ/contracts';
import { beginsAt } from '@writ/law';
import type { HistoryRow } from '../fold/fold-batch.js';
import type { Segment } from '../fold/segment.js';
import { sqlInstant } from './sql-instant.js';

/** Columns of `history` and their types, in the order of `historyLines`. */
export const HISTORY_COLUMNS = {
  ledger: 'smallint',
  subject: 'uuid',
  position: 'bigint',
  part: 'smallint',
  known_until: 'bigint',
  recorded_at: 'timestamptz',
  type: 'text',
  cause: 'text',
  list: 'text',
  from_at: 'timestamptz',
  from_date: 'text',
  until_at: 'timestamptz',
  until_date: 'text',
  data: 'text',
};

const ABSENT = '\\N';

/**
 * Rows of history as COPY takes them. One row per stretch of legal time; a thing that holds at no
 * time still has its row. `data` is kept once, with part 0.
 */
export function historyLines(ledger: number, history: readonly HistoryRow[]): string {
  let lines = '';
  for (const { subject, position, recordedAt, type, standing, data, knownUntil } of history) {
    const { segments, cause, list } = standing;
    const known = `${knownUntil ?? ABSENT}\t${field(recordedAt)}\t${field(type)}\t${field(cause)}`;
    const count = Math.max(1, segments.length);
    for (let part = 0; part < count; part++) {
      const segment = segments[part];
      const start = `${ledger}\t${subject}\t${position}\t${part}\t${known}`;
      const legal = `${field(segment && list)}\t${legalFields(segment)}`;
      lines += `${start}\t${legal}\t${part === 0 ? jsonField(data) : ''}\n`;
    }
  }
  return lines;
}

/** Rows of `state` or `reference` as COPY takes them: owner, ledger, state. */
export function stateLines(
  ledger: number,
  states: readonly { owner: string; state: string }[],
): string {
  let lines = '';
  for (const { owner, state } of states) {
    lines += `${field(owner)}\t${ledger}\t${jsonField(state)}\n`;
  }
  return lines;
}

function legalFields(segment: Segment | undefined): string {
  if (!segment) return `${ABSENT}\t${ABSENT}\t${ABSENT}\t${ABSENT}`;
  return `${timeFields(segment.from)}\t${timeFields(segment.until)}`;
}

function timeFields(time: LegalTime | undefined): string {
  if (!time) return `${ABSENT}\t${ABSENT}`;
  return `${sqlInstant(beginsAt(time))}\t${'date' in time ? time.date : ABSENT}`;
}

/** JSON has no raw control character, and is long: only backslashes are looked for. */
function jsonField(text: string): string {
  return text.includes('\\') ? text.replaceAll('\\', '\\\\') : text;
}

function field(text: string | undefined): string {
  if (text === undefined) return ABSENT;
  return NEEDS_CARE.test(text) ? text.replace(EACH, (one) => ESCAPES[one]!) : text;
}

const NEEDS_CARE = /[\\\t\n\r]/;
const EACH = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

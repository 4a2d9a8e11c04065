/**
 * An independent judge: folds a list's event archive and says who is on the list after each
 * snapshot. Shares no code with Writ and uses Node's own modules only.
 *
 *   node tests/oracle/fold-events.mjs <folder with events.ndjson.gz and oracle.csv>
 *
 * prints one JSON line per snapshot: {snapshot, observedAt, active: [record ids, ascending]}.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {{snapshot: string, observedAt: string, expected: number, events: number}} Told
 * @returns {(Told & {active: number[]})[]}
 */
export function activeAfterEachSnapshot(folder) {
  const lines = gunzipSync(readFileSync(path.join(folder, 'events.ndjson.gz')))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const bySnapshot = new Map();
  for (const line of lines) {
    const event = JSON.parse(line);
    const events = bySnapshot.get(event.snapshot) ?? [];
    events.push(event);
    bySnapshot.set(event.snapshot, events);
  }
  const [header, ...rows] = readFileSync(path.join(folder, 'oracle.csv'), 'utf8')
    .trim()
    .split(/\r?\n/)
    .map((row) => row.split(','));
  const column = (name) => header.indexOf(name);
  const active = new Set();
  return rows.map((row) => {
    const snapshot = row[column('snapshot')];
    const events = bySnapshot.get(snapshot) ?? [];
    for (const event of events) {
      if (event.type === 'LISTED' || event.type === 'BASELINE') active.add(event.ent_num);
      if (event.type === 'DELISTED') active.delete(event.ent_num);
    }
    return {
      snapshot,
      observedAt: row[column('observed_at')],
      expected: Number(row[column('active_after')]),
      events: events.length,
      active: [...active].sort((a, b) => a - b),
    };
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const state of activeAfterEachSnapshot(process.argv[2] ?? '.')) {
    process.stdout.write(`${JSON.stringify(state)}\n`);
  }
}

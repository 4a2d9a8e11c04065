import { describe, expect, it } from '@jest/globals';
import {
  activeSubjects,
  described,
  factsOf,
  ignoreDeath,
  mortalImport,
  testImport,
} from './feed.fixture.js';

const feed = () =>
  described({
    list: 'vl.toll',
    issuer: 'vl.tollvesen',
    jurisdiction: 'vl',
    title: 'Made up',
    kind: 'restrictive',
    coverage: {
      schemes: ['vl.toll.record'],
      places: ['vl'],
      from: { date: '2026-01-01', zone: 'UTC' },
    },
    files: ['events.ndjson'],
    form: 'events',
    format: 'ndjson',
    zone: 'UTC',
    record: { columns: ['id'] },
    name: 'who',
    legalBasis: { column: 'law' },
    until: { column: 'end', format: 'iso', states: 'first-day-free' },
    events: {
      type: 'what',
      time: { column: 'seen', format: 'iso' },
      snapshot: 'copy',
      changed: { column: 'changed', shape: 'old-and-new' },
      words: { listed: 'ON', amended: 'CHANGED', delisted: 'OFF', baseline: 'WAS ON' },
    },
  });

type Line = Record<string, unknown>;
const at = (day: number) => ({ seen: `2026-01-0${day}T08:00:00Z`, copy: `copy-${day}` });
const on = (day: number, id: number, more: Line = {}) => ({ ...at(day), what: 'ON', id, ...more });
const off = (day: number, id: number) => ({ ...at(day), what: 'OFF', id });
const text = (...lines: (Line | string)[]) =>
  Buffer.from(
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)) + '\n').join(''),
  );

describe('a source of events', () => {
  it('is taken in snapshot by snapshot, each closed', async () => {
    const { run, reader, identity } = testImport();
    const lines = [
      { ...at(1), what: 'WAS ON', id: 1, law: 'Act 1' },
      on(1, 2, { law: 'Act 2', end: '2027-01-01' }),
      off(2, 1),
      { ...at(2), what: 'CHANGED', id: 2, changed: { law: ['Act 2', 'Act 3'] } },
      on(3, 1, { law: 'Act 1' }),
    ];
    const answer = await run(feed(), 'events.ndjson', text(...lines));
    expect(answer.snapshots).toMatchObject([
      { snapshot: 'copy-1', listed: 2, amended: 0, ended: 0, active: 2 },
      { snapshot: 'copy-2', listed: 0, amended: 1, ended: 1, active: 1 },
      { snapshot: 'copy-3', listed: 1, amended: 0, ended: 0, active: 2 },
    ]);
    const facts = await factsOf(reader);
    expect(facts[1]?.data).toMatchObject({ onOrBefore: true, legalBasis: 'Act 1' });
    expect(facts[2]?.data).toMatchObject({ onOrBefore: false });
    expect(facts[4]?.data).toMatchObject({ reason: 'delisted-by-source' });
    expect(facts[5]?.data).toMatchObject({
      legalBasis: 'Act 3',
      until: { date: '2027-01-01', zone: 'UTC' },
      nature: 'change',
    });
    const [first, again] = [facts[1], facts[7]];
    expect(again?.subject).toBe(first?.subject);
    expect(again?.data['listing']).not.toBe(first?.data['listing']);
    expect([...identity.subjects.keys()]).toEqual(['vl.toll.record 1', 'vl.toll.record 2']);
  });

  it('killed within a snapshot and come again at other lines, is the same entries', async () => {
    const { killed, mortal } = mortalImport();
    const rows = [on(1, 1), on(1, 2), on(1, 3)];
    mortal.diesAfter = 1;
    await killed.run(feed(), 'events.ndjson', text(...rows)).catch(ignoreDeath);
    mortal.diesAfter = Infinity;
    const resumed = await killed.run(feed(), 'events.ndjson', text('', ...rows));
    expect(resumed).toMatchObject({ recorded: 3, snapshots: [{ listed: 3, active: 3 }] });
    const next = await killed.run(feed(), 'events.ndjson', text(...rows, off(2, 1)));
    expect(next.snapshots.at(-1)).toMatchObject({ ended: 1, refusedRows: 0, active: 2 });
    expect(activeSubjects(await factsOf(killed.reader))).toHaveLength(2);
  });

  it('orders times by when they are, not by how they are written', async () => {
    const { run } = testImport();
    const whole = { ...on(1, 1), seen: '2026-01-01T08:00:00Z', copy: 'whole' };
    const half = { ...on(1, 2), seen: '2026-01-01T08:00:00.500Z', copy: 'half' };
    const answer = await run(feed(), 'events.ndjson', text(whole, half));
    expect(answer.snapshots.map(({ snapshot }) => snapshot)).toEqual(['whole', 'half']);
    await expect(run(feed(), 'events.ndjson', text(half, whole))).rejects.toMatchObject({
      reason: 'events_are_not_in_order',
    });
  });

  it('may grow: what was taken in is passed over', async () => {
    const { run, reader } = testImport();
    await run(feed(), 'events.ndjson', text(on(1, 1)));
    const answer = await run(feed(), 'events.ndjson', text(on(1, 1), on(2, 2)));
    expect(answer.snapshots.map(({ outcome }) => outcome)).toEqual([
      'already-taken-in',
      'taken-in',
    ]);
    expect(answer.recorded).toBe(2);
    expect(activeSubjects(await factsOf(reader))).toHaveLength(2);
  });

  it('may be taken in up to a time', async () => {
    const { run } = testImport();
    const lines = text(on(1, 1), on(2, 2), on(3, 3));
    const answer = await run(feed(), 'events.ndjson', lines, '2026-01-02T08:00:00Z');
    expect(answer.snapshots.map(({ active }) => active)).toEqual([1, 2]);
  });

  it('that tells a snapshot otherwise than before is refused', async () => {
    const { run, reader } = testImport();
    await run(feed(), 'events.ndjson', text(on(1, 1)));
    const before = await factsOf(reader);
    const refused = run(feed(), 'events.ndjson', text(on(1, 1), on(1, 5), on(2, 2)));
    await expect(refused).rejects.toMatchObject({
      reason: 'snapshot_differs_from_the_one_taken_in',
    });
    expect(await factsOf(reader)).toEqual(before);
  });

  it.each([
    ['goes back in time', [on(2, 1), on(1, 2)]],
    ['comes back to a snapshot', [on(1, 1), on(2, 2), { ...on(1, 3), seen: at(3).seen }]],
  ])('that %s is refused', async (_, lines) => {
    const { run } = testImport();
    await expect(run(feed(), 'events.ndjson', text(...lines))).rejects.toMatchObject({
      reason: 'events_are_not_in_order',
    });
  });

  it('that calls a snapshot by what is no code is refused', async () => {
    const { run } = testImport();
    const line = { ...on(1, 1), copy: 'no code!' };
    await expect(run(feed(), 'events.ndjson', text(line))).rejects.toMatchObject({
      reason: 'snapshot_code_is_malformed',
    });
  });

  it('that breaks off in its last line is refused', async () => {
    const { run } = testImport();
    const whole = text(on(1, 1), on(1, 2));
    await expect(run(feed(), 'events.ndjson', whole.subarray(0, -9))).rejects.toMatchObject({
      reason: 'file_is_cut_off',
    });
  });
});

describe('an amendment that leaves out the identifier', () => {
  const identified = (changed?: object) => {
    const { events, ...rest } = feed();
    const { changed: _, ...whole } = events ?? {};
    return described({
      ...rest,
      coverage: { ...rest.coverage, schemes: ['lei'] },
      identifiers: [{ column: 'lei', scheme: 'lei' }],
      notStated: ['-'],
      events: changed ? { ...whole, changed } : whole,
    });
  };
  const partial = { column: 'changed', shape: 'old-and-new' };
  const amended = { ...at(2), what: 'CHANGED', id: 1 };

  it.each<[string, object | undefined, Line]>([
    ['in a whole row', undefined, { ...amended, lei: '', law: 'Act 2' }],
    ['by a word for nothing', undefined, { ...amended, lei: '-', law: 'Act 2' }],
    ['as what changed', partial, { ...amended, changed: { lei: ['L1', '-'] } }],
    ['among other changes', partial, { ...amended, changed: { law: ['Act 1', 'Act 2'] } }],
  ])('%s keeps the subject', async (_, changed, line) => {
    const { run, reader } = testImport();
    const first = on(1, 1, { lei: 'L1', law: 'Act 1' });
    await run(identified(changed), 'e.ndjson', text(first));
    const before = activeSubjects(await factsOf(reader));
    const answer = await run(identified(changed), 'e.ndjson', text(first, line));
    expect(answer.snapshots.at(-1)).toMatchObject({ amended: 1, listed: 0, ended: 0 });
    expect(activeSubjects(await factsOf(reader))).toEqual(before);
  });
});

describe('an amendment that states an identifier but not its kind', () => {
  it('cannot be read, and is not taken for one that leaves the subject alone', async () => {
    const { run } = testImport();
    const when = { column: 'kind', equals: 'L' };
    const kinds = described({
      ...feed(),
      coverage: { ...feed().coverage, schemes: ['lei'] },
      identifiers: [{ column: 'lei', scheme: 'lei', when }],
    });
    const line = { ...at(2), what: 'CHANGED', id: 1, changed: { lei: ['L1', 'L2'] } };
    const lines = text(on(1, 1, { lei: 'L1', kind: 'L' }), line, on(2, 9));
    const answer = await run(kinds, 'e.ndjson', lines);
    const refused = { row: 2, reason: 'change_cannot_be_read', column: 'changed' };
    expect(answer.rows).toEqual([expect.objectContaining(refused)]);
  });
});

describe('an event that is not taken in', () => {
  it.each<[string, (Line | string)[], object]>([
    ['lists who is listed', [on(2, 1)], { row: 2, reason: 'entry_is_already_listed' }],
    ['ends what nobody knows', [off(2, 7)], { row: 2, reason: 'entry_is_not_listed' }],
    [
      'amends what nobody knows',
      [{ ...at(2), what: 'CHANGED', id: 7, changed: {} }],
      { row: 2, reason: 'entry_is_not_listed' },
    ],
    [
      'is of no known kind',
      [{ ...at(2), what: 'MOVED', id: 1 }],
      { row: 2, reason: 'event_type_is_unknown', column: 'what' },
    ],
    [
      'changes in no known shape',
      [{ ...at(2), what: 'CHANGED', id: 1, changed: { law: 'Act 9' } }],
      { row: 2, reason: 'change_cannot_be_read', column: 'changed' },
    ],
    ['names no record', [{ ...at(2), what: 'ON' }], { row: 2, reason: 'record_id_is_missing' }],
    [
      'names no time',
      [{ ...at(2), seen: 'soon', what: 'ON', id: 3 }],
      { row: 2, reason: 'event_time_cannot_be_read', column: 'seen' },
    ],
    ['is no JSON', ['{"what": '], { row: 2, reason: 'row_cannot_be_parsed' }],
    [
      'cites a law longer than a fact can carry',
      [on(2, 3, { law: 'x'.repeat(501) })],
      { row: 2, reason: 'legal_basis_is_too_long', column: 'law' },
    ],
  ])('%s: reported, and all others are', async (_, lines, report) => {
    const { run, reader } = testImport();
    const answer = await run(feed(), 'e.ndjson', text(on(1, 1), ...lines, on(2, 9)));
    expect(answer.rows).toEqual([expect.objectContaining(report)]);
    expect(activeSubjects(await factsOf(reader))).toHaveLength(2);
  });
});

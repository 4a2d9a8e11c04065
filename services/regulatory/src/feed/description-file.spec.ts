import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { describeFeed, FeedDescriptionSchema } from '@writ/feeds';
import { fixture } from './feed.fixture.js';

const ROOT = new URL('../../../../', import.meta.url);
const examples = new URL('examples/feeds/', ROOT);
const json = (url: URL) => JSON.parse(readFileSync(url, 'utf8')) as Record<string, unknown>;

describe('the documented schema', () => {
  it('is the one descriptions are checked by (npm run schema writes it)', () => {
    const documented = json(new URL('libs/feeds/feed.schema.json', ROOT));
    expect(documented).toEqual(JSON.parse(JSON.stringify(published())));
  });
});

function published() {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'feed.json: a source that a feed takes in',
    ...FeedDescriptionSchema,
  };
}

describe('every description in the tree', () => {
  it.each(readdirSync(examples))('examples/feeds/%s is taken', (name) => {
    const decision = describeFeed(json(new URL(`${name}/feed.json`, examples)));
    expect(decision).toMatchObject({ kind: 'record' });
  });
});

describe('a description', () => {
  const whole = () =>
    JSON.parse(fixture('vesland/feed.json').toString()) as Record<string, unknown>;
  const events = {
    type: 'art',
    time: { column: 'fra', format: 'iso' },
    words: { listed: 'N' },
  };

  it.each([
    ['of another shape', { form: 'letters' }, 'description_is_malformed', '/form'],
    ['with a field nobody knows', { extra: 1 }, 'description_is_malformed', '/extra'],
    ['without a record id', { record: undefined }, 'description_is_malformed', '/record'],
    ['in an unknown zone', { zone: 'Europe/Nowhere' }, 'zone_is_unknown', '/zone'],
    [
      'that covers since a day that does not exist',
      {
        coverage: {
          schemes: ['lei'],
          places: ['vl'],
          from: { date: '2026-02-30', zone: 'Europe/Oslo' },
        },
      },
      'coverage_time_does_not_exist',
      '/coverage/from',
    ],
    [
      'with a format that names no day',
      { effectiveFrom: { column: 'fra', format: 'MM.yyyy' } },
      'time_format_is_unknown',
      '/effectiveFrom/format',
    ],
    [
      'with a pattern that is none',
      { leaveOut: [{ column: 'sak', matches: '(' }] },
      'pattern_is_malformed',
      '/leaveOut/0/matches',
    ],
    [
      'with a pattern that could be slow',
      { leaveOut: [{ column: 'sak', matches: '^(S+)+$' }] },
      'pattern_must_be_anchored_and_bounded',
      '/leaveOut/0/matches',
    ],
    [
      'with a pattern of file names that could be slow',
      { snapshots: { fileName: '^.*(?<observed>[0-9]{8})' } },
      'pattern_must_be_anchored_and_bounded',
      '/snapshots/fileName',
    ],
    [
      'whose file names say no time',
      { snapshots: { fileName: '^liste' } },
      'pattern_needs_the_group_observed',
      '/snapshots/fileName',
    ],
    [
      'with a scheme it does not bring along',
      { schemes: [] },
      'scheme_is_not_declared',
      '/identifiers/0/scheme',
    ],
    [
      'with a scheme that could be slow',
      { schemes: [{ scheme: 'vl.firmanummer', pattern: '^(a+)+$', normalise: [] }] },
      'scheme_declaration_is_refused',
      '/schemes/0/pattern',
    ],
    ['of events without saying how', { form: 'events' }, 'events_must_be_described', '/events'],
    ['of snapshots with events', { events }, 'snapshots_cannot_describe_events', '/events'],
    [
      'of events whose rows are counted',
      { form: 'events', events, record: { columns: ['sak'], occurrence: true } },
      'occurrence_needs_whole_snapshots',
      '/record/occurrence',
    ],
    [
      'of snapshots that may shrink at will',
      { largestShrink: undefined },
      'largest_shrink_must_be_declared',
      '/largestShrink',
    ],
    ['of a table in NDJSON', { format: 'ndjson' }, 'a_table_needs_csv_or_tsv', '/table'],
  ])('%s is refused', (_, change, reason, field) => {
    const given = JSON.parse(JSON.stringify({ ...whole(), ...change })) as unknown;
    expect(describeFeed(given)).toEqual({ kind: 'refuse', refusal: { reason, field } });
  });
});

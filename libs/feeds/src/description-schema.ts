import { Type, type Static } from '@sinclair/typebox';
import { closed, Code, PublicText, regulatoryFacts } from '@writ/contracts';

const Column = Type.String({ minLength: 1, maxLength: 120, description: 'Name of a column.' });
const Pattern = Type.String({
  minLength: 1,
  maxLength: 200,
  description:
    'Regular expression (ECMAScript, unicode): begins with `^`; characters, classes, bounded ' +
    'repetitions (`?`, `{n}`, `{n,m}`), groups neither nested nor repeated; at most two of it may vary.',
});
const TimeFormat = Type.String({
  minLength: 1,
  maxLength: 40,
  description:
    'yyyy MM dd HH mm ss (d and M: one or two digits), all else as written; or `iso`: ISO 8601.',
});
const Zone = Type.String({
  pattern: '^[A-Za-z]+(/[A-Za-z0-9_+-]+)*$',
  description: 'IANA time zone in which the source states local dates and times.',
});
const DateColumn = {
  column: Column,
  format: Type.Union([
    TimeFormat,
    Type.Array(TimeFormat, {
      minItems: 2,
      maxItems: 5,
      uniqueItems: true,
      description: 'A source that writes its dates in several ways: the first that fits counts.',
    }),
  ]),
};

const RecordId = closed({
  columns: Type.Array(Column, {
    minItems: 1,
    uniqueItems: true,
    description: 'One column, or a tuple of columns.',
  }),
  occurrence: Type.Optional(
    Type.Boolean({
      description: 'Add which time of its kind a row is, where a source repeats a tuple.',
    }),
  ),
  scheme: Type.Optional(
    Type.String({
      description: 'Set where the record id itself identifies the subject, e.g. `us.ofac-ent`.',
    }),
  ),
});

const IdentifierColumn = closed({
  column: Column,
  scheme: Type.String({ minLength: 1, maxLength: 80 }),
  when: Type.Optional(closed({ column: Column, equals: Type.String() })),
});

const DeclaredScheme = closed({
  scheme: Type.String({ minLength: 1, maxLength: 80 }),
  pattern: Type.String({ minLength: 1, maxLength: 300 }),
  normalise: Type.Array(Type.String()),
});

const LeaveOut = Type.Union([
  closed({ column: Column, equals: Type.String() }),
  closed({ column: Column, matches: Pattern }),
]);

const Table = closed({
  delimiter: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1, description: 'Default: comma, or tab for tsv.' }),
  ),
  quote: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 1 }), Type.Literal('none')]),
  ),
  comment: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 10,
      description: 'Lines before the header that start with this are passed over.',
    }),
  ),
  headerStartsWith: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'Every line before the first that starts with this is passed over.',
    }),
  ),
  footerStartsWith: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        'The last line that starts with this, and all behind it, is passed over; a file without ' +
        'such a line was cut off.',
    }),
  ),
  columns: Type.Optional(
    Type.Array(Column, {
      minItems: 1,
      uniqueItems: true,
      description: 'The source has no header: these are its columns, in order.',
    }),
  ),
});

const Events = closed({
  type: Column,
  time: closed({ column: Column, format: TimeFormat }),
  snapshot: Type.Optional(Column),
  changed: Type.Optional(
    closed({
      column: Column,
      shape: Type.Literal('old-and-new', {
        description: '{"column": ["old", "new"]}: only what changed is stated.',
      }),
    }),
  ),
  words: closed({
    listed: Type.String({ minLength: 1 }),
    amended: Type.Optional(Type.String({ minLength: 1 })),
    delisted: Type.Optional(Type.String({ minLength: 1 })),
    baseline: Type.Optional(Type.String({ minLength: 1 })),
  }),
});

const Snapshots = closed({
  fileName: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        'Regular expression (as for `leaveOut`) over the file’s name with the group `observed` and, if the source ' +
        'names its snapshots, `snapshot`. Without it each request states the time observed.',
    }),
  ),
  format: Type.Optional(TimeFormat),
});

const words = (description: string) =>
  Type.Optional(
    Type.Array(Type.String(), {
      uniqueItems: true,
      description: `${description} Words of the source; the empty one is one of them.`,
    }),
  );

const Cases = closed({
  number: Type.Optional(Column),
  opened: Type.Optional(closed(DateColumn)),
  decimal: Type.Optional(
    Type.Union([Type.Literal('.'), Type.Literal(',')], {
      description: 'What stands before the fraction of an amount. Default: a point.',
    }),
  ),
  currency: Type.Union([
    closed({ column: Column }),
    closed({ text: Type.String({ pattern: '^[A-Z]{3}$' }) }),
  ]),
  owed: Column,
  paid: Type.Optional(
    closed({
      column: Column,
      on: Type.Optional(closed(DateColumn)),
      undated: Type.Union([closed(DateColumn), Type.Literal('observed')], {
        description:
          'What dates a payment whose date is not stated: another column, or (also where that is ' +
          'empty) the day the copy was observed. Such a date is marked.',
      }),
    }),
  ),
  status: Type.Optional(
    closed({
      column: Column,
      words: closed({
        open: words('What the amounts tell.'),
        fulfilled: words('Paid in full, whatever the amounts tell.'),
        part: words('Not paid in full.'),
        annulled: words('Listed, and as if never.'),
        neverListed: words('Not listed.'),
      }),
    }),
  ),
});

/** A source described as data: what `feed.json` may say. */
export const FeedDescriptionSchema = closed({
  $schema: Type.Optional(Type.String()),
  list: Code,
  issuer: Code,
  jurisdiction: Code,
  title: PublicText,
  kind: regulatoryFacts.ListKind,
  coverage: regulatoryFacts.Coverage,
  files: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
    minItems: 1,
    description: 'Paths below the data folder; `*` stands for any characters but `/`.',
  }),
  form: Type.Union([
    Type.Literal('snapshots'),
    Type.Literal('records'),
    Type.Literal('events'),
    Type.Literal('cases'),
  ]),
  format: Type.Union([Type.Literal('csv'), Type.Literal('tsv'), Type.Literal('ndjson')]),
  encoding: Type.Optional(
    Type.Union(
      ['utf-8', 'windows-1252', 'iso-8859-2', 'shift_jis', 'gb18030', 'utf-16le'].map((label) =>
        Type.Literal(label),
      ),
      { description: 'Default utf-8. A byte order mark is dropped.' },
    ),
  ),
  table: Type.Optional(Table),
  endsWithNewline: Type.Optional(
    Type.Boolean({ description: 'A file whose last line is not ended was cut off.' }),
  ),
  zone: Zone,
  record: RecordId,
  identifiers: Type.Optional(Type.Array(IdentifierColumn, { maxItems: 20 })),
  schemes: Type.Optional(
    Type.Array(DeclaredScheme, { maxItems: 20, description: 'Schemes the source brings along.' }),
  ),
  name: Type.Optional(Column),
  legalBasis: Type.Optional(Type.Union([closed({ column: Column }), closed({ text: PublicText })])),
  effectiveFrom: Type.Optional(closed(DateColumn)),
  until: Type.Optional(
    closed({
      ...DateColumn,
      states: Type.Union([Type.Literal('last-day-in-force'), Type.Literal('first-day-free')]),
    }),
  ),
  notStated: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Values that say nothing, beside the empty one, e.g. `-0-`.',
    }),
  ),
  leaveOut: Type.Optional(
    Type.Array(LeaveOut, {
      maxItems: 50,
      description: 'A row that any of these fits is no entry.',
    }),
  ),
  ignore: Type.Optional(
    Type.Array(Column, { description: 'Columns whose change alone amends nothing.' }),
  ),
  largestShrink: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description:
        'Forms snapshots and records: largest share of the active entries that may be gone at once.',
    }),
  ),
  amendments: Type.Optional(
    Type.Union([Type.Literal('change'), Type.Literal('correction')], {
      description:
        'Whether an amended row holds from its own date on (default; form records: no) or corrects ' +
        'the past (default of form records, whose rows state the whole of an entry).',
    }),
  ),
  events: Type.Optional(Events),
  cases: Type.Optional(Cases),
  snapshots: Type.Optional(Snapshots),
});

export type FeedDescription = Static<typeof FeedDescriptionSchema>;
export type DeclaredScheme = Static<typeof DeclaredScheme>;

import { Ajv, type ValidateFunction } from 'ajv';
import { record, refuse, type Decision } from '@writ/decider';
import { declareScheme, isBuiltInScheme } from '@writ/identifiers';
import { isLegalTime, isZone } from '@writ/law';
import { isBoundedPattern } from './bounded-pattern.js';
import { FeedDescriptionSchema, type FeedDescription } from './description-schema.js';
import { isTimeFormat } from './source-time.js';

export type DescriptionRefusal =
  | 'description_is_malformed'
  | 'zone_is_unknown'
  | 'coverage_time_does_not_exist'
  | 'time_format_is_unknown'
  | 'pattern_is_malformed'
  | 'pattern_must_be_anchored_and_bounded'
  | 'pattern_needs_the_group_observed'
  | 'scheme_declaration_is_refused'
  | 'scheme_is_not_declared'
  | 'events_must_be_described'
  | 'snapshots_cannot_describe_events'
  | 'cases_must_be_described'
  | 'only_cases_can_be_described_so'
  | 'cases_have_no_term'
  | 'a_word_of_status_is_repeated'
  | 'occurrence_needs_whole_snapshots'
  | 'largest_shrink_must_be_declared'
  | 'a_table_needs_csv_or_tsv';

type Check = (feed: FeedDescription) => { reason: DescriptionRefusal; field: string } | undefined;

let validator: ValidateFunction | undefined;

/**
 * Is this a description Writ can take a source in by? The shape first, then what a schema cannot
 * say. The refusal's field points into the description.
 */
export function describeFeed(given: unknown): Decision<FeedDescription, DescriptionRefusal> {
  validator ??= new Ajv({ allErrors: false, strict: false }).compile(FeedDescriptionSchema);
  if (!validator(given)) {
    const [error] = validator.errors ?? [];
    const { additionalProperty, missingProperty } = (error?.params ?? {}) as Record<string, string>;
    const named = additionalProperty ?? missingProperty;
    const path = error?.instancePath ?? '';
    return refuse('description_is_malformed', named === undefined ? path : `${path}/${named}`);
  }
  const feed = given as FeedDescription;
  for (const check of CHECKS) {
    const fault = check(feed);
    if (fault) return refuse(fault.reason, fault.field);
  }
  return record(feed);
}

const CHECKS: readonly Check[] = [
  timesExist,
  formatsAreKnown,
  patternsAreSafe,
  schemesAreDeclared,
  formIsWhole,
];

function timesExist(feed: FeedDescription): ReturnType<Check> {
  if (!isZone(feed.zone)) return { reason: 'zone_is_unknown', field: '/zone' };
  if (!isLegalTime(feed.coverage.from)) {
    return { reason: 'coverage_time_does_not_exist', field: '/coverage/from' };
  }
  return undefined;
}

function formatsAreKnown(feed: FeedDescription): ReturnType<Check> {
  const formats: [string, string | readonly string[] | undefined][] = [
    ['/effectiveFrom/format', feed.effectiveFrom?.format],
    ['/until/format', feed.until?.format],
    ['/events/time/format', feed.events?.time.format],
    ['/cases/opened/format', feed.cases?.opened?.format],
    ['/cases/paid/on/format', feed.cases?.paid?.on?.format],
    ['/cases/paid/undated/format', undatedOf(feed)?.format],
    ['/snapshots/format', feed.snapshots?.format],
  ];
  const unknown = formats.find(([, given = []]) => ![given].flat().every(isTimeFormat));
  return unknown && { reason: 'time_format_is_unknown', field: unknown[0] };
}

function patternsAreSafe(feed: FeedDescription): ReturnType<Check> {
  const patterns: [string, string][] = (feed.leaveOut ?? []).flatMap((rule, index) =>
    'matches' in rule ? [[`/leaveOut/${index}/matches`, rule.matches] as [string, string]] : [],
  );
  const { fileName } = feed.snapshots ?? {};
  if (fileName !== undefined) patterns.push(['/snapshots/fileName', fileName]);
  const broken = patterns.find(([, pattern]) => !compiles(pattern));
  if (broken) return { reason: 'pattern_is_malformed', field: broken[0] };
  const slow = patterns.find(([, pattern]) => !isBoundedPattern(pattern));
  if (slow) return { reason: 'pattern_must_be_anchored_and_bounded', field: slow[0] };
  if (fileName !== undefined && !fileName.includes('(?<observed>')) {
    return { reason: 'pattern_needs_the_group_observed', field: '/snapshots/fileName' };
  }
  return undefined;
}

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** Every scheme the feed uses is built in or brought along; nothing falls to a later surprise. */
function schemesAreDeclared(feed: FeedDescription): ReturnType<Check> {
  const declared = new Set<string>();
  for (const [index, scheme] of (feed.schemes ?? []).entries()) {
    const declaration = scheme as Parameters<typeof declareScheme>[0];
    const decision = declareScheme(declaration, isBuiltInScheme);
    if (decision.kind === 'refuse') {
      const field = `/schemes/${index}${decision.refusal.field ?? ''}`;
      return { reason: 'scheme_declaration_is_refused', field };
    }
    declared.add(scheme.scheme);
  }
  const used: [string, string][] = (feed.identifiers ?? []).map(({ scheme }, index) => [
    `/identifiers/${index}/scheme`,
    scheme,
  ]);
  if (feed.record.scheme !== undefined) used.push(['/record/scheme', feed.record.scheme]);
  feed.coverage.schemes.forEach((scheme, index) => {
    used.push([`/coverage/schemes/${index}`, scheme]);
  });
  const unknown = used.find(([, scheme]) => !declared.has(scheme) && !isBuiltInScheme(scheme));
  return unknown && { reason: 'scheme_is_not_declared', field: unknown[0] };
}

function formIsWhole(feed: FeedDescription): ReturnType<Check> {
  if (feed.table && feed.format === 'ndjson') {
    return { reason: 'a_table_needs_csv_or_tsv', field: '/table' };
  }
  if (feed.form === 'cases') return casesAreWhole(feed);
  if (feed.cases) return { reason: 'only_cases_can_be_described_so', field: '/cases' };
  if (feed.form === 'events') {
    if (!feed.events) return { reason: 'events_must_be_described', field: '/events' };
    if (feed.record.occurrence) {
      return { reason: 'occurrence_needs_whole_snapshots', field: '/record/occurrence' };
    }
    return undefined;
  }
  if (feed.events) return { reason: 'snapshots_cannot_describe_events', field: '/events' };
  if (feed.largestShrink === undefined) {
    return { reason: 'largest_shrink_must_be_declared', field: '/largestShrink' };
  }
  return undefined;
}

function undatedOf({ cases }: FeedDescription) {
  const undated = cases?.paid?.undated;
  return undated === 'observed' ? undefined : undated;
}

/** A case is one row of its own; how long its debtor is listed depends on what is paid. */
function casesAreWhole({ cases, events, until, record }: FeedDescription): ReturnType<Check> {
  if (!cases) return { reason: 'cases_must_be_described', field: '/cases' };
  if (events) return { reason: 'snapshots_cannot_describe_events', field: '/events' };
  if (until) return { reason: 'cases_have_no_term', field: '/until' };
  if (record.occurrence) {
    return { reason: 'occurrence_needs_whole_snapshots', field: '/record/occurrence' };
  }
  const words = Object.values(cases.status?.words ?? {}).flat();
  if (new Set(words).size < words.length) {
    return { reason: 'a_word_of_status_is_repeated', field: '/cases/status/words' };
  }
  return undefined;
}

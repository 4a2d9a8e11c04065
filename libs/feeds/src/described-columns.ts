import type { FeedDescription } from './description-schema.js';

/** Every column the description names: a file without one of them is another file. */
export function columnsOf(feed: FeedDescription): string[] {
  const named = [
    ...feed.record.columns,
    ...(feed.identifiers ?? []).flatMap(({ column, when }) => [column, when?.column]),
    feed.name,
    feed.legalBasis && 'column' in feed.legalBasis ? feed.legalBasis.column : undefined,
    feed.effectiveFrom?.column,
    feed.until?.column,
    ...(feed.leaveOut ?? []).map(({ column }) => column),
    ...columnsOfCases(feed),
    feed.events?.type,
    feed.events?.time.column,
    feed.events?.snapshot,
    feed.events?.changed?.column,
  ];
  return [...new Set(named.filter((column): column is string => column !== undefined))];
}

function columnsOfCases({ cases }: FeedDescription): (string | undefined)[] {
  if (!cases) return [];
  const { number, opened, currency, owed, paid, status } = cases;
  const undated = paid?.undated === 'observed' ? undefined : paid?.undated?.column;
  return [
    number,
    opened?.column,
    'column' in currency ? currency.column : undefined,
    owed,
    paid?.column,
    paid?.on?.column,
    undated,
    status?.column,
  ];
}

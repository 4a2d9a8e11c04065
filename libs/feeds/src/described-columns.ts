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
    feed.events?.type,
    feed.events?.time.column,
    feed.events?.snapshot,
    feed.events?.changed?.column,
  ];
  return [...new Set(named.filter((column): column is string => column !== undefined))];
}

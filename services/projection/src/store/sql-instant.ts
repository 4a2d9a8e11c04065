/** An instant as Postgres takes it: its calendar knows no year 0. */
export function sqlInstant(instant: string): string {
  return instant < '0001' || instant.startsWith('-') ? '-infinity' : instant;
}

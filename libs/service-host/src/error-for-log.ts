export type LoggedError = { error: string; code?: string; at: string[] };

/**
 * An error without its message: messages repeat what was parsed, a query's values, a URL. Its kind,
 * code and frames are enough to find the bug; frames are this program's own.
 */
export function errorForLog(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { error: typeof error, at: [] };
  const code = (error as { code?: unknown }).code;
  // A message may itself look like frames.
  const stack = error.stack ?? '';
  const behind = stack.includes(error.message) ? stack.indexOf(error.message) : stack.length;
  const traced = stack.slice(behind + error.message.length);
  const frames = traced.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    error: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    at: frames.slice(0, 8).map((line) => line.trim()),
  };
}

const UNAVAILABLE = /^(08|57P0|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)/;

/** @returns whether an error says that the database is away, not that a statement was wrong */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') return UNAVAILABLE.test(code);
  return /^(Connection terminated|timeout exceeded when trying to connect)/.test(error.message);
}

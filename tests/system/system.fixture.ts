import type { RecordResponse, StatusRequest, StatusResponse } from '@writ/contracts';
import { startStack, startStandalone, type RunningSystem } from '@writ/standalone';

/** What the run is on: one process, or every service by itself on the real broker. */
export const SYSTEM = process.env['WRIT_SYSTEM'] === 'stack' ? 'stack' : 'standalone';
export const TRANSPORT = SYSTEM === 'stack' ? 'kafka' : 'embedded';

export type HttpAnswer<T = Record<string, unknown>> = { status: number; body: T; type: string };
export type Json = Record<string, unknown>;

export type Client = ReturnType<typeof clientOf>;
export type System = RunningSystem & { client: Client };

export type StartOptions = {
  /** A broker that may be stopped. */
  ownBroker?: boolean;
  /** Keeps everything in it, the broker's data too; absent: a temporary one. */
  dataFolder?: string;
};

/** Starts the system that this run is about, with data of its own. */
export async function startSystem(options: StartOptions = {}): Promise<System> {
  const shared = { ...options, fsync: false, endWith: process.pid, logLevel: 'info' as const };
  const system =
    SYSTEM === 'stack'
      ? await startStack(shared)
      : await startStandalone({ ...shared, logToFolder: true });
  return { ...system, client: clientOf(system.url) };
}

const AUTHORITY = 'cn.court.made-up';

/** HTTP and nothing else: what any client could do. */
export function clientOf(origin: string) {
  let keys = 0;
  const run = Math.floor(performance.timeOrigin).toString(36);
  const call = async <T = Json>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<HttpAnswer<T>> => {
    const answer = await fetch(`${origin}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        'writ-authority': AUTHORITY,
        'writ-actor': 'person:clerk-7',
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const type = answer.headers.get('content-type') ?? '';
    const parsed = (/json/.test(type) ? JSON.parse(text) : { text }) as T;
    return { status: answer.status, body: parsed, type };
  };
  const get = <T = Json>(path: string) => call<T>('GET', path);
  /** Records: under a key of its own unless one is given. */
  const record = <T = Json>(path: string, body: unknown, key = `${run}-${keys++}`) =>
    call<T>('POST', path, body, { 'idempotency-key': key });
  /** Records and expects 201. */
  const done = async <T = Json>(path: string, body: unknown, key?: string): Promise<T> => {
    const answer = await record<T>(path, body, key);
    if (answer.status !== 201) {
      throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  };
  const ask = (request: StatusRequest) =>
    call<StatusResponse>('POST', '/projection/v1/status', request);
  const recordOf = (request: unknown) =>
    call<RecordResponse>('POST', '/projection/v1/record', request);
  return { origin, call, get, record, done, ask, recordOf };
}

import { AsyncLocalStorage } from 'node:async_hooks';

const arrivals = new AsyncLocalStorage<'api' | 'intake'>();

/**
 * Runs what handles a request that came another way than over HTTP. Not a header: no client can
 * say it of itself.
 */
export function arrivingBy<T>(arrival: 'api' | 'intake', run: () => Promise<T>): Promise<T> {
  // Awaited within: what is returned may be a thenable that begins only when it is asked.
  return arrivals.run(arrival, async () => await run());
}

/** @returns how the request at hand came */
export function arrivalOfRequest(): 'api' | 'intake' {
  return arrivals.getStore() ?? 'api';
}

import type { FactsPage, LedgerName } from '@writ/contracts';
import type { FactFetcher } from './fact-source.js';

const FETCH_MS_MAX = 30_000;

/**
 * Fetches facts from the ledgers' own services, `GET /{service}/v1/facts?after=&limit=`.
 *
 * @param baseUrls origin of each ledger's service
 */
export function httpFactFetcher(baseUrls: Partial<Record<LedgerName, string>>): FactFetcher {
  return {
    fetch: async (ledger, after, limit) => {
      const baseUrl = baseUrls[ledger];
      if (baseUrl === undefined) throw new Error(`no address of the ledger ${ledger}`);
      const url = new URL(`/${ledger}/v1/facts?after=${after}&limit=${limit}`, baseUrl);
      const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS_MAX) });
      // The ledger does not reach so far: it has nothing there, which says that we hold more.
      if (response.status === 409) return [];
      if (!response.ok)
        throw new Error(`${ledger} answered ${response.status} when asked for facts`);
      return ((await response.json()) as FactsPage).facts;
    },
  };
}

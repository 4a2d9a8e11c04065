import type { DeliveredFact, FactsPage, LedgerName } from '@writ/contracts';
import type { FactFetcher } from '@writ/exchange';

const TIMEOUT_MS = 30_000;

/**
 * `GET /{service}/v1/facts` of each ledger's own service, for healing and rebuilds.
 *
 * @param urls origin of each ledger's service
 */
export function ledgerFactsClient(urls: Readonly<Record<LedgerName, string>>): FactFetcher {
  const fetchPage = async (ledger: LedgerName, after: number, limit: number) => {
    const address = `${urls[ledger]}/${ledger}/v1/facts?after=${after}&limit=${limit}`;
    const answer = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`the ${ledger} service answered ${answer.status} for facts`);
    return (await answer.json()) as FactsPage;
  };
  return {
    fetch: async (ledger, after, limit): Promise<DeliveredFact[]> =>
      (await fetchPage(ledger, after, limit)).facts,
  };
}

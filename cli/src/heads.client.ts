import { encodeToken, LEDGERS, type AliasesPage } from '@writ/contracts';
import type { Api } from './api.client.js';

/**
 * Tokens of the newest fact of each ledger and of the newest alias: what is answered `atLeast`
 * there misses nothing that was recorded when we asked.
 */
export async function tokensOfHeads(api: Api): Promise<string[]> {
  const tokens: string[] = [];
  const { last: aliasSequence } = await api.get<AliasesPage>(
    '/identity/v1/aliases?after=0&limit=1',
  );
  for (const ledger of LEDGERS) {
    const { size } = await api.facts(ledger, -1, 1);
    if (size === 0) continue;
    const [fact] = (await api.facts(ledger, size - 2, 1)).facts;
    if (!fact) continue;
    const { epoch, position, bucket } = fact;
    tokens.push(encodeToken({ ledger, epoch, position, bucket, aliasSequence }));
  }
  return tokens;
}

import type { CourtFact, Money } from '@writ/contracts';

type Debt = { subject: string; amount?: Money; jointWith?: string; paid: bigint; done: boolean };
type Entry = { obligations: string[]; end?: 'delisted' | 'annulled' };

/**
 * What must never be in a court's record, told by code that shares none with the decisions: reads
 * the facts in order and names each rule they break.
 */
export function breachesOf(facts: readonly CourtFact[]): string[] {
  const breaches: string[] = [];
  const owed = new Map<string, Debt>();
  const noticed = new Map<string, string>();
  const listings = new Map<string, Entry>();
  const say = (broken: boolean, rule: string) => broken && breaches.push(rule);

  for (const fact of facts) {
    const subject = fact.subject ?? '';
    switch (fact.type) {
      case 'court.case-opened.v1':
        break;
      case 'court.obligation-established.v1': {
        const { obligation, amount, jointWith } = fact.data;
        say(owed.has(obligation), 'an obligation is established once');
        const debt: Debt = { subject, paid: 0n, done: false };
        if (amount !== undefined) debt.amount = amount;
        if (jointWith !== undefined) debt.jointWith = jointWith;
        owed.set(obligation, debt);
        break;
      }
      case 'court.notice-served.v1':
        noticed.set(fact.data.notice, subject);
        break;
      case 'court.performance-recorded.v1': {
        const debt = owed.get(fact.data.obligation);
        say(debt?.subject !== subject, 'a performance names its own debtor’s obligation');
        say(debt?.done !== false, 'what is fulfilled is not performed again');
        if (debt && fact.data.amount) debt.paid += cents(fact.data.amount);
        break;
      }
      case 'court.obligation-fulfilled.v1': {
        const debt = owed.get(fact.data.obligation);
        say(debt?.done !== false, 'an obligation is fulfilled once');
        const short = debt?.amount !== undefined && debt.paid < cents(debt.amount);
        say(short, 'part performance fulfils nothing');
        if (debt) debt.done = true;
        break;
      }
      case 'court.subject-listed.v1': {
        const { listing, obligations, notice } = fact.data;
        say(listings.has(listing), 'a listing id is never reused');
        say(noticed.get(notice) !== subject, 'nobody is listed without served notice');
        for (const id of obligations) {
          const debt = owed.get(id);
          say(debt?.subject !== subject, 'a listing rests on the subject’s own obligations');
          say(debt?.done !== false, 'nobody is listed for what is fulfilled');
        }
        listings.set(listing, { obligations });
        break;
      }
      case 'court.subject-delisted.v1': {
        const listing = listings.get(fact.data.listing);
        say(listing === undefined || listing.end !== undefined, 'a listing ends once');
        const open = listing?.obligations.some((id) => owed.get(id)?.done !== true);
        say(fact.data.reason === 'fulfilled' && open === true, 'nothing owed, or not fulfilled');
        if (listing) listing.end = 'delisted';
        break;
      }
      case 'court.listing-annulled.v1': {
        const listing = listings.get(fact.data.listing);
        say(listing === undefined || listing.end === 'annulled', 'a listing is annulled once');
        if (listing) listing.end = 'annulled';
        break;
      }
    }
  }
  return [...breaches, ...leftOver(owed, listings)];
}

/** What an orderly record does not leave behind. */
function leftOver(owed: ReadonlyMap<string, Debt>, listings: ReadonlyMap<string, Entry>): string[] {
  const outlives = [...listings.values()]
    .filter(({ end }) => end === undefined)
    .filter(({ obligations }) => obligations.every((id) => owed.get(id)?.done === true))
    .map(() => 'no listing outlives full performance');
  const unfulfilled = [...owed.values()]
    .filter(({ amount, paid, done }) => amount && paid >= cents(amount) && !done)
    .map(() => 'full performance fulfils');
  return [...outlives, ...unfulfilled, ...unequal([...owed.values()])];
}

/** Co-debtors owe one debt together: what one of them has paid, all have. */
function unequal(debts: readonly Debt[]): string[] {
  const first = new Map<string, Debt>();
  return debts.flatMap((debt) => {
    if (debt.jointWith === undefined) return [];
    const other = first.get(debt.jointWith) ?? debt;
    first.set(debt.jointWith, other);
    const isEqual = debt.paid === other.paid && debt.done === other.done;
    return isEqual ? [] : ['what one co-debtor performs, all have performed'];
  });
}

/** In ten-thousandths. */
function cents({ amount }: Money): bigint {
  const [whole = '', fraction = ''] = amount.split('.');
  return BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, '0'));
}

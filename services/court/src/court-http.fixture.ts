import { createHash } from 'node:crypto';
import type { CourtFact, Fact, FactsPage, ResolveRequest, ResolveResult } from '@writ/contracts';
import { Problem, type IdentityClient, type ServiceHost } from '@writ/service-host';
import { recordingHeaders, testHost, type TestHost } from '@writ/service-host/test-host';
import { CourtModule } from './court.module.js';
import { courtService } from './index.js';
import { courtSettings } from './settings.js';

/** What was handed to the identity service instead of being recorded. */
export type Sealed = { refs: string[]; names: string[]; bound?: string[] };

/**
 * An identity service in memory; knows one scheme, and checks that a value ends in a digit.
 *
 * @param outage `refuses`: it takes all identifiers for those of others
 * @param known subject by value: who is taken out is erased, and with the last of them the texts
 */
export function fakeIdentity(
  sealed: Sealed = { refs: [], names: [] },
  outage: { down: boolean; refuses?: boolean } = { down: false },
  known = new Map<string, { subject: string; aliasSequence: number }>(),
): IdentityClient {
  const reach = () => {
    if (outage.down) throw new Problem(503, 'identity_is_unavailable');
  };
  let last = 0;
  const concerned = new Map<string, string[]>();
  const isErased = (owner: string) => {
    const alive = new Set([...known.values()].map(({ subject }) => subject));
    return concerned.get(owner)?.every((subject) => !alive.has(subject)) ?? false;
  };
  type Asked = ResolveRequest['subjects'][number];
  const resolveOne = ({ identifiers, create, name }: Asked): ResolveResult => {
    const [{ scheme, value } = { scheme: '', value: '' }] = identifiers;
    const refused = (reason: string, member: string): ResolveResult => {
      return { outcome: 'refused', reason, field: `/identifiers/0/${member}` };
    };
    if (scheme !== 'zz.made-up') return refused('scheme_is_unknown', 'scheme');
    if (!/\d$/.test(value)) return refused('checksum_does_not_match', 'value');
    const found = known.get(value);
    if (!found && !create) return { outcome: 'unknown' };
    if (name !== undefined && create) sealed.names.push(name);
    const subject = createHash('sha256').update(value).digest('hex').slice(0, 32);
    const alias = found ?? { subject, aliasSequence: ++last };
    known.set(value, alias);
    return { outcome: 'resolved', created: !found, flags: [], ...alias };
  };
  return {
    resolve: async ({ subjects }) => {
      reach();
      if (outage.refuses) {
        const reason = 'identifiers_belong_to_different_subjects';
        throw new Problem(422, reason, '/subjects/0/identifiers/0');
      }
      return { results: subjects.map(resolveOne) };
    },
    sealTexts: async ({ texts }) => {
      reach();
      if (texts.some(({ owner }) => isErased(owner))) throw new Problem(409, 'subject_is_erased');
      sealed.refs.push(...texts.map(({ ref }) => ref));
    },
    bind: async ({ owner, subjects }) => {
      reach();
      concerned.set(owner, [...(concerned.get(owner) ?? []), ...subjects]);
      sealed.bound?.push(...subjects.map((subject) => `${owner}/${subject}`));
    },
    aliases: async () => ({ changes: [], next: 0, last, at: '2026-03-02T09:00:00Z' }),
  };
}

/** A court on a database of its own; `wrap` comes between it and its host. */
export async function testCourt(
  identity?: IdentityClient,
  wrap: (host: ServiceHost) => ServiceHost = (host) => host,
): Promise<Court> {
  const definition = {
    ...courtService,
    module: (host: ServiceHost) => CourtModule.register(wrap(host), courtSettings({})),
  };
  const service = await testHost(definition, identity === undefined ? {} : { identity });
  return { service, ...callsOf(service) };
}

export type Answer = { status: number; body: Record<string, unknown> };
export type Court = { service: TestHost } & ReturnType<typeof callsOf>;

function callsOf({ app }: TestHost) {
  let keys = 0;
  const post = async (path: string, body: unknown, key = `key-${keys++}`): Promise<Answer> => {
    const answer = await app.inject({
      method: 'POST',
      url: `/court/v1${path}`,
      headers: { 'content-type': 'application/json', ...recordingHeaders(key) },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.statusCode, body: answer.json() };
  };
  const get = async (path: string): Promise<Answer> => {
    const answer = await app.inject({ method: 'GET', url: `/court/v1${path}` });
    return { status: answer.statusCode, body: answer.json() };
  };
  const facts = async () => {
    const page = (await get('/facts?after=-1&limit=5000')).body as unknown as FactsPage;
    return page.facts.map(({ canonical }) => JSON.parse(canonical) as Fact & CourtFact);
  };
  return { post, get, facts, size: async () => (await facts()).length };
}

/** Identifiers of nobody. */
export const someone = (n: number) => ({
  identifiers: [{ scheme: 'zz.made-up', value: `nobody-${n}` }],
});

export const day = (date: string, zone = 'Asia/Shanghai') => ({ date, zone });

export const caseBody = () => ({
  caseNumber: '(2026) made-up 4711',
  instrument: {
    kind: 'judgment',
    number: '(2025) made-up 42',
    issuer: 'cn.court.made-up',
    effectiveOn: day('2026-01-10'),
  },
});
export const debtBody = (...debtors: object[]) => ({
  debtors,
  kind: 'pay',
  amount: { amount: '1000.00', currency: 'CNY' },
});
export const noticeBody = (subject: object) => ({
  subject,
  kind: 'enforcement-notice',
  method: 'personal',
  servedOn: '2026-02-01',
});
export const paymentBody = (obligation: string, amount: string) => ({
  obligation,
  amount: { amount, currency: 'CNY' },
  performedOn: '2026-03-02',
});

export type Ripe = { case: string; obligation: string; notice: string; listing: object };

/** A case ripe for a listing of `someone(n)`, and the body that lists them. */
export async function ripeCase({ post }: Court, n: number): Promise<Ripe> {
  const subject = someone(n);
  const opened = await post('/cases', caseBody());
  const caseId = opened.body['case'] as string;
  const owed = await post(`/cases/${caseId}/obligations`, debtBody(subject));
  const [debt] = owed.body['obligations'] as { obligation: string }[];
  const served = await post(`/cases/${caseId}/notices`, noticeBody(subject));
  const obligation = debt?.obligation ?? '';
  const notice = served.body['notice'] as string;
  const listing = {
    case: caseId,
    subject,
    list: 'cn.spc.judgment-defaulters',
    ground: 'cn.spc.g1.able-but-refuses',
    obligations: [obligation],
    notice,
    effectiveFrom: day('2026-03-02'),
  };
  return { case: caseId, obligation, notice, listing };
}

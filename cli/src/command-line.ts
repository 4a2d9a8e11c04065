import { parseArgs, type ParseArgsConfig } from 'node:util';
import { LEDGERS, type LedgerName } from '@writ/contracts';
import { durationMs } from '@writ/law';

/** Where the command's questions go. */
export type Target = { kind: 'url'; url: string } | { kind: 'embedded'; data: string | undefined };

export type Command =
  | { name: 'help' }
  | {
      name: 'feed import';
      description: string;
      from: string;
      report: string | undefined;
      upTo: string | undefined;
      observedAt: string | undefined;
      authority: string | undefined;
    }
  | {
      name: 'status';
      scheme: string;
      value: string;
      measures: string[];
      place: string | undefined;
      purpose: string;
    }
  | {
      name: 'record';
      scheme: string;
      value: string;
      purpose: string;
      times: AskedTimes;
    }
  | { name: 'active'; list: string; times: AskedTimes; count: boolean }
  | { name: 'facts'; after: number; follow: boolean; ledgers: readonly LedgerName[] }
  | { name: 'rebuild' }
  | { name: 'root' }
  | { name: 'replay'; to: Positions; subject: string | undefined }
  | { name: 'diff'; from: Positions; to: Positions }
  | { name: 'explain'; answerId: string }
  | { name: 'timeliness'; olderThanMs: number; quick: boolean }
  | { name: 'backup'; folder: string; keys: string | undefined; data: string | undefined }
  | {
      name: 'restore';
      folder: string;
      only: readonly BackedUp[] | undefined;
      replace: boolean;
      data: string | undefined;
    }
  | { name: 'reread'; asked: Rereading; data: string | undefined }
  | { name: 'epoch'; ledger: LedgerName; reason: string; data: string | undefined }
  | { name: 'clock' }
  | { name: 'clock advance'; duration: string }
  | { name: 'verify'; ledgers: readonly LedgerName[] }
  | { name: 'quarantine list'; services: readonly ConsumingService[] }
  | { name: 'quarantine retry'; what: Waiting; services: readonly ConsumingService[] };

/** A position in each ledger named; the others: to their heads. */
export type Positions = Partial<Record<LedgerName, number>>;

/** Services that can set something aside. */
export const CONSUMING = ['projection', 'enforcement'] as const;
export type ConsumingService = (typeof CONSUMING)[number];

/** Services with a database. */
const BACKED_UP = ['court', 'regulatory', 'enforcement', 'projection', 'identity'] as const;
export type BackedUp = (typeof BACKED_UP)[number];

/** Which consumer reads what again, from its start. */
const REREADING = {
  'enforcement court': { service: 'enforcement', what: 'court' },
  'enforcement regulatory': { service: 'enforcement', what: 'regulatory' },
  'projection everything': { service: 'projection', what: 'everything' },
  'projection identity': { service: 'projection', what: 'identity' },
} as const;
export type Rereading = (typeof REREADING)[keyof typeof REREADING];

/** What may wait: facts of one subject (or of none), or a whole list. */
export type Waiting = { ledger: LedgerName; subject: string } | { list: string };

/** As the projection reads them; a part not asked about is left out. */
export type AskedTimes = { asOf?: string; zone?: string; knownAt?: string };

export type Invocation = { command: Command; target: Target; json: boolean };

/** What is wrong with the command line, as a sentence. */
export type UsageProblem = { problem: string };

export const DEFAULT_URL = 'http://127.0.0.1:3000';

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  url: { type: 'string' },
  embedded: { type: 'boolean' },
  data: { type: 'string' },
  from: { type: 'string' },
  report: { type: 'string' },
  measure: { type: 'string', multiple: true },
  place: { type: 'string' },
  purpose: { type: 'string' },
  'up-to': { type: 'string' },
  'observed-at': { type: 'string' },
  service: { type: 'string' },
  authority: { type: 'string' },
  'as-of': { type: 'string' },
  zone: { type: 'string' },
  'known-at': { type: 'string' },
  count: { type: 'boolean' },
  after: { type: 'string' },
  follow: { type: 'boolean' },
  ledger: { type: 'string' },
  to: { type: 'string' },
  subject: { type: 'string' },
  'older-than': { type: 'string' },
  quick: { type: 'boolean' },
  keys: { type: 'string' },
  only: { type: 'string' },
  replace: { type: 'boolean' },
  reason: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

type Option = keyof typeof OPTIONS;
type Values = ReturnType<typeof parse>['values'];

const EVERYWHERE: readonly Option[] = ['help', 'json', 'url', 'embedded', 'data'];
const TIMES: readonly Option[] = ['as-of', 'zone', 'known-at'];

/** Words and options of each command; a word in capitals is an argument. */
const COMMANDS: Record<Exclude<Command['name'], 'help'>, { words: string; options: Option[] }> = {
  'feed import': {
    words: 'feed import FEED',
    options: ['from', 'report', 'up-to', 'observed-at', 'authority'],
  },
  status: { words: 'status SCHEME VALUE', options: ['measure', 'place', 'purpose'] },
  record: { words: 'record SCHEME VALUE', options: [...TIMES, 'purpose'] },
  active: { words: 'active LIST', options: [...TIMES, 'count'] },
  facts: { words: 'facts', options: ['after', 'follow', 'ledger'] },
  rebuild: { words: 'rebuild', options: [] },
  root: { words: 'root', options: [] },
  verify: { words: 'verify', options: ['ledger'] },
  replay: { words: 'replay', options: ['to', 'subject'] },
  diff: { words: 'diff P1 P2', options: [] },
  explain: { words: 'explain ANSWER', options: [] },
  timeliness: { words: 'timeliness', options: ['older-than', 'quick'] },
  backup: { words: 'backup FOLDER', options: ['keys'] },
  restore: { words: 'restore FOLDER', options: ['only', 'replace'] },
  reread: { words: 'reread SERVICE WHAT', options: [] },
  epoch: { words: 'epoch LEDGER', options: ['reason'] },
  'clock advance': { words: 'clock advance DURATION', options: [] },
  clock: { words: 'clock', options: [] },
  'quarantine list': { words: 'quarantine list', options: ['service'] },
  'quarantine retry': { words: 'quarantine retry LEDGER SUBJECT', options: ['service'] },
};

/**
 * @param argv what follows `writ`
 * @param defaultUrl of `WRIT_URL`, where set
 */
export function parseCommandLine(
  argv: readonly string[],
  defaultUrl: string | undefined,
): Invocation | UsageProblem {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    return { problem: (error as Error).message.split('. ', 1)[0] ?? 'cannot be read' };
  }
  const { values, positionals } = parsed;
  const json = values.json ?? false;
  if (values.help || positionals.length === 0 || positionals[0] === 'help') {
    return { command: { name: 'help' }, target: { kind: 'url', url: DEFAULT_URL }, json };
  }
  const name = nameOf(positionals);
  if (!name) return { problem: `there is no command "${positionals[0]}"` };
  const misplaced = (Object.keys(values) as Option[]).find(
    (option) => ![...EVERYWHERE, ...COMMANDS[name].options].includes(option),
  );
  if (misplaced) return { problem: `writ ${name} has no --${misplaced}` };
  const words = COMMANDS[name].words.split(' ');
  if (positionals.length !== words.length)
    return { problem: `usage: writ ${COMMANDS[name].words}` };
  const target = targetOf(name, values, defaultUrl);
  if ('problem' in target) return target;
  const command = commandOf(name, positionals, values);
  return 'problem' in command ? command : { command, target, json };
}

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
}

function nameOf(positionals: readonly string[]) {
  const names = Object.keys(COMMANDS) as (keyof typeof COMMANDS)[];
  return names.find((name) => name === positionals.slice(0, name.split(' ').length).join(' '));
}

/** These ask no service: they go to the databases of a data folder, or of the environment. */
const OF_DATABASES: readonly Command['name'][] = ['backup', 'restore', 'reread', 'epoch'];

function targetOf(
  name: Command['name'],
  values: Values,
  defaultUrl: string | undefined,
): Target | UsageProblem {
  if (OF_DATABASES.includes(name)) return { kind: 'url', url: DEFAULT_URL };
  if (values.embedded) {
    if (values.url) return { problem: '--url and --embedded exclude each other' };
    return { kind: 'embedded', data: values.data };
  }
  if (values.data !== undefined) return { problem: '--data goes with --embedded' };
  const url = (values.url ?? defaultUrl ?? DEFAULT_URL).replace(/\/+$/, '');
  const wrong = !/^https?:\/\/[^/?#\s@]+$/.test(url);
  return wrong ? { problem: '--url must be an http(s) origin' } : { kind: 'url', url };
}

function commandOf(
  name: keyof typeof COMMANDS,
  [, first = '', second = '', third = '']: readonly string[],
  values: Values,
): Command | UsageProblem {
  const times = timesOf(values);
  const purpose = values.purpose ?? 'command-line';
  switch (name) {
    case 'feed import':
      if (values.from === undefined) return { problem: 'feed import needs --from <data folder>' };
      return {
        name,
        description: second,
        from: values.from,
        report: values.report,
        upTo: values['up-to'],
        observedAt: values['observed-at'],
        authority: values.authority,
      };
    case 'status': {
      const { measure: measures = [], place } = values;
      return { name, scheme: first, value: second, measures, place, purpose };
    }
    case 'record':
      return { name, scheme: first, value: second, purpose, times };
    case 'active':
      return { name, list: first, times, count: values.count ?? false };
    case 'facts':
      return factsOf(values);
    case 'replay': {
      const to = positionsOf(values.to ?? '');
      if ('problem' in to) return to;
      return { name, to: to.positions, subject: values.subject };
    }
    case 'timeliness':
      return timelinessOf(values);
    case 'reread':
      return rereadOf(`${first} ${second}`, values);
    case 'backup':
    case 'restore':
    case 'epoch':
      return ofDatabases(name, first, values);
    case 'clock advance':
      return { name, duration: second };
    case 'explain':
      return { name, answerId: first };
    case 'diff': {
      const [from, to] = [positionsOf(first), positionsOf(second)];
      if ('problem' in from) return from;
      if ('problem' in to) return to;
      return { name, from: from.positions, to: to.positions };
    }
    case 'verify': {
      const ledgers = ledgersOf(values);
      return 'problem' in ledgers ? ledgers : { name, ledgers };
    }
    case 'quarantine list': {
      const services = servicesOf(values);
      return 'problem' in services ? services : { name, services };
    }
    case 'quarantine retry':
      return retryOf(second, third, values);
    default:
      return { name };
  }
}

function timesOf(values: Values): AskedTimes {
  const { 'as-of': asOf, zone, 'known-at': knownAt } = values;
  return {
    ...(asOf === undefined ? {} : { asOf }),
    ...(zone === undefined ? {} : { zone }),
    ...(knownAt === undefined ? {} : { knownAt }),
  };
}

function servicesOf({ service }: Values): readonly ConsumingService[] | UsageProblem {
  if (service === undefined) return CONSUMING;
  const known = CONSUMING.find((name) => name === service);
  return known ? [known] : { problem: `--service must be one of ${CONSUMING.join(', ')}` };
}

function ledgersOf({ ledger }: Values): readonly LedgerName[] | UsageProblem {
  if (ledger === undefined) return LEDGERS;
  const known = LEDGERS.find((name) => name === ledger);
  return known ? [known] : { problem: `--ledger must be one of ${LEDGERS.join(', ')}` };
}

/** `court:12,regulatory:7`; a ledger that is not named is meant to its head. */
function positionsOf(text: string): { positions: Positions } | UsageProblem {
  const positions: Positions = {};
  for (const part of text === '' ? [] : text.split(',')) {
    const [, name, position] = /^([a-z]+):(-1|\d{1,15})$/.exec(part) ?? [];
    const ledger = LEDGERS.find((known) => known === name);
    if (!ledger) return { problem: 'positions are written court:12,regulatory:7,enforcement:3' };
    positions[ledger] = Number(position);
  }
  return { positions };
}

function ofDatabases(
  name: 'backup' | 'restore' | 'epoch',
  word: string,
  { data, keys, only, replace = false, reason = '' }: Values,
): Command | UsageProblem {
  if (name === 'backup') return { name, folder: word, keys, data };
  if (name === 'epoch') {
    const ledger = LEDGERS.find((one) => one === word);
    return ledger ? { name, ledger, reason, data } : { problem: `there is no ledger ${word}` };
  }
  const services = only?.split(',');
  const unknown = services?.find((one) => !(BACKED_UP as readonly string[]).includes(one));
  if (unknown !== undefined) return { problem: `--only names services: ${BACKED_UP.join(', ')}` };
  return { name, folder: word, only: services as BackedUp[] | undefined, replace, data };
}

function factsOf(values: Values): Command | UsageProblem {
  const { after: stated = '-1' } = values;
  const after = Number(stated);
  if (!/^(-1|\d+)$/.test(stated) || !Number.isSafeInteger(after)) {
    return { problem: '--after must be a position: a whole number, or -1 for the start' };
  }
  const ledgers = ledgersOf(values);
  if ('problem' in ledgers) return ledgers;
  return { name: 'facts', after, follow: values.follow ?? false, ledgers };
}

function rereadOf(words: string, { data }: Values): Command | UsageProblem {
  const asked = Object.hasOwn(REREADING, words) && REREADING[words as keyof typeof REREADING];
  if (asked) return { name: 'reread', asked, data };
  return { problem: `writ reread takes one of: ${Object.keys(REREADING).join(', ')}` };
}

function timelinessOf({ quick = false, ...values }: Values): Command | UsageProblem {
  const olderThanMs = durationMs(values['older-than'] ?? 'PT0S');
  if (olderThanMs === undefined) return { problem: '--older-than must be such as P1D, PT12H' };
  return { name: 'timeliness', olderThanMs, quick };
}

/** Facts of one subject (or of none, `-`), or a whole list. */
function retryOf(what: string, which: string, values: Values): Command | UsageProblem {
  const name = 'quarantine retry';
  const services = servicesOf(values);
  if ('problem' in services) return services;
  if (what === 'list') return { name, what: { list: which }, services: ['enforcement'] };
  const ledger = LEDGERS.find((known) => known === what);
  if (!ledger) return { problem: `LEDGER must be one of ${LEDGERS.join(', ')}, or list` };
  return { name, what: { ledger, subject: which === '-' ? '' : which }, services };
}

import { createInterface } from 'node:readline';

/**
 * Plays the README's journey against a running system and prints it as it goes:
 *
 *   node tests/oracle/journey-transcript.mjs http://127.0.0.1:3000
 *
 * For its second half enforcement must be killed and started again: it says when on stderr, and
 * waits for a line on stdin each time.
 */
const origin = process.argv[2] ?? 'http://127.0.0.1:3000';
const run = process.pid.toString(36);
let keys = 0;

async function post(path, body) {
  const answer = await fetch(`${origin}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'writ-authority': 'demo.court',
      'writ-actor': 'person:clerk-7',
      'idempotency-key': `journey-${run}-${keys++}`,
    },
    body: JSON.stringify(body),
  });
  const parsed = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(parsed)}`);
  return parsed;
}

/** A resident id of nobody: region 999999 is assigned nowhere. */
function residentId(serial) {
  const digits = `99999919900101${String(serial).padStart(3, '0')}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, n) => total + weight * Number(digits[n]), 0);
  return `${digits}${'10X98765432'[sum % 11]}`;
}

const [payer, another] = [0, 1].map((nth) => ({
  scheme: 'cn.resident-id',
  value: residentId(500 + 2 * (process.pid % 250) + nth),
}));
const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(new Date());
const day = (date) => ({ date, zone: 'Asia/Shanghai' });
const say = (line) => process.stdout.write(`${line}\n`);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function until(done) {
  process.stderr.write(`now ${done}, then press Enter\n`);
  await lines.next();
  say(`-- ${done} --`);
}

async function listFor(amount, identifier = payer) {
  const subject = { identifiers: [identifier] };
  const opened = await post('/court/v1/cases', {
    caseNumber: `(2026) made-up ${keys}`,
    instrument: {
      kind: 'judgment',
      number: `(2025) made-up ${keys}`,
      issuer: 'demo.court',
      effectiveOn: day('2026-01-10'),
    },
  });
  const path = `/court/v1/cases/${opened.case}`;
  const owed = await post(`${path}/obligations`, {
    debtors: [subject],
    kind: 'pay',
    amount: { amount, currency: 'CNY' },
  });
  const served = await post(`${path}/notices`, {
    subject,
    kind: 'enforcement-notice',
    method: 'personal',
    servedOn: '2026-02-01',
  });
  const { obligation } = owed.obligations[0];
  const listed = await post('/court/v1/listings', {
    case: opened.case,
    subject,
    list: 'cn.spc.judgment-defaulters',
    ground: 'cn.spc.g1.able-but-refuses',
    obligations: [obligation],
    notice: served.notice,
    effectiveFrom: day(today),
  });
  say(`POST /court/v1/listings                 → 201, court position ${listed.receipt.position}`);
  return { path, obligation, token: listed.receipt.token };
}

async function pay({ path, obligation }, amount) {
  const paid = await post(`${path}/performances`, {
    obligation,
    amount: { amount, currency: 'CNY' },
    performedOn: today,
  });
  const ended = paid.delisted.length === 0 ? 'no listing ended' : 'listing ended';
  const position = `court position ${paid.receipt.position}`;
  say(`POST /court/v1/cases/{id}/performances  → 201, ${position}: ${amount} CNY, ${ended}`);
  return paid.receipt;
}

async function ask(token, { identifier = payer, settled = false } = {}) {
  const { answers, position } = await post('/projection/v1/status', {
    subjects: [{ identifier, measures: ['travel.air'] }],
    purpose: 'sale-of-ticket',
    atLeast: [token],
    settled,
    timeout: 30_000,
  });
  const [{ answer, causes = [], undetermined = [] }] = answers[0].measures;
  const because = causes.length === 0 ? '' : `, causes: ${causes.length}`;
  const open = undetermined.map(({ mustAct }) => `, ${mustAct} must act`).join('');
  say(
    `POST /projection/v1/status travel.air   → ${answer}${because}${open}, at court ${position.court}`,
  );
}

say('```');
const first = await listFor('1000.00');
const second = await listFor('500.01');
await ask(second.token, { settled: true });
await ask((await pay(first, '1000.00')).token);
const before = await pay(second, '500.00');
await ask(before.token);
await ask((await pay(second, '0.01')).token);
const record = await post('/projection/v1/record', {
  identifier: payer,
  purpose: 'audit',
  measures: ['travel.air'],
  knownAt: { court: before.position },
});
const known = record.answers[0].answer;
say(`POST /projection/v1/record knownAt ${before.position}    → ${known}, as it was known then`);

const third = await listFor('200.00');
await ask(third.token, { settled: true });
await until('enforcement is killed');
await ask((await pay(third, '200.00')).token);
const fourth = await listFor('300.00', another);
await ask(fourth.token, { identifier: another });
await until('enforcement is back');
await ask(fourth.token, { identifier: another, settled: true });
say('```');
process.stdin.destroy();

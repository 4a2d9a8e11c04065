import assert from 'node:assert/strict';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Fact } from '@writ/contracts';
import pg from 'pg';
import { failsTogether, failsTogetherInBulk, noIdempotency } from './broken-ledgers.fixture.js';
import { LedgerChild, type ChildMode } from './child.fixture.js';
import { startCuttingProxy } from './cutting-proxy.fixture.js';
import { assertVerifies } from './ledger-assertions.fixture.js';
import { LEDGER_CONTRACT } from './ledger.contract.js';
import { LedgerClockError, LedgerSqlError, LedgerUnavailableError } from './ledger-error.js';
import { openEpochSql } from './ledger-schema.sql.js';
import type { FactOutcome, LedgerWriter } from './ledger.js';
import { openNaiveLedger } from './naive-ledger.fixture.js';
import { sampleCommand } from './sample-facts.fixture.js';
import { openTestLedger, systemClock, type TestLedger } from './test-ledger.fixture.js';

/** Lines of the contract that need processes, connections or roles: on Postgres only. */

let ledger: TestLedger;
afterEach(() => ledger.close());

const many = (count: number, name = 'key') =>
  Array.from({ length: count }, (_, n) => sampleCommand(`${name}-${n}`, `case-${name}${n}`, 0));
const appendAll = (writer: LedgerWriter, count: number, name?: string) =>
  Promise.all(many(count, name).map((command) => writer.append(command)));
const kinds = (outcomes: FactOutcome[]) => new Set(outcomes.map(({ outcome }) => outcome));

describe('naive ledgers are caught', () => {
  it.each(['serial', 'combined'] as const)('positions from a %s read', async (kind) => {
    ledger = await openTestLedger();
    const naive = await openNaiveLedger(ledger.database.admin, kind);
    const line = LEDGER_CONTRACT[0]!;
    const skipped = /acknowledged events were skipped/;
    const expected = kind === 'serial' ? skipped : /a position came twice|positions are not dense/;
    await expect(line.check(naive)).rejects.toThrow(expected);
    await naive.close();
  });
});

describe('a command that the database refuses', () => {
  const refuse = `ALTER TABLE ledger.event ADD CHECK (stream <> 'case-key17')`;
  const dawdle = `CREATE FUNCTION ledger.dawdle() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_sleep(30); RETURN NEW; END';
    CREATE TRIGGER dawdle BEFORE INSERT ON ledger.event
      FOR EACH ROW WHEN (NEW.stream = 'case-key17') EXECUTE FUNCTION ledger.dawdle()`;

  const open = async (sql: string) => {
    ledger = await openTestLedger({ timeouts: { statement: 1_500 } });
    await ledger.admin(sql);
    await ledger.writer.append(sampleCommand('warm', 'case-warm', 0));
  };
  const assertCulprit = (reason: unknown, sql: string) => {
    if (sql === dawdle) return assert(reason instanceof LedgerUnavailableError);
    assert(reason instanceof LedgerSqlError);
    assert.equal(reason.code, '23514');
  };

  const poison = async (sql: string, broken: boolean) => {
    await open(sql);
    const writer = broken ? failsTogether(ledger).writer : ledger.writer;
    const settled = await Promise.allSettled(many(60).map((command) => writer.append(command)));
    const failed = settled.flatMap((result, n) => (result.status === 'rejected' ? [n] : []));
    assert.deepEqual(failed, [17], 'a good command failed');
    const [culprit] = settled.filter((result) => result.status === 'rejected');
    assertCulprit(culprit?.reason, sql);
    assert.equal((await ledger.reader.head()).size, 60);
    await assertVerifies(ledger.reader);
  };
  const poisonInBulk = async (sql: string, broken: boolean) => {
    await open(sql);
    const writer = broken ? failsTogetherInBulk(ledger).writer : ledger.writer;
    const appended = await writer.appendBulk(many(60)).catch((error: unknown) => error);
    assertCulprit(appended, sql);
    assert.equal((await ledger.reader.head()).size, 60, 'a good command failed');
    const good = many(60).filter((_, n) => n !== 17);
    assert.deepEqual([...kinds(await ledger.writer.appendBulk(good))], ['known']);
    await assertVerifies(ledger.reader);
  };

  it('fails alone; the others of its batch are recorded', () => poison(refuse, false));
  it('fails alone in a bulk append, too', () => poisonInBulk(refuse, false));
  it('fails alone when it is refused for being too slow', () => poison(dawdle, false));
  it('fails alone when it is too slow in a bulk append', () => poisonInBulk(dawdle, false));
  it.each([
    ['one failure fails the batch', poison, refuse],
    ['one failure fails the bulk append', poisonInBulk, refuse],
    ['one slow command fails the batch', poison, dawdle],
    ['one slow command fails the bulk append', poisonInBulk, dawdle],
  ])('catches: %s', (_, check, sql) =>
    expect(check(sql, true)).rejects.toThrow('a good command failed'),
  );
});

describe('a frozen holder of the lock', () => {
  const frozen = async (mode: ChildMode) => {
    ledger = await openTestLedger({ timeouts: { lock: 700, unavailable: 6_000 } });
    const child = new LedgerChild(ledger.database.writer, mode);
    ledger.closeFirst(() => child.kill());
    await child.until((said) => said.some(({ holds }) => holds));
    child.signal('SIGSTOP');
    // A new writer begins under the lock.
    const outcomes = await appendAll(ledger.writer, 50);
    assert.deepEqual([...kinds(outcomes)], ['recorded']);
    await assertVerifies(ledger.reader);
  };

  it('does not stop the ledger', () => frozen('holds-lock'));
  it('does not stop the ledger in the middle of a COPY', () => frozen('holds-lock-in-copy'));
  it('catches: a holder that no time-out reaches', async () => {
    await expect(frozen('holds-lock-unreachably')).rejects.toThrow(LedgerUnavailableError);
  });
});

describe('a connection cut between COMMIT and its answer', () => {
  const cut = async (bytes: string, broken: boolean, bulk = false) => {
    ledger = await openTestLedger();
    const proxy = await startCuttingProxy(ledger.database.writer);
    ledger.closeFirst(() => proxy.close());
    const writer = ledger.another({ connection: proxy.url });
    const unknown = () => new LedgerUnavailableError('given up');
    // On the fast path the first batch must be through.
    if (bytes !== 'COMMIT') await writer.append(sampleCommand('warm', 'case-warm', 0));
    const cutting = proxy.cutAnswerTo(bytes);
    const commands = many(20);
    const appending = bulk
      ? writer.appendBulk(commands)
      : Promise.all(commands.map((command) => writer.append(command)));
    // The writer finds out by itself: the broken caller gives up before it does.
    const givenUp = async () => cutting.then(() => Promise.reject(unknown()));
    const answered = broken ? Promise.race([givenUp(), appending]) : appending;
    const outcomes = await answered.catch(async (error: unknown) => {
      // The broken client takes "unknown" for "failed" and tries anew under other keys.
      if (!broken || !(error instanceof LedgerUnavailableError)) throw error;
      const patient = noIdempotency({ writer: ledger.writer, reader: ledger.reader }).writer;
      await Promise.allSettled([appending]);
      const anew = async (command: (typeof commands)[number]): Promise<FactOutcome> => {
        const { stream, version } = await patient.readStream(command.expect[0]!.stream);
        const outcome = await patient.append({ ...command, expect: [{ stream, version }] });
        // What was sent may be committed only now: it is in the way, and is read again.
        return outcome.outcome === 'conflict' ? anew(command) : outcome;
      };
      return Promise.all(commands.map(anew));
    });
    await cutting;
    // Known: the ledger had them when it was asked again.
    assert(outcomes.every(({ outcome }) => outcome === 'known' || outcome === 'recorded'));
    const size = commands.length + (bytes === 'COMMIT' ? 0 : 1);
    assert.equal((await ledger.reader.head()).size, size, 'recorded twice');
    await assertVerifies(ledger.reader);
  };

  it('on the fast path: each command once', () => cut('append-batch', false));
  it('on the slow path: each command once', () => cut('COMMIT', false));
  it('in a bulk append: each command once', () => cut('append-batch', false, true));
  it('in a bulk append on the slow path: each command once', () => cut('COMMIT', false, true));
  it.each([
    ['on the slow path', 'COMMIT', false],
    ['on the fast path', 'append-batch', false],
    ['in a bulk append', 'append-batch', true],
    ['in a bulk append on the slow path', 'COMMIT', true],
  ])('catches %s: tried again under another key', async (_, bytes, bulk) => {
    await expect(cut(bytes, true, bulk)).rejects.toThrow('recorded twice');
  });
});

describe('sessions ended by the server', () => {
  const ended = async (patient: boolean) => {
    ledger = await openTestLedger(patient ? {} : { timeouts: { unavailable: 1 } });
    const end = () =>
      ledger.admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'writ-ledger' AND datname = current_database()`);
    let written = false;
    const ending = (async () => {
      for (let n = 0; n < 5 || !(patient || written); n++) await end();
    })();
    const append = async (name: string, n: number) => {
      const { version } = await ledger.writer.readStream(`case-${name}`);
      const command = sampleCommand(`${name}-${n}`, `case-${name}`, version);
      const { outcome } = await ledger.writer.append(command);
      assert(!patient || outcome === 'recorded' || outcome === 'known');
    };
    const write = async (name: string) => {
      for (let n = 0; n < 60; n++) {
        await append(name, n).catch((error: unknown) => {
          // The broken caller takes "unknown" for "recorded".
          if (patient || !(error instanceof LedgerUnavailableError)) throw error;
        });
      }
    };
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(write));
    written = true;
    await ending;
    const patientReader = ledger.another({ timeouts: {} });
    const streams = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `case-${name}`);
    const reads = await Promise.all(streams.map((stream) => patientReader.readStream(stream)));
    const size = reads.reduce((sum, { version }) => sum + version, 0);
    assert.equal(size, 480, 'not each command is recorded once');
    await assertVerifies(ledger.reader);
  };

  it('each command is recorded once', () => ended(true));
  it('catches: an unknown outcome taken for a recorded one', async () => {
    await expect(ended(false)).rejects.toThrow('not each command is recorded once');
  });
});

describe('appends under an open snapshot', () => {
  const updates = async (prepare: () => Promise<unknown>) => {
    ledger = await openTestLedger();
    await prepare();
    const snapshot = new pg.Client({ connectionString: ledger.database.admin });
    await snapshot.connect();
    await snapshot.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await snapshot.query('SELECT count(*) FROM ledger.event');
    const writer = ledger.another();
    for (let n = 0; n < 20; n++) await appendAll(writer, 20, `round${n}x`);
    await writer.appendBulk(many(100, 'bulk'));
    // A session reports its statistics when it ends, at the latest.
    await writer.close();
    type Row = { inserted: number; changed: number };
    let row: Row | undefined;
    do {
      [row] = await ledger.admin<Row>(`SELECT sum(n_tup_upd + n_tup_del)::int AS changed,
          sum(n_tup_ins) FILTER (WHERE relname = 'event')::int AS inserted
        FROM pg_stat_user_tables WHERE schemaname = 'ledger'`);
    } while ((row?.inserted ?? 0) < 500);
    await snapshot.end();
    assert.equal(row?.changed, 0, 'rows of the ledger were updated');
  };

  it('update no row of the ledger', () => updates(async () => undefined));
  it('catches: a head row updated per batch', async () => {
    const headRow = () =>
      ledger.admin(`CREATE TABLE ledger.head (size bigint);
        INSERT INTO ledger.head VALUES (0);
        CREATE FUNCTION ledger.move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
          'BEGIN UPDATE ledger.head SET size = NEW.size; RETURN NULL; END';
        CREATE TRIGGER move AFTER INSERT ON ledger.batch
          FOR EACH ROW EXECUTE FUNCTION ledger.move()`);
    await expect(updates(headRow)).rejects.toThrow('rows of the ledger were updated');
  });
});

describe('roles', () => {
  const forbidden = async () => {
    await appendAll(ledger.writer, 3);
    const tables = ['event', 'command_key', 'batch', 'tile', 'authority_seq', 'epoch', 'lock'];
    const changes = tables.flatMap((table) => [
      `DELETE FROM ledger.${table}`,
      `TRUNCATE ledger.${table}`,
      `UPDATE ledger.${table} SET ${table === 'command_key' ? 'count = 1' : `${first(table)}`}`,
    ]);
    const forReader = [
      `INSERT INTO ledger.epoch (epoch, from_position, reason) VALUES (2, 0, '')`,
      `INSERT INTO ledger.batch SELECT * FROM ledger.batch`,
      `SELECT ledger.take_lock()`,
    ];
    await assertRefused(ledger.database.writer, changes);
    await assertRefused(ledger.database.reader, [...changes, ...forReader]);
  };
  const first = (table: string) =>
    ({
      event: 'version = 2',
      batch: 'epoch = 2',
      tile: 'level = 2',
      authority_seq: 'seq = 9',
      epoch: 'epoch = 2',
      lock: 'schema_version = 2',
    })[table];
  const assertRefused = async (url: string, statements: string[]) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    for (const statement of statements) {
      const refused = await client.query(statement).then(
        () => undefined,
        (error: pg.DatabaseError) => error.code,
      );
      if (refused !== '42501') await client.end();
      assert.equal(refused, '42501', statement);
    }
    await client.end();
  };

  it('neither writer nor reader may change what is recorded', async () => {
    ledger = await openTestLedger();
    await forbidden();
  });

  it('catches: a granted DELETE', async () => {
    ledger = await openTestLedger();
    await ledger.admin(`GRANT DELETE ON ledger.command_key TO ${ledger.database.name}_writer`);
    await expect(forbidden()).rejects.toThrow('DELETE FROM ledger.command_key');
  });

  it('even the owner cannot change an event by mistake', async () => {
    ledger = await openTestLedger();
    await appendAll(ledger.writer, 3);
    await expect(ledger.admin('DELETE FROM ledger.event')).rejects.toThrow('only grows');
  });
});

describe('clocks', () => {
  const ahead = { now: () => new Date(systemClock.now().getTime() + 6_000) };

  const refusesAhead = async (allowClockAhead: boolean) => {
    ledger = await openTestLedger();
    const writer = ledger.another({ clock: ahead, allowClockAhead });
    const append = writer.append(sampleCommand('a', 'case-1', 0));
    await append.catch((error: unknown) => assert(error instanceof LedgerClockError));
    assert.equal((await ledger.reader.head()).size, 0, 'recorded in the future');
  };
  const neverBackwards = async (broken: boolean) => {
    ledger = await openTestLedger();
    await appendAll(ledger.another({ clock: ahead, allowClockAhead: true }), 1);
    await appendAll(ledger.writer, 1, 'late');
    if (broken) {
      const back = `UPDATE ledger.batch SET recorded_at = recorded_at - interval '3 s'
        WHERE size = 2`;
      await ledger.admin(`SET session_replication_role = replica; ${back}`);
    }
    const { facts } = await ledger.reader.readFrom(-1, 2);
    const times = facts.map(({ canonical }) => (JSON.parse(canonical) as Fact).recordedAt);
    assert.equal(times[1], times[0]);
    await assertVerifies(ledger.reader);
  };

  it('one more than 5 s ahead of the database is refused, and nothing recorded', () =>
    refusesAhead(false));
  it('catches: a clock that is not compared', async () => {
    await expect(refusesAhead(true)).rejects.toThrow('recorded in the future');
  });

  it('a sandbox may be ahead; recordedAt never runs backwards', () => neverBackwards(false));
  it('catches: a batch recorded before the one before it', async () => {
    await expect(neverBackwards(true)).rejects.toThrow('batch_has_its_time');
  });
});

describe('a new epoch', () => {
  const epochBegins = async (sql: string) => {
    ledger = await openTestLedger();
    await appendAll(ledger.writer, 10);
    await ledger.admin(sql);
    const [outcome] = await appendAll(ledger.writer, 10, 'later');
    assert(outcome?.outcome === 'recorded');
    assert.equal(outcome.events[0]?.epoch, 2, 'recorded in the past epoch');
    assert.equal((await ledger.reader.head()).epoch, 2);
    await assertVerifies(ledger.reader);
  };

  it('is opened explicitly; running writers go on in it', () =>
    epochBegins(openEpochSql('restored from a backup')));
  it('catches: a restore for which nobody opened one', async () => {
    await expect(epochBegins('SELECT 1')).rejects.toThrow('recorded in the past epoch');
  });
  it('catches: one that begins where the ledger is not', async () => {
    const elsewhere = `INSERT INTO ledger.epoch (epoch, from_position, reason) VALUES (2, 5, '')`;
    await expect(epochBegins(elsewhere)).rejects.toThrow('epoch_was_open');
  });
});

describe('verify', () => {
  const faults: [string, string, string][] = [
    [
      'a text',
      `UPDATE ledger.event SET canonical = replace(canonical, 'post', 'personal')`,
      'leaf',
    ],
    ['a leaf', `UPDATE ledger.event SET leaf = sha256('') WHERE position = 5`, 'leaf'],
    ['an event gone', 'DELETE FROM ledger.event WHERE position = 5', 'dense'],
    ['the last event gone', 'DELETE FROM ledger.event WHERE position = 299', 'reach'],
    ['a version', 'UPDATE ledger.event SET version = 9 WHERE position = 5', 'versions'],
    ['a prev', 'UPDATE ledger.event SET prev = prev - 1 WHERE position = 290', 'prev'],
    ['a bucket', 'UPDATE ledger.event SET bucket = 32 WHERE position = 5', 'bucket'],
    ['a frontier', `UPDATE ledger.batch SET frontier = sha256('') WHERE size = 300`, 'frontier'],
    ['a tile', `UPDATE ledger.tile SET hashes = substring(hashes, 2)`, 'tile'],
    ['a time', `UPDATE ledger.batch SET recorded_at = now() WHERE size > 0`, 'time'],
    [
      'the last batch gone',
      `DELETE FROM ledger.batch WHERE size = 300; DELETE FROM ledger.command_key
        WHERE first + count > (SELECT max(size) FROM ledger.batch)`,
      'events_have_their_batch',
    ],
    [
      "a batch's epoch",
      'UPDATE ledger.batch SET epoch = 2 WHERE size = 300',
      'batch_is_of_its_epoch',
    ],
    ['an epoch', 'UPDATE ledger.epoch SET from_position = 7', 'epoch'],
    ['a key', 'UPDATE ledger.command_key SET count = 1000', 'keys'],
  ];

  it.each(faults)('finds %s changed behind its back', async (_what, sql, rule) => {
    ledger = await openTestLedger();
    await appendAll(ledger.writer, 300);
    await assertVerifies(ledger.reader);
    await ledger.admin(`SET session_replication_role = replica; ${sql}`);
    const result = await ledger.reader.verify();
    expect(result.ok).toBe(false);
    expect(result.faults.map((fault) => fault.rule).join()).toContain(rule);
  });
});

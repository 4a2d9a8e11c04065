import { HOW_TO_GET_KAFKA, obtainKafka, provisionDatabase } from '@writ/local-servers';
import { projectionService } from '@writ/projection';
import { runMigrations } from '@writ/service-host';
import { benchPostgres, sql } from '../databases.process.js';
import { rowNotRun, rowOfPairs, type Pair } from '../measure.js';
import { ROW_FILES, type RowContext } from '../row-file.js';
import { openSide, type Side } from '../side.process.js';
import type { KafkaFillQuestion } from '../sides/kafka-fill.process.js';
import type { KafkaFigures, KafkaQuestion } from '../sides/kafka-ours.process.js';

const UNIT = 'messages/s';
const EMPTY_SET_B = `
  TRUNCATE projection.state_b, projection.history_b, projection.reference_b;
  UPDATE projection.progress_b SET root = DEFAULT, epoch = DEFAULT, place = DEFAULT,
    up_to = DEFAULT, current_to = NULL`;

/** Reads a court's topic from its beginning, over and over, each time as a new consumer. */
export async function measure({ quick, rounds, note, done }: RowContext): Promise<void> {
  const kafka = await obtainKafka({ note, ownBroker: true });
  if (!kafka) {
    for (const name of ROW_FILES['kafka'] ?? []) {
      done(rowNotRun(name, UNIT, '>= 0.7', HOW_TO_GET_KAFKA));
    }
    return;
  }
  const { brokers } = kafka;
  const server = await benchPostgres();
  try {
    const { writer, reader, owner } = await provisionDatabase(
      server.url('postgres'),
      'writ_projection',
      'projection',
      () => 'bench-only-database',
    );
    await runMigrations(projectionService, { owner, writer, reader });
    const fill: Side<KafkaFillQuestion, number> = await openSide('kafka-fill', { brokers });
    const facts = await fill.ask({ subjects: quick ? 1_500 : 100_000 });
    await fill.stop();
    note(`published ${facts} facts`);
    const ours: Side<KafkaQuestion, KafkaFigures> = await openSide('kafka-ours', {
      brokers,
      writer,
    });
    type Reference = Side<{ run: string; facts: number; atMostMs: number }, KafkaFigures>;
    const bare: Reference = await openSide('kafka-bare', { brokers });
    const nest: Reference = await openSide('kafka-nest', { brokers });
    const atMostMs = quick ? 1_000 : 5_000;
    const projections: Pair[] = [];
    const figures: Record<'ours' | 'bare' | 'nest', KafkaFigures[]> = {
      ours: [],
      bare: [],
      nest: [],
    };
    // The first of each reads from a cold broker: not counted.
    for (let round = 0; round <= rounds; round++) {
      const run = `${round}`;
      const one = {
        ours: await ours.ask({ mode: 'no-op', run, facts }),
        bare: await bare.ask({ run, facts, atMostMs }),
        nest: await nest.ask({ run, facts, atMostMs }),
      };
      const all = Object.entries(one);
      note(
        `round ${round}: ${all.map(([side, f]) => `${side} ${Math.round(f.perSecond)}`).join(' ')}`,
      );
      if (round === 0 && !quick) continue;
      for (const [side, of] of all) figures[side as keyof typeof figures].push(of);
      await sql(server.url('writ_projection'), EMPTY_SET_B);
      const projected = await ours.ask({ mode: 'projection', run, facts });
      note(`round ${round}: with the projection ${Math.round(projected.perSecond)}`);
      projections.push({ ours: projected.perSecond, reference: one.bare.perSecond });
    }
    const peak = ours.peakRssMiB();
    const pairs = (reference: 'bare' | 'nest') =>
      figures.ours.map(({ perSecond }, at) => ({
        ours: perSecond,
        reference: figures[reference][at]?.perSecond ?? NaN,
      }));
    const micros = (side: 'ours' | 'bare') => Math.round(figures[side].at(-1)?.cpuMicros ?? 0);
    const cpu = `Node's CPU per message: ours ${micros('ours')} µs, bare ${micros('bare')} µs; the no-op handler reads headers and no body`;
    const target = '>= 0.7';
    const name = 'Kafka, exchange consumer, × bare eachBatch';
    done({ ...rowOfPairs(name, pairs('bare'), UNIT, target, peak), note: cpu });
    const information = (row: string, measured: Pair[]) =>
      done(rowOfPairs(row, measured, UNIT, 'information', peak));
    information('Kafka, exchange consumer, × stock Nest server', pairs('nest'));
    information('Kafka, with the projection, × bare eachBatch', projections);
    await Promise.all([ours.stop(), bare.stop(), nest.stop()]);
  } finally {
    await server.stop();
    await kafka.close();
  }
}

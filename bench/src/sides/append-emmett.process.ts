import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import pg from 'pg';
import { noticeServed, preparedNotice } from '../bench-facts.js';
import { percentile } from '../measure.js';
import { serveSide } from '../side.process.js';
import type { AppendFigures } from './append-ours.process.js';

export type EmmettQuestion =
  { fill: number } | { callers: number; warmUpMs: number; ms: number; run: string };

/** What its own append writes, written by the server in one statement per table. */
const FILL = `
  INSERT INTO emt_streams (stream_id, stream_position, partition, stream_type, stream_metadata)
    SELECT 'fill-' || n, 1, 'emt:default', 'fill', '{}' FROM generate_series(1, $1::integer) n;
  INSERT INTO emt_messages (stream_position, transaction_id, is_archived, message_kind, stream_id,
      partition, message_schema_version, message_id, message_type, message_data, message_metadata)
    SELECT 1, pg_current_xact_id(), false, 'E', 'fill-' || n, 'emt:default', '1',
      gen_random_uuid()::text, 'court.notice-served.v1', $2::jsonb, '{}'
    FROM generate_series(1, $1::integer) n`;

serveSide<{ url: string; callers: number }, EmmettQuestion, AppendFigures>(
  async ({ url, callers }) => {
    // As many connections as callers: its best here.
    const pool = new pg.Pool({ connectionString: url, max: callers });
    pool.on('error', () => undefined);
    const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } });
    await store.schema.migrate();

    const fill = async (count: number): Promise<AppendFigures> => {
      const started = performance.now();
      const data = JSON.stringify(noticeServed(0));
      for (const statement of FILL.split(';')) {
        const values = statement.includes('$2') ? [count, data] : [count];
        await pool.query(statement, values);
      }
      await pool.query('ANALYZE');
      const perSecond = count / ((performance.now() - started) / 1_000);
      return { perSecond, p50Ms: 0, p99Ms: 0, cpuMicros: 0, events: count };
    };

    const single = async (question: Extract<EmmettQuestion, { ms: number }>) => {
      const { warmUpMs, ms, run } = question;
      const latencies: number[] = [];
      const start = performance.now();
      let next = 0;
      let cpu = process.cpuUsage();
      let counting = false;
      const call = async () => {
        for (;;) {
          const at = performance.now();
          if (at > start + warmUpMs + ms) return;
          if (!counting && at > start + warmUpMs) {
            counting = true;
            cpu = process.cpuUsage();
          }
          const n = next++;
          const { type, ...fact } = preparedNotice(n);
          await store.appendToStream(`${run}-${n}`, [{ type, data: fact }]);
          if (at > start + warmUpMs) latencies.push(performance.now() - at);
        }
      };
      await Promise.all(Array.from({ length: question.callers }, call));
      const { user, system } = process.cpuUsage(cpu);
      const events = latencies.length;
      return {
        perSecond: events / ((performance.now() - start - warmUpMs) / 1_000),
        p50Ms: percentile(latencies, 0.5),
        p99Ms: percentile(latencies, 0.99),
        cpuMicros: (user + system) / events,
        events,
      };
    };

    return {
      answer: (question) => ('fill' in question ? fill(question.fill) : single(question)),
      close: async () => {
        await store.close();
        await pool.end();
      },
    };
  },
);

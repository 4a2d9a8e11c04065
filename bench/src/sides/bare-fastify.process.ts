import { fastify } from 'fastify';
import pg from 'pg';
import { serveSide } from '../side.process.js';

export type BareSetup = { url: string; pool: number; constant: string };

/** The least a status check could be: one prepared SELECT by key; and a constant. */
serveSide<BareSetup, null, { url: string }>(async ({ url, pool: max, constant }) => {
  const pool = new pg.Pool({ connectionString: url, max });
  pool.on('error', () => undefined);
  const server = fastify();
  server.post('/status', async (request) => {
    const { subjects } = request.body as { subjects: { identifier: { value: string } }[] };
    const { rows } = await pool.query<{ state: string }>({
      name: 'by-key',
      text: 'SELECT state FROM status_by_key WHERE key = $1',
      values: [subjects[0]?.identifier.value],
    });
    if (!rows[0]) throw new Error('not found');
    return { answers: [{ state: rows[0].state }] };
  });
  server.post('/constant', async (_, reply) => {
    return reply.header('content-type', 'application/json; charset=utf-8').send(constant);
  });
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    answer: async () => ({ url: origin }),
    close: async () => {
      await server.close();
      await pool.end();
    },
  };
});

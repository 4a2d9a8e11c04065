import type { FastifyInstance } from 'fastify';
import { lagOf } from './consumer-lag.postgres.js';
import { standsStill, type ExchangePart } from './exchange-watch.js';
import type { OpenHost } from './host.process.js';

const FRESH_SECONDS_MAX = 60;

/**
 * `/health/live`: the process answers. `/health/ready`: databases answer and all has started.
 * `/health/fresh`: nothing is more than a minute behind or stands still; what is behind is named.
 * 503 otherwise. Both tell how sources and relays fare; trouble that is tried again is no 503.
 */
export function serveHealth(fastify: FastifyInstance, hosts: readonly OpenHost[]): void {
  fastify.get('/health/live', () => ({ status: 'live' }));
  fastify.get('/health/ready', async (_, reply) => {
    const services = await Promise.all(hosts.map(readiness));
    const ready = services.every((service) => service.ready);
    return reply
      .status(ready ? 200 : 503)
      .send({ status: ready ? 'ready' : 'not-ready', services });
  });
  fastify.get('/health/fresh', async (_, reply) => {
    const lines = (await Promise.all(hosts.map(freshness))).flat();
    const exchange = hosts.flatMap(exchangeOf);
    const fresh =
      lines.every(({ behindSeconds }) => (behindSeconds ?? Infinity) <= FRESH_SECONDS_MAX) &&
      !exchange.some(standsStill);
    const status = fresh ? 'fresh' : 'stale';
    return reply.status(fresh ? 200 : 503).send({ status, lines, exchange });
  });
}

type Readiness = {
  service: string;
  ready: boolean;
  database: boolean;
  started: boolean;
  exchange: ExchangePart[];
};

function exchangeOf(host: OpenHost): (ExchangePart & { service: string })[] {
  return host.exchange().map((part) => ({ service: host.service, ...part }));
}

async function readiness(host: OpenHost): Promise<Readiness> {
  const database = await host.pools.reader.query('SELECT 1').then(
    () => true,
    () => false,
  );
  const started = host.isStarted();
  const { service } = host;
  return { service, ready: database && started, database, started, exchange: host.exchange() };
}

type Line = { service: string; name: string; behindSeconds: number | null };

/** What a service says of itself, and of each ledger it consumes the bucket furthest behind. */
async function freshness(host: OpenHost): Promise<Line[]> {
  const own = host.freshnessLines.map(async ({ name, seconds }) => ({
    service: host.service,
    name,
    // Not known is not fresh.
    behindSeconds: (await seconds().catch(() => undefined)) ?? null,
  }));
  return [...(await Promise.all(own)), ...(await consumerLines(host))];
}

async function consumerLines(host: OpenHost): Promise<Line[]> {
  const lag = await lagOf(host).catch(() => []);
  return host.consumers.flatMap(({ name: consumer, ledgers }) =>
    ledgers.map((ledger) => {
      const lines = lag.filter((line) => line.consumer === consumer && line.ledger === ledger);
      const seconds = lines.map((line) => line.seconds ?? Infinity);
      const furthest = seconds.length === 0 ? Infinity : Math.max(...seconds);
      const behindSeconds = Number.isFinite(furthest) ? furthest : null;
      return { service: host.service, name: `${consumer}/${ledger}`, behindSeconds };
    }),
  );
}

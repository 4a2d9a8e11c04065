import { ALL_BUCKETS } from '@writ/contracts';
import { loadPlaces } from '@writ/exchange';
import type { FastifyInstance } from 'fastify';
import type { OpenHost } from './host.process.js';
import type { Metrics } from './metrics.process.js';

/** `/metrics` for Prometheus; lag is read when asked for. */
export function serveMetrics(
  fastify: FastifyInstance,
  hosts: readonly OpenHost[],
  metrics: Metrics,
): void {
  fastify.get('/metrics', async (_, reply) => {
    // A database that is away leaves the last known lag; the scrape itself must not fail.
    await Promise.all(hosts.map((host) => measureLag(host, metrics).catch(() => {})));
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
}

async function measureLag(host: OpenHost, metrics: Metrics): Promise<void> {
  for (const consumer of host.consumers) {
    const keys = consumer.ledgers.flatMap((ledger) =>
      ALL_BUCKETS.map((bucket) => ({ ledger, bucket })),
    );
    for (const place of await loadPlaces(host.pools.reader, consumer.name, keys)) {
      if (!place.watermark) continue;
      const labels = {
        consumer: consumer.name,
        ledger: place.ledger,
        bucket: String(place.bucket),
      };
      const ageMs = host.clock.now().getTime() - Date.parse(place.watermark.at);
      metrics.lagSeconds.set(labels, Math.max(0, ageMs / 1_000));
      metrics.lagEvents.set(labels, Math.max(0, place.watermark.last - place.place));
    }
  }
}

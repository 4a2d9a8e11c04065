import { listQuarantine } from '@writ/exchange';
import type { FastifyInstance } from 'fastify';
import { lagOf } from './consumer-lag.postgres.js';
import type { OpenHost } from './host.process.js';
import type { Metrics } from './metrics.process.js';

/** `/metrics` for Prometheus; lag and quarantine are read when asked for. */
export function serveMetrics(
  fastify: FastifyInstance,
  hosts: readonly OpenHost[],
  metrics: Metrics,
): void {
  fastify.get('/metrics', async (_, reply) => {
    // A database that is away leaves the last known lag; the scrape itself must not fail.
    await Promise.all(hosts.map((host) => measure(host, metrics).catch(() => {})));
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
}

async function measure(host: OpenHost, metrics: Metrics): Promise<void> {
  const { service } = host;
  const parts = host.exchange();
  const stopped = parts.reduce((sum, { stoppedBuckets }) => sum + stoppedBuckets, 0);
  metrics.stoppedBuckets.set({ service }, stopped);
  for (const { part, state, trouble } of parts) {
    const isTroubled = trouble !== undefined || state === 'alarm';
    metrics.exchangeTrouble.set({ service, part }, isTroubled ? 1 : 0);
  }
  for (const { name: consumer } of host.consumers) {
    const waiting = await listQuarantine(host.pools.reader, consumer);
    metrics.quarantinedSubjects.set({ consumer }, waiting.length);
  }
  for (const { consumer, ledger, bucket, seconds, positions } of await lagOf(host)) {
    const labels = { consumer, ledger, bucket: String(bucket) };
    if (seconds !== undefined) metrics.lagSeconds.set(labels, seconds);
    metrics.lagEvents.set(labels, positions);
  }
}

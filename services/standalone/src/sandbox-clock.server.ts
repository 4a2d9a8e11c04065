import { durationMs } from '@writ/law';
import { Problem, type OpenApiOperation } from '@writ/service-host';
import type { FastifyInstance } from 'fastify';
import type { SandboxClock } from './sandbox-clock.process.js';

const SHOW: OpenApiOperation = {
  summary: 'What time it is in this sandbox, and how far ahead that is.',
  responses: { 200: { description: '`{ now, aheadMs }`' } },
};
const ADVANCE: OpenApiOperation = {
  summary: 'Moves the clock of this sandbox on: `{ advance: "P3D" }`.',
  responses: { 200: { description: '`{ now, aheadMs }`' } },
};

/** `/sandbox/v1/clock`: there in a sandbox that was started with a clock of its own, only. */
export function serveSandboxClock(fastify: FastifyInstance, clock: SandboxClock): void {
  const show = () => ({ now: clock.now().toISOString(), aheadMs: clock.ahead() });
  fastify.get('/sandbox/v1/clock', { config: { openApi: SHOW } }, show);
  fastify.post('/sandbox/v1/clock', { config: { openApi: ADVANCE } }, (request) => {
    const { advance, ...more } = (request.body ?? {}) as Record<string, unknown>;
    const [unknown] = Object.keys(more);
    if (unknown !== undefined) throw new Problem(400, 'field_is_unknown', `/${unknown}`);
    const ms = typeof advance === 'string' ? durationMs(advance) : undefined;
    if (ms === undefined) throw new Problem(400, 'duration_is_malformed', '/advance');
    if (!clock.advance(ms)) throw new Problem(422, 'clock_cannot_move_so_far', '/advance');
    return show();
  });
}

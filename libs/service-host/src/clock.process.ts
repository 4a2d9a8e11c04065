import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, Ids } from './service.process.js';

/** The machine's clock; the only one. Everything else is handed a `Clock`. */
export const systemClock: Clock = { now: () => new Date() };

/** 128 random bits. */
export const randomIds: Ids = { next: () => randomBytes(16).toString('hex') };

const JITTER_MS_MAX = 20;

/** Waits up to 20 ms times the attempt, so that colliding commands spread. */
export async function randomJitter(attempt: number): Promise<void> {
  await delay(randomInt(1, JITTER_MS_MAX * attempt + 1));
}

import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Receipt } from '@writ/contracts';
import { kafkaClassPath } from '@writ/local-servers';
import { root } from './ofac.fixture.js';
import type { Json } from './system.fixture.js';

/** An order as the example client takes it. */
export type Order = { id: string; type: string; data: Json };

/** What the client prints of an order. */
export type Answered = {
  order: string;
  /** How often it was answered. */
  replies: number;
  status?: number;
  result?: { receipt: Receipt; case?: string; notice?: string; listing?: string } & {
    obligations?: { obligation: string; subject: string }[];
  };
  problem?: { type: string; field?: string };
};

const CLIENT = path.join(root, 'examples/court-client/SendOrders.java');
const AUTHORITY = 'cn.court.made-up';

/** Runs the example client as it stands: a program that is not ours, in another language. */
export async function sendOrders(
  brokers: readonly string[],
  orders: readonly Order[],
): Promise<{ answered: Answered[]; code: number | null }> {
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
  const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', quiet, '-cp', await kafkaClassPath(), CLIENT];
  const words = [...jvm, brokers.join(','), AUTHORITY, 'system:case-desk'];
  const client = spawn('java', words, { stdio: ['pipe', 'pipe', 'pipe'] });
  const [out, err] = [textOf(client.stdout), textOf(client.stderr)];
  const ended = new Promise<number | null>((resolve) => client.once('close', resolve));
  client.stdin.end(orders.map((order) => `${JSON.stringify(order)}\n`).join(''));
  const code = await ended;
  if (code !== 0 && code !== 1) throw new Error(`the client ended with ${code}: ${await err}`);
  const lines = (await out).trimEnd().split('\n');
  return { answered: lines.map((line) => JSON.parse(line) as Answered), code };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  return text;
}

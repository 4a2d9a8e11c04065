import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { serveSide } from '../side.process.js';
import { until, waitMs } from '../wait.process.js';
import type { KafkaFigures } from './kafka-ours.process.js';

const counted = { messages: 0, firstAt: 0, lastAt: 0 };

@Controller()
class CountingController {
  @EventPattern<string>('court.facts')
  count(@Payload() fact: { type?: string }): void {
    if (counted.firstAt === 0) counted.firstAt = performance.now();
    if (fact.type) counted.messages++;
    counted.lastAt = performance.now();
  }
}

@Module({ controllers: [CountingController] })
class CountingModule {}

/** Nest's stock Kafka server with a handler that counts; it parses each value itself. */
serveSide<{ brokers: string[] }, { run: string; facts: number; atMostMs: number }, KafkaFigures>(
  async ({ brokers }) => ({
    answer: async ({ run, facts, atMostMs }) => {
      Object.assign(counted, { messages: 0, firstAt: 0, lastAt: 0 });
      const options: MicroserviceOptions = {
        transport: Transport.KAFKA,
        options: {
          client: { clientId: 'bench-nest', brokers, logLevel: 1 },
          consumer: {
            groupId: `bench-nest-${run}`,
            maxWaitTimeInMs: 250,
            minBytes: 1,
            maxBytes: 8 << 20,
            maxBytesPerPartition: 1 << 20,
          },
          subscribe: { fromBeginning: true },
          run: { partitionsConsumedConcurrently: 8 },
        },
      };
      const app = await NestFactory.createMicroservice<MicroserviceOptions>(CountingModule, {
        ...options,
        logger: false,
      });
      await app.listen();
      await until('the first message has come', async () => counted.firstAt > 0, { everyMs: 20 });
      const cpu = process.cpuUsage();
      const deadline = performance.now() + atMostMs;
      while (counted.messages < facts && performance.now() < deadline) await waitMs(20);
      const { messages, firstAt, lastAt } = counted;
      const { user, system } = process.cpuUsage(cpu);
      await app.close();
      const perSecond = messages / ((lastAt - firstAt) / 1_000);
      return { perSecond, cpuMicros: (user + system) / messages };
    },
  }),
);

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { LEDGERS, ORDER_SERVICES } from '@writ/contracts';
import { factAddress, intakeShapes, stateTopicShape, topicContent, topicsOf } from './topics.js';

describe('topics', () => {
  it('are those that an operator creates from deploy/topics.json', () => {
    const file = join(import.meta.dirname, '../../../../deploy/topics.json');
    const listed = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    expect(listed).toEqual([
      ...LEDGERS.flatMap((name) => topicsOf(name)),
      stateTopicShape(),
      ...ORDER_SERVICES.flatMap(intakeShapes),
    ]);
  });

  it('keep ledgers for ever and are never compacted, but for the state', () => {
    const policies = topicsOf('court').map(({ config }) => config['cleanup.policy']);
    expect(policies).toEqual(['delete', 'delete', 'delete']);
    expect(topicsOf('court')[0]?.config['retention.ms']).toBe('-1');
    expect(stateTopicShape().config).toEqual({ 'cleanup.policy': 'compact' });
  });

  it('keep no order for longer than a week, however long its broker keeps what it deletes', () => {
    const [intake] = intakeShapes('court');
    expect(intake).toMatchObject({ topic: 'court.intake', partitions: 32 });
    expect(intake?.config).toMatchObject({ 'retention.ms': '604800000', 'segment.ms': '3600000' });
  });

  it('have the bucket as partition, and one topic for facts that concern nobody', () => {
    expect(factAddress('court', 31)).toEqual({ topic: 'court.facts', partition: 31 });
    expect(factAddress('court', 32)).toEqual({ topic: 'court.reference', partition: 0 });
  });

  it('are told from their names, in their generation', () => {
    const content = { ledger: 'enforcement', carries: 'watermarks' };
    expect(topicContent('g2.enforcement.watermarks', 'g2.')).toEqual(content);
    expect(topicContent('enforcement.watermarks', 'g2.')).toBeUndefined();
    expect(topicContent('projection.state')).toBeUndefined();
  });
});

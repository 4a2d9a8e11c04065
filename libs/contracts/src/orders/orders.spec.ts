import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { incompatibilities, openObjects, versionOf } from '../compatibility.js';
import { CATALOGUE } from '../catalogue.js';
import { IntakeRefused, IntakeReply, intakeTopics, INTAKE_TOPICS, ORDERS } from './catalogue.js';
import { ORDER_BYTES_MAX } from './order.js';

type Value = Record<string, unknown>;

const GOLDEN = path.resolve(import.meta.dirname, '../../orders/golden');
const goldens = new Map(
  readdirSync(GOLDEN).map((name): [string, Value] => [
    name.replace(/\.json$/, ''),
    JSON.parse(readFileSync(path.join(GOLDEN, name), 'utf8')) as Value,
  ]),
);
const types = Object.keys(ORDERS);
const ajv = new Ajv({ strict: true });
const validators = new Map(types.map((type) => [type, ajv.compile(ORDERS[type]?.data ?? {})]));
const accepts = (type: string, value: unknown) => validators.get(type)?.(value) === true;

describe('the catalogue of orders', () => {
  it('has one golden per line and no other', () =>
    expect([...goldens.keys()].sort()).toEqual([...types].sort()));

  it('has those that a court sends', () =>
    expect(types.map((type) => versionOf(type).family)).toEqual(
      expect.arrayContaining([
        'court.intake.judgment-effective',
        'court.intake.obligation-established',
        'court.intake.notice-served',
        'court.intake.listing-ordered',
        'court.intake.performance-reported',
        'court.intake.delisting-ordered',
      ]),
    ));

  it.each(types)('%s is no fact, names its service, and its golden is one', (type) => {
    const { service, path: to } = ORDERS[type] ?? { service: '', path: '' };
    expect(Object.keys(CATALOGUE)).not.toContain(type);
    expect(type.startsWith(`${service}.intake.`)).toBe(true);
    expect(to.startsWith(`/${service}/v1/`)).toBe(true);
    expect(accepts(type, goldens.get(type))).toBe(true);
  });

  it.each(types)('%s: what its path needs, its data must have', (type) => {
    const { path: to = '', data } = ORDERS[type] ?? {};
    const named = [...to.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name);
    expect(data?.required).toEqual(expect.arrayContaining(named));
  });

  it.each(types)('%s: no object is open, every member is in the golden', (type) => {
    expect(openObjects(ORDERS[type]?.data)).toEqual([]);
    const members = Object.keys(ORDERS[type]?.data.properties ?? {});
    expect(Object.keys(goldens.get(type) ?? {}).sort()).toEqual(members.sort());
  });

  it.each(types)('%s: an unknown member, and another type of value, is refused', (type) => {
    const golden = goldens.get(type) ?? {};
    expect(accepts(type, { ...golden, unknownField: 1 })).toBe(false);
    for (const name of Object.keys(golden)) {
      expect({ name, accepted: accepts(type, { ...golden, [name]: [null] }) }).toEqual({
        name,
        accepted: false,
      });
    }
  });

  it('is what docs/intake.md tells, line by line', () => {
    const page = readFileSync(path.resolve(GOLDEN, '../../../../docs/intake.md'), 'utf8');
    const told = new Set([...page.matchAll(/`([a-z-]+\.v[0-9]+)`/g)].map(([, name]) => name));
    const named = types.map((type) => type.replace(/^[a-z]+\.intake\./, ''));
    expect([...told].sort()).toEqual(named.sort());
    expect(page).toContain(ORDER_BYTES_MAX.toLocaleString('en'));
  });

  it('accepts every version before', () => {
    const lines = Object.fromEntries(types.map((type) => [type, ORDERS[type]]));
    const ofType = (type: string, value: unknown) => {
      const { type: _, ...data } = value as Value;
      return accepts(type, data);
    };
    expect(incompatibilities(lines, goldens, ofType)).toEqual([]);
  });
});

describe('answers to orders', () => {
  it('are closed', () =>
    expect([IntakeReply, IntakeRefused].flatMap((schema) => openObjects(schema))).toEqual([]));

  it('stand in the partition of their order', () => {
    const { intake, replies } = intakeTopics('court');
    expect(replies.partitions).toBe(intake.partitions);
  });

  it('and orders are kept for a limited time', () =>
    expect(INTAKE_TOPICS.filter(({ retentionMs }) => retentionMs < 0)).toEqual([]));
});

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Type, type TProperties } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Catalogue } from './asyncapi.js';
import { CATALOGUE, isKnownFactType } from './catalogue.js';
import { incompatibilities, openObjects, versionOf } from './compatibility.js';
import { closed, envelopeSchema } from './envelope.js';

type Value = Record<string, unknown>;

const GOLDEN = path.resolve(import.meta.dirname, '../golden');
const goldens = new Map(
  readdirSync(GOLDEN).map((name): [string, Value] => [
    name.replace(/\.json$/, ''),
    JSON.parse(readFileSync(path.join(GOLDEN, name), 'utf8')) as Value,
  ]),
);
const types = Object.keys(CATALOGUE);

function validators(catalogue: Catalogue): (type: string, value: unknown) => boolean {
  const ajv = new Ajv({ strict: true });
  const compiled = new Map<string, ValidateFunction>(
    Object.entries(catalogue).map(([type, { schema }]) => [type, ajv.compile(schema)]),
  );
  return (type, value) => compiled.get(type)?.(value) === true;
}
const accepts = validators(CATALOGUE);

describe('the catalogue', () => {
  it('starts with the three facts the system is named for', () =>
    expect(types.slice(0, 3)).toEqual([
      'court.subject-listed.v1',
      'court.obligation-fulfilled.v1',
      'court.subject-delisted.v1',
    ]));

  it('has one golden per line and no other', () =>
    expect([...goldens.keys()].sort()).toEqual([...types].sort()));

  it.each(types)('%s: type, ledger, schema and golden agree', (type) => {
    const { ledger, subject, schema } = CATALOGUE[type as keyof typeof CATALOGUE];
    const golden = goldens.get(type);
    expect(type.startsWith(`${ledger}.`)).toBe(true);
    expect(versionOf(type).version).toBeGreaterThan(0);
    expect(schema.properties['type']).toMatchObject({ const: type });
    expect({ type: golden?.['type'], ledger: golden?.['ledger'] }).toEqual({ type, ledger });
    expect(golden !== undefined && 'subject' in golden).toBe(subject === 'required');
    expect(isKnownFactType(type)).toBe(true);
  });

  it.each(['court.subject-listed.v2', 'toString', ''])('does not know %j', (type) =>
    expect(isKnownFactType(type)).toBe(false),
  );
});

describe('every version', () => {
  it('accepts its own golden and every one before it', () =>
    expect(incompatibilities(CATALOGUE, goldens, accepts)).toEqual([]));

  it.each([
    ['asks for a field the first lacks', { a: Type.Integer(), b: Type.Integer() }, { a: 3, b: 3 }],
    ['forgets a field of the first', {}, {}],
    ['narrows a field of the first', { a: Type.Integer({ minimum: 2 }) }, { a: 3 }],
  ])('that %s is caught', (_, second: TProperties, data) => {
    const line = (type: string, properties: TProperties) => ({
      ledger: 'court' as const,
      subject: 'absent' as const,
      summary: 'Made up.',
      schema: envelopeSchema(type, 'absent', closed(properties)),
    });
    const catalogue: Catalogue = {
      'court.made-up.v1': line('court.made-up.v1', { a: Type.Integer() }),
      'court.made-up.v2': line('court.made-up.v2', second),
    };
    const opened = goldens.get('court.case-opened.v1');
    const madeUp = new Map<string, Value>([
      ['court.made-up.v1', { ...opened, type: 'court.made-up.v1', data: { a: 1 } }],
      ['court.made-up.v2', { ...opened, type: 'court.made-up.v2', data }],
    ]);
    expect(incompatibilities(catalogue, madeUp, validators(catalogue))).toEqual([
      { schema: 'court.made-up.v2', golden: 'court.made-up.v1' },
    ]);
  });
});

/** Every object within a value, by its JSON Pointer. */
function objectsIn(value: unknown, pointer = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.entries(value).flatMap(([name, member]) =>
    objectsIn(member, `${pointer}/${name}`),
  );
  return Array.isArray(value) ? below : [pointer, ...below];
}

function at(value: unknown, pointer: string): Value {
  return pointer
    .split('/')
    .slice(1)
    .reduce((node, name) => (node as Value)[name], value) as Value;
}

describe('every schema is closed', () => {
  it.each(types)('%s: no object is open', (type) =>
    expect(openObjects(CATALOGUE[type as keyof typeof CATALOGUE].schema)).toEqual([]),
  );

  it('an open object is found, however deep', () => {
    const open = Type.Object({ list: Type.Array(closed({ in: Type.Object({}) })) });
    expect(openObjects(open)).toEqual(['', '/properties/list/items/properties/in']);
  });

  it.each(types)('%s: an unknown field is refused in every object of the golden', (type) => {
    const golden = goldens.get(type);
    for (const pointer of objectsIn(golden)) {
      const mutant = structuredClone(golden);
      at(mutant, pointer)['unknownField'] = 1;
      expect({ pointer, accepted: accepts(type, mutant) }).toEqual({ pointer, accepted: false });
    }
  });

  it.each(types)('%s: another type of value is refused in every field', (type) => {
    const golden = goldens.get(type);
    for (const pointer of objectsIn(golden)) {
      for (const name of Object.keys(at(golden, pointer))) {
        const mutant = structuredClone(golden);
        at(mutant, pointer)[name] = [null];
        const accepted = accepts(type, mutant);
        expect({ field: `${pointer}/${name}`, accepted }).toMatchObject({ accepted: false });
      }
    }
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { asyncApiDocument } from './asyncapi.js';
import { CATALOGUE } from './catalogue.js';
import { generatedFiles } from './generated-files.js';
import { INTAKE_TOPICS, ORDERS } from './orders/catalogue.js';
import { TOPICS } from './topics.js';

const FOLDER = path.resolve(import.meta.dirname, '..');
const read = (name: string) => readFileSync(path.join(FOLDER, name), 'utf8');
const { version } = JSON.parse(read('package.json')) as { version: string };
const files = generatedFiles(CATALOGUE, version);

describe('generated files', () => {
  it.each([...files])('%s is as the catalogue says (else: npm run contracts)', (name, content) => {
    expect(existsSync(path.join(FOLDER, name))).toBe(true);
    expect(read(name)).toBe(content);
  });

  it('are all there is', () => {
    const inFolder = (name: string) =>
      readdirSync(path.join(FOLDER, name)).filter((file) => file.endsWith('.json')).length;
    expect(inFolder('schemas')).toBe(Object.keys(CATALOGUE).length);
    expect(inFolder('orders')).toBe(Object.keys(ORDERS).length);
  });

  it('change when the catalogue does', () => {
    const [[type, line] = ['', undefined]] = Object.entries(CATALOGUE);
    if (line === undefined) throw new Error('the catalogue is empty');
    const changed = { ...CATALOGUE, [type]: { ...line, summary: 'Something else.' } };
    const stale = [...generatedFiles(changed, version)].filter(([name, text]) => {
      return text !== files.get(name);
    });
    expect(stale.map(([name]) => name)).toEqual([
      `schemas/${type}.json`,
      'asyncapi.yaml',
      'README.md',
    ]);
  });

  it('leave the page short enough to read: a line per fact, and eleven', () => {
    const lines = read('README.md').trimEnd().split('\n').length;
    expect(lines).toBeLessThanOrEqual(11 + Object.keys(CATALOGUE).length);
  });
});

describe('the AsyncAPI document', () => {
  const document = parse(read('asyncapi.yaml')) as Record<string, unknown>;

  it('is valid AsyncAPI 3.0', () => {
    const load = createRequire(import.meta.url);
    const schema = load('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    expect(validate(document) || validate.errors).toBe(true);
    expect(validate({ ...document, channels: [] })).toBe(false);
  });

  it('has every topic as a channel and every fact as a message', () => {
    const { channels, components } = document as {
      channels: Record<string, { address: string; messages: object }>;
      components: { messages: object };
    };
    expect(Object.values(channels).map(({ address }) => address)).toEqual(
      [...TOPICS, ...INTAKE_TOPICS].map(({ name }) => name),
    );
    const carried = Object.values(channels).flatMap(({ messages }) => Object.keys(messages));
    const said = Object.keys(components.messages);
    expect(new Set(carried)).toEqual(new Set(said));
    const kinds = [...Object.keys(CATALOGUE), ...Object.keys(ORDERS)];
    expect(said).toEqual(expect.arrayContaining(kinds));
    expect(Object.keys(channels['court.facts']?.messages ?? {})).not.toContain(
      'court.case-opened.v1',
    );
  });

  it('resolves every reference within itself', () => {
    const references = [...read('asyncapi.yaml').matchAll(/\$ref: ["']?#\/([^"'\s]+)/g)];
    expect(references.length).toBeGreaterThan(TOPICS.length);
    for (const [, target = ''] of references) {
      const reached = target.split('/').reduce<unknown>(
        (node, name) => {
          return (node as Record<string, unknown> | undefined)?.[name];
        },
        asyncApiDocument(CATALOGUE, version),
      );
      expect({ target, found: reached !== undefined }).toEqual({ target, found: true });
    }
  });
});

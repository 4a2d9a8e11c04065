import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readImportBody } from './import-body.js';

const example = (set: string) => {
  const url = new URL(`../../../examples/feeds/${set}/feed.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as { list: string };
};
const file = { name: 'copy.csv', bytes: Buffer.from('a').toString('base64') };

describe('a request to take a file in', () => {
  it.each([
    ['us-ne-wage-dev', ['cases'] as const],
    ['br-ceis-dev', ['snapshots', 'records', 'events'] as const],
  ])('%s goes to the service that takes such sources in', (set, forms) => {
    const description = example(set);
    expect(readImportBody(description.list, { description, file }, forms)).toMatchObject({
      kind: 'record',
    });
    const others = (['snapshots', 'records', 'events', 'cases'] as const).filter(
      (form) => !(forms as readonly string[]).includes(form),
    );
    expect(readImportBody(description.list, { description, file }, others)).toEqual({
      kind: 'refuse',
      refusal: { reason: 'form_is_taken_in_by_another_service', field: '/description/form' },
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('./', import.meta.url);
/** How a source is read is shared with the court; that its refusals are shown is seen here. */
const FOLDERS = [FOLDER, new URL('../../../../libs/feeds/src/', import.meta.url)];
const files = new Map(
  FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => [name, new URL(name, folder)])),
);
const read = (name: string) => readFileSync(files.get(name)!, 'utf8');
const all = [...files.keys()].filter((name) => name.endsWith('.ts'));
const isSpec = (name: string) => /\.(spec|fixture)\.ts$/.test(name);

/** Every refusal the sources name: a sentence in snake case, of three words at least. */
function reasonsIn(names: readonly string[]): string[] {
  const found = names.flatMap((name) =>
    [...read(name).matchAll(/'([a-z]+(?:_[a-z]+){2,})'/g)].map(([, reason = '']) => reason),
  );
  return [...new Set(found)].sort();
}

const OF_DESCRIPTIONS = ['describe-feed.ts', 'import-body.ts', 'feed.controller.ts'];
const sources = all.filter((name) => !isSpec(name));
const specs = all.filter(isSpec).map(read).join('\n');

describe('every reason for which a feed refuses', () => {
  it('is found in the sources', () => {
    const reasons = reasonsIn(sources);
    expect(reasons.length).toBeGreaterThan(40);
    expect(reasons).toEqual(
      expect.arrayContaining(['file_is_too_large', 'subject_is_not_resolved', 'zone_is_unknown']),
    );
  });

  it.each(reasonsIn(sources))('%s is shown by a test', (reason) => {
    const elsewhere = readFileSync(new URL('../regulatory.int.spec.ts', FOLDER), 'utf8');
    // Over HTTP it is spelled with dashes.
    const shown = specs.includes(`'${reason}'`);
    expect(shown || elsewhere.includes(`${reason.replaceAll('_', '-')}'`)).toBe(true);
  });

  it.each(reasonsIn(sources.filter((name) => !OF_DESCRIPTIONS.includes(name))))(
    '%s is documented',
    (reason) => {
      const page = readFileSync(new URL('../../../../docs/feeds.md', FOLDER), 'utf8');
      expect(page).toContain(`\`${reason}\``);
    },
  );
});

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CATALOGUE } from './catalogue.js';
import { generatedFiles } from './generated-files.js';

const folder = path.resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
  version: string;
};
const files = generatedFiles(CATALOGUE, version);

for (const written of ['schemas', 'orders']) {
  mkdirSync(path.join(folder, written), { recursive: true });
  for (const name of readdirSync(path.join(folder, written))) {
    const isStale = name.endsWith('.json') && !files.has(`${written}/${name}`);
    if (isStale) rmSync(path.join(folder, written, name));
  }
}
for (const [name, content] of files) writeFileSync(path.join(folder, name), content);
process.stderr.write(`${files.size} files written from the catalogue\n`);

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const doors = new Map();

/**
 * What a project of this repository lends to others that touches the world: what its door
 * (src/index.ts) passes on from files with a role suffix, or makes itself.
 *
 * @param {string} root of the repository
 * @param {string} name after `@writ/`
 * @param {RegExp} worldly fits an import path that ends in a role suffix
 * @returns {Set<string>}
 */
export function worldlyExports(root, name, worldly) {
  const known = doors.get(name);
  if (known !== undefined) return known;
  const folder = ['libs', 'services', '.']
    .map((kind) => path.join(root, kind, name, 'src'))
    .find((candidate) => existsSync(path.join(candidate, 'index.ts')));
  const names = new Set();
  doors.set(name, names);
  if (folder === undefined) return names;
  const text = readFileSync(path.join(folder, 'index.ts'), 'utf8');
  for (const [, what, from] of text.matchAll(/export (\*|\{[^}]*\}) from '([^']+)'/g)) {
    if (!worldly.test(from)) continue;
    const lent =
      what === '*' ? declared(path.join(folder, from.replace(/js$/, 'ts'))) : listed(what);
    for (const one of lent) names.add(one);
  }
  for (const one of declared(path.join(folder, 'index.ts'))) names.add(one);
  return names;
}

/** `{ a, type B, c as d }` → a, d */
function listed(braces) {
  return braces
    .slice(1, -1)
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && !one.startsWith('type '))
    .map((one) => one.split(' as ').pop());
}

function declared(file) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const declarations = /^export (?:async )?(?:const|let|function\*?|class) (\w+)/gm;
  return [...text.matchAll(declarations)].map(([, name]) => name);
}

import { isBuiltin } from 'node:module';
import path from 'node:path';
import { worldlyExports } from './worldly-exports.mjs';

/** Not the folder eslint runs in, which is one project's. */
const ROOT = path.resolve(import.meta.dirname, '../../..');

/** Built-ins that touch nothing outside the process. */
const HARMLESS = new Set(['assert', 'buffer', 'crypto', 'path', 'punycode', 'url', 'util', 'zlib']);

/**
 * A pure file imports no built-in that touches the world, and no file that does (its types are
 * welcome), be it of its own project or through another one's door.
 *
 * Option 0: the role suffixes.
 */
export const pureImports = {
  meta: {
    type: 'problem',
    messages: {
      builtin: '{{name}} touches the world: move this to a file that says so.',
      role: 'A pure file may take types only from {{name}}.',
      lent: '{{name}} touches the world: a pure file may take its type only.',
    },
    schema: [{ type: 'array', items: { type: 'string' } }],
  },
  create(context) {
    const [roles] = context.options;
    const worldly = new RegExp(`\\.(${roles.join('|')})\\.js$`);
    const checkProject = (node, name) => {
      const [, project, file] = /^@writ\/([^/]+)(\/.+)?$/.exec(name) ?? [];
      if (project === undefined) return;
      const lent = worldlyExports(ROOT, project, worldly);
      const specifiers = node.specifiers ?? [];
      const taken = specifiers
        .filter((one) => one.importKind !== 'type' && one.exportKind !== 'type')
        .map((one) => (node.type === 'ImportDeclaration' ? one.imported : one.local)?.name);
      // All of it at once, or one of its files: as worldly as what it takes from.
      const isWhole = specifiers.length === 0 || taken.includes(undefined);
      const bad = isWhole ? [...lent][0] : taken.find((one) => lent.has(one));
      const fromFile = file !== undefined && worldly.test(`${file}.js`);
      if (fromFile) context.report({ node, messageId: 'role', data: { name } });
      else if (bad)
        context.report({ node, messageId: 'lent', data: { name: `${bad} of ${name}` } });
    };
    const check = (node) => {
      const name = node.source?.value;
      if (typeof name !== 'string') return;
      const builtin = name.replace(/^node:/, '').split('/')[0];
      if (isBuiltin(name) && !HARMLESS.has(builtin)) {
        context.report({ node, messageId: 'builtin', data: { name } });
      }
      const typesOnly =
        node.importKind === 'type' ||
        node.exportKind === 'type' ||
        (node.specifiers?.length > 0 &&
          node.specifiers.every((one) => one.importKind === 'type' || one.exportKind === 'type'));
      if (name.startsWith('.') && worldly.test(name) && !typesOnly) {
        context.report({ node, messageId: 'role', data: { name } });
      }
      if (!typesOnly) checkProject(node, name);
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportAllDeclaration: check,
      ExportNamedDeclaration: check,
    };
  },
};

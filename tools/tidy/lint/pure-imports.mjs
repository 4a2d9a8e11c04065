import { isBuiltin } from 'node:module';

/** Built-ins that touch nothing outside the process. */
const HARMLESS = new Set(['assert', 'buffer', 'crypto', 'path', 'punycode', 'url', 'util', 'zlib']);

/**
 * A pure file imports no built-in that touches the world, and no file that does (its types are
 * welcome).
 *
 * Option 0: the role suffixes.
 */
export const pureImports = {
  meta: {
    type: 'problem',
    messages: {
      builtin: '{{name}} touches the world: move this to a file that says so.',
      role: 'A pure file may take types only from {{name}}.',
    },
    schema: [{ type: 'array', items: { type: 'string' } }],
  },
  create(context) {
    const [roles] = context.options;
    const worldly = new RegExp(`\\.(${roles.join('|')})\\.js$`);
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
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportAllDeclaration: check,
      ExportNamedDeclaration: check,
    };
  },
};

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const packages = new Map();

/** @returns the nearest package.json above a file, parsed; remembered per folder */
function packageOf(folder) {
  const known = packages.get(folder);
  if (known !== undefined) return known;
  const file = path.join(folder, 'package.json');
  const up = path.dirname(folder);
  const found = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : up === folder
      ? {}
      : packageOf(up);
  packages.set(folder, found);
  return found;
}

/**
 * Workspaces are hoisted, so any project could import any other: one may only import what its
 * package.json declares, where tidy's `projects-depend-downwards` holds the direction.
 */
export const declaredImports = {
  meta: {
    type: 'problem',
    messages: { undeclared: '{{name}} is not declared in package.json: projects meet by design.' },
    schema: [],
  },
  create(context) {
    const check = (node) => {
      const target = node.source?.value;
      const name = typeof target === 'string' ? /^@writ\/[^/]+/.exec(target)?.[0] : undefined;
      if (name === undefined) return;
      const own = packageOf(path.dirname(context.filename));
      if (own.name === name || Object.hasOwn(own.dependencies ?? {}, name)) return;
      context.report({ node, messageId: 'undeclared', data: { name } });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportAllDeclaration: check,
      ExportNamedDeclaration: check,
    };
  },
};

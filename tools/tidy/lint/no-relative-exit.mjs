import path from 'node:path';

/** Not the folder eslint runs in, which is one project's. */
const ROOT = path.resolve(import.meta.dirname, '../../..');
const PROJECT = /^(.*?\/)??((?:services|libs|tools)\/[^/]+|cli|bench|tests)\//;

/** Projects meet through their package names only, so that Nx and the lint rules see every edge. */
export const noRelativeExit = {
  meta: { type: 'problem', messages: { exit: 'A relative import must not leave its project.' } },
  create(context) {
    const file = path.relative(ROOT, context.filename).replaceAll(path.sep, '/');
    const root = PROJECT.exec(file)?.[2];
    const check = (node) => {
      const target = node.source?.value;
      if (root === undefined || typeof target !== 'string' || !target.startsWith('.')) return;
      const reached = path.posix.normalize(path.posix.join(path.posix.dirname(file), target));
      const start = file.slice(0, file.indexOf(root) + root.length + 1);
      if (!`${reached}/`.startsWith(start)) context.report({ node, messageId: 'exit' });
    };
    return {
      ImportDeclaration: check,
      ExportAllDeclaration: check,
      ExportNamedDeclaration: check,
      ImportExpression: check,
    };
  },
};

/** Tests wait on positions, never on the clock. */
export const noSleepInSpecs = {
  meta: {
    type: 'problem',
    messages: { sleep: 'Wait on a position, not on the clock.' },
    schema: [],
  },
  create(context) {
    return {
      CallExpression(node) {
        const { callee, arguments: args } = node;
        const name = callee.type === 'Identifier' ? callee.name : callee.property?.name;
        if (name === 'sleep' || name === 'delay')
          return context.report({ node, messageId: 'sleep' });
        if (name !== 'setTimeout' || args.length === 0) return undefined;
        const resolvesOnly =
          args[0].type === 'Identifier' && /^(resolve|done|r)$/.test(args[0].name);
        if (resolvesOnly) context.report({ node, messageId: 'sleep' });
        return undefined;
      },
      ImportDeclaration(node) {
        if (node.source.value === 'node:timers/promises') {
          context.report({ node, messageId: 'sleep' });
        }
      },
    };
  },
};

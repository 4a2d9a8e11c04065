const BARE =
  /^(Date\.now|Math\.random|performance\.now|\w+\.random(Bytes|UUID|Int|Fill|FillSync))$/;

/** Time and randomness come in as arguments (style: decisions are pure). */
export const noBareClock = {
  meta: {
    type: 'problem',
    messages: { bare: '{{what}}: time and randomness come in.' },
    schema: [],
  },
  create(context) {
    const report = (node, what) => context.report({ node, messageId: 'bare', data: { what } });
    return {
      CallExpression(node) {
        const { callee } = node;
        if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return;
        const name = `${callee.object.name}.${callee.property.name}`;
        if (BARE.test(name)) {
          report(node, name);
        }
      },
      NewExpression(node) {
        if (node.callee.name === 'Date' && node.arguments.length === 0) report(node, 'new Date()');
      },
      ImportSpecifier(node) {
        const from = node.parent.source.value;
        if (from !== 'node:crypto') return;
        if (/^random/.test(node.imported.name)) report(node, node.imported.name);
      },
    };
  },
};

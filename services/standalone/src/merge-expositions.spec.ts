import { expect, it } from '@jest/globals';
import { mergeExpositions } from './merge-expositions.js';

it('keeps the samples of a metric together under one head', () => {
  const of = (service: string, n: number) =>
    `# HELP a What.\n# TYPE a gauge\na{service="${service}"} ${n}\n` +
    `# HELP b_${service} Own.\nb_${service} 1\n`;
  expect(mergeExpositions([of('x', 1), of('y', 2)])).toBe(
    '# HELP a What.\n# TYPE a gauge\na{service="x"} 1\na{service="y"} 2\n' +
      '# HELP b_x Own.\nb_x 1\n# HELP b_y Own.\nb_y 1\n',
  );
});

import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');

type Package = { nx: { targets?: { test?: { inputs?: unknown[] } } } };
const inputsOf = (project: string) => {
  const file = path.join(root, project, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as Package).nx.targets?.test?.inputs ?? [];
};

/** A test that reads outside its project is answered from the cache although that has changed. */
describe('what a project’s tests read outside of it is an input', () => {
  it.each([
    ['tools/tidy', '{workspaceRoot}/**/*'],
    ['services/regulatory', '{workspaceRoot}/examples/**/*'],
    ['services/regulatory', '{workspaceRoot}/docs/feeds.md'],
    ['services/regulatory', '{workspaceRoot}/libs/feeds/src/**/*'],
    ['services/court', '{workspaceRoot}/examples/**/*'],
    ['libs/feeds', '{workspaceRoot}/examples/**/*'],
    ['services/standalone', '{workspaceRoot}/cli/**/*'],
  ])('%s: %s', (project, input) => expect(inputsOf(project)).toContain(input));
});

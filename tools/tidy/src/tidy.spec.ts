import { describe, expect, it } from '@jest/globals';
import { ESLint } from 'eslint';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import tseslint from 'typescript-eslint';
import { readRepository, repositoryOf } from './repository.js';
import { RULES } from './rules.js';

const root = path.resolve(import.meta.dirname, '../../..');
const tagged = (name: string, tags: string[], dependencies: Record<string, string> = {}) =>
  JSON.stringify({ name, nx: { tags }, dependencies });
const long = (lines: number) => 'const x = 1;\n'.repeat(lines);

/** rule → a repository that breaks it. */
const BROKEN: Record<string, Record<string, string>> = {
  'names-say-what-they-are': { 'libs/law/src/utils/money.ts': '' },
  'no-barrels': { 'libs/law/src/clock/index.ts': "export * from './clock.js';\n" },
  'no-folder-with-one-file': { 'libs/law/src/money/money.ts': '' },
  'every-project-is-tagged': { 'libs/law/package.json': tagged('@writ/law', ['type:lib']) },
  'projects-depend-downwards': {
    'services/court/package.json': tagged('@writ/court', ['scope:court', 'type:service'], {
      '@writ/identity': '*',
    }),
    'services/identity/package.json': tagged('@writ/identity', ['scope:identity', 'type:service']),
  },
  'no-large-files': { 'docs/dump.txt': 'x'.repeat(600 * 1024) },
  'every-contract-has-a-golden': {
    'libs/contracts/src/catalogue.ts': "line('court.subject-listed.v2', …)",
  },
  'comments-fit': { 'libs/law/src/money.ts': `// ${'y '.repeat(50)}\n` },
  'no-skipped-tests': { 'libs/law/src/money.spec.ts': "it.skip('adds', () => {});\n" },
  'skips-are-loud': { 'libs/law/src/money.int.spec.ts': "describe['skip']('x', () => {});\n" },
  'connections-are-checked-out': {
    'libs/law/src/rows.postgres.ts': 'const db = await pool.connect();\n',
  },
  'todos-have-a-number': { 'libs/law/src/money.ts': '// TODO round\n' },
  'no-machine-paths': { 'docs/start.md': '# Start\nsee /home/somebody/writ\n' },
  'no-registry-addresses': { 'package-lock.json': '{"packages":{\n"resolved": "https://x"}}' },
  'no-secrets': { 'deploy/key.pem': '-----BEGIN PRIVATE KEY-----\n' },
  'files-are-short': { 'libs/law/src/money.ts': long(401) },
  'one-page-one-title': { 'docs/start.md': '# One\n# Two\n' },
  'links-resolve': { 'docs/start.md': '# Start\n[gone](./gone.md)\n' },
  'lock-is-whole': {
    'package-lock.json': JSON.stringify({
      packages: { 'node_modules/a': { optionalDependencies: { 'a-darwin': '1' } } },
    }),
  },
  'no-class-with-one-method': {
    'libs/law/src/money.ts': 'export class Adder { add() { return 1; } }\n',
  },
  'exported-functions-are-documented': {
    'libs/law/src/money.ts': 'export function add() { return 1; }\n',
  },
};

const findingsOf = (repository: Parameters<(typeof RULES)[number]>[0]) =>
  RULES.flatMap((rule) => rule(repository));

describe('tidy', () => {
  it.each(Object.keys(BROKEN))('%s fires on its fixture', (rule) => {
    const findings = findingsOf(repositoryOf(BROKEN[rule] ?? {}));
    expect(findings.map((finding) => finding.rule)).toContain(rule);
  });

  it('has a fixture for every rule', () => {
    const folder = path.join(root, 'tools/tidy/src');
    const sources = ['text-rules.ts', 'tree-rules.ts', 'syntax-rules.ts'];
    const named = sources.flatMap((file) => [
      ...readFileSync(path.join(folder, file), 'utf8').matchAll(/rule: '([a-z-]+)'/g),
    ]);
    const rules = new Set(named.map(([, rule]) => rule));
    expect(rules.size).toBeGreaterThanOrEqual(RULES.length);
    expect([...rules].sort()).toEqual(Object.keys(BROKEN).sort());
  });

  it('finds nothing in this repository', () => {
    const lines = findingsOf(readRepository(root)).map(
      ({ rule, file, line, says }) => `${rule} ${file}${line ? `:${line}` : ''} ${says}`,
    );
    expect(lines).toEqual([]);
  });
});

/** lint rule → [file, text] that breaks it. */
const UNLINTED: [string, string, string][] = [
  ['no-restricted-imports', 'services/court/src/listing/x.ts', "import 'kafkajs';\n"],
  ['no-restricted-imports', 'libs/law/src/x.ts', "import { Injectable } from '@nestjs/common';\n"],
  ['house/pure-imports', 'libs/law/src/x.ts', "import { readFileSync } from 'node:fs';\n"],
  ['house/pure-imports', 'libs/law/src/x.ts', "import tls from 'tls';\n"],
  ['house/pure-imports', 'libs/law/src/x.ts', "export * from './y.postgres.js';\n"],
  [
    'house/pure-imports',
    'services/court/src/x.ts',
    "import { leafHash, openLedgerWriter } from '@writ/ledger';\nvoid [leafHash, openLedgerWriter];\n",
  ],
  [
    'house/pure-imports',
    'services/court/src/x.ts',
    "export { runMigrations } from '@writ/service-host';\n",
  ],
  ['house/pure-imports', 'services/court/src/x.ts', "export * from '@writ/service-host';\n"],
  [
    'house/pure-imports',
    'cli/src/x.ts',
    "import { startStandalone } from '@writ/standalone';\nvoid startStandalone;\n",
  ],
  [
    'house/pure-imports',
    'services/standalone/src/x.ts',
    "import { T } from '@writ/projection/rebuild/rebuilder.postgres';\nvoid T;\n",
  ],
  [
    '@typescript-eslint/no-restricted-imports',
    'services/court/src/x.process.ts',
    "import { Kafka } from 'kafkajs';\nexport const k = Kafka;\n",
  ],
  ['house/declared-imports', 'services/court/src/court.module.ts', "import '@writ/identity';\n"],
  ['house/declared-imports', 'libs/law/src/x.ts', "import '@writ/court';\n"],
  ['house/declared-imports', 'libs/contracts/src/x.ts', "import '@writ/ledger';\n"],
  ['house/declared-imports', 'cli/src/x.ts', "export const court = await import('@writ/court');\n"],
  [
    'house/no-relative-exit',
    'services/court/src/court.module.ts',
    "import '../../identity/src/main.js';\n",
  ],
  ['house/no-bare-clock', 'services/court/src/x.ts', 'export const now = () => Date.now();\n'],
  ['house/no-bare-clock', 'services/court/src/x.ts', 'export const now = () => new Date();\n'],
  ['house/no-bare-clock', 'libs/law/src/x.ts', "import { randomBytes } from 'node:crypto';\n"],
  [
    'house/no-bare-clock',
    'libs/law/src/x.ts',
    "import * as c from 'node:crypto';\nexport const id = () => c.randomBytes(16);\n",
  ],
  ['no-restricted-globals', 'libs/law/src/x.ts', 'export const home = process.env.HOME;\n'],
  ['no-restricted-globals', 'libs/law/src/x.ts', 'setImmediate(() => undefined);\n'],
  [
    'house/no-sleep-in-specs',
    'libs/law/src/x.spec.ts',
    'export const wait = () => new Promise((resolve) => setTimeout(resolve, 100));\n',
  ],
  [
    'max-lines-per-function',
    'libs/law/src/x.ts',
    `export function f() {\n${'  f();\n'.repeat(71)}}\n`,
  ],
  [
    'max-params',
    'libs/law/src/x.ts',
    'export const f = (a: 1, b: 1, c: 1, d: 1, e: 1, g: 1) => [a, b, c, d, e, g];\n',
  ],
  [
    'no-restricted-syntax',
    'services/court/src/court.module.ts',
    'declare function forwardRef(of: unknown): unknown;\nexport const cycle = forwardRef(() => 1);\n',
  ],
  ['@typescript-eslint/no-explicit-any', 'libs/law/src/x.ts', 'export const f = (a: any) => a;\n'],
  ['@typescript-eslint/no-unused-vars', 'libs/law/src/x.ts', 'const unused = 1;\nexport {};\n'],
];

/** Rules that need types, shown on a small TypeScript project of their own. */
const UNTYPED: [string, string][] = [
  ['@typescript-eslint/no-floating-promises', 'floating.ts'],
  ['@typescript-eslint/no-misused-promises', 'misused.ts'],
  ['@typescript-eslint/await-thenable', 'thenable.ts'],
];

describe('lint', () => {
  // These fixtures are no part of any TypeScript project, so rules that need types are off here.
  const untyped = {
    languageOptions: { parserOptions: { project: null } },
    rules: Object.fromEntries(UNTYPED.map(([rule]) => [rule, 'off' as const])),
  };
  const eslint = new ESLint({ cwd: root, overrideConfig: [untyped] });

  const rulesOn = async (file: string, text: string) => {
    const [result] = await eslint.lintText(text, { filePath: path.join(root, file) });
    return result?.messages.map(({ ruleId }) => ruleId) ?? [];
  };

  it.each(UNLINTED)('%s fires on %s', async (rule, file, text) => {
    expect(await rulesOn(file, text)).toContain(rule);
  });

  it.each(UNTYPED)('%s fires on its fixture', async (rule, file) => {
    const typed = new ESLint({ cwd: root, ignore: false });
    const [result] = await typed.lintFiles([path.join(root, 'tools/tidy/fixtures/typed', file)]);
    expect(result?.messages.map(({ ruleId }) => ruleId)).toContain(rule);
  });

  it('lets a file with a role suffix touch the world', async () => {
    const text = "import { Kafka } from 'kafkajs';\nexport const k = Kafka;\n";
    expect(await rulesOn('libs/exchange/src/kafka/relay.kafka.ts', text)).toEqual([]);
  });

  it('holds also where eslint runs in a project’s folder, as nx has it run', async () => {
    const folder = path.join(root, 'services/court');
    const inside = new ESLint({ cwd: folder, overrideConfig: [untyped] });
    const text = "import '../../identity/src/x.js';\nexport * from '@writ/ledger';\n";
    const [result] = await inside.lintText(text, { filePath: path.join(folder, 'src/x.ts') });
    const rules = result?.messages.map(({ ruleId }) => ruleId);
    expect(rules).toEqual(['house/no-relative-exit', 'house/pure-imports']);
  });

  it('lets a pure file take from another project what is pure, and types of all', async () => {
    const text =
      "import { leafHash, type LedgerWriter } from '@writ/ledger';\n" +
      "import type { ServiceHost } from '@writ/service-host';\n" +
      'export const f = (a: LedgerWriter, b: ServiceHost) => [a, b, leafHash];\n';
    expect(await rulesOn('services/court/src/x.ts', text)).toEqual([]);
  });

  it('has a fixture for every rule that is on', async () => {
    const files = ['libs/law/src/x.ts', 'libs/law/src/x.spec.ts', 'services/court/src/x.ts'];
    const on = new Set<string>();
    for (const file of files) {
      const config = (await new ESLint({ cwd: root }).calculateConfigForFile(
        path.join(root, file),
      )) as { rules: Record<string, [number]> };
      for (const [rule, [level]] of Object.entries(config.rules)) if (level > 0) on.add(rule);
    }
    const shown = new Set([...UNLINTED, ...UNTYPED].map(([rule]) => rule));
    const presets: { rules?: object }[] = tseslint.configs.recommended;
    // The presets' own rules are shown by their authors; ours are those this repository sets.
    const preset = (rule: string) => presets.some(({ rules = {} }) => Object.hasOwn(rules, rule));
    const house = [...on].filter((rule) => !preset(rule) || rule.startsWith('house/'));
    expect(house.length).toBeGreaterThan(10);
    expect(house.filter((rule) => !shown.has(rule))).toEqual([]);
  });

  it('lets a pure file take types from one that touches the world', async () => {
    const text = "import type { Y } from './y.postgres.js';\nexport type Z = Y;\n";
    expect(await rulesOn('libs/law/src/x.ts', text)).toEqual([]);
  });
});

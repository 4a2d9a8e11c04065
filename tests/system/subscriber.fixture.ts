import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from './ofac.fixture.js';

const run = promisify(execFile);
const PAGE = 'docs/subscribing.md';

export type Subscriber = {
  /** Runs a program of the page as it stands there, and reads what it prints. */
  run<T>(program: string, ...words: string[]): Promise<T>;
  remove(): void;
};

/** The programs of docs/subscribing.md in a folder of their own, with Kafka's client beside. */
export function subscriberOfThePage(): Subscriber {
  const folder = mkdtempSync(path.join(tmpdir(), 'writ-subscriber-'));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const page = readFileSync(path.join(root, PAGE), 'utf8');
  for (const [, name = '', program = ''] of page.matchAll(/```js ([\w.-]+)\n([^]*?)\n```/g)) {
    writeFileSync(path.join(folder, name), program);
  }
  return {
    run: async <T>(program: string, ...words: string[]) => {
      const options = { maxBuffer: 16 * 1024 * 1024 };
      const { stdout } = await run(
        process.execPath,
        [path.join(folder, program), ...words],
        options,
      );
      return JSON.parse(stdout) as T;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

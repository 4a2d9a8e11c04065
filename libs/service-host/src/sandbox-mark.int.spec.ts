import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '@writ/local-servers';
import { claimSandbox } from './sandbox-mark.process.js';

const root = temporaryFolder('writ-sandbox-');
let next = 0;
const fresh = () => path.join(root, String(next++));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the mark of a sandbox', () => {
  it('is put on a fresh folder when asked for, and then asked for for good', () => {
    const folder = fresh();
    claimSandbox(folder, true);
    writeFileSync(path.join(folder, 'data'), '');
    claimSandbox(folder, true);
    expect(() => claimSandbox(folder, false)).toThrow('is a sandbox: start it with --sandbox');
  });

  it('is not put on a folder that holds data already', () => {
    const folder = fresh();
    claimSandbox(folder, false);
    claimSandbox(folder, false);
    mkdirSync(path.join(folder, 'postgres'));
    expect(() => claimSandbox(folder, true)).toThrow('--sandbox needs a fresh folder');
    claimSandbox(folder, false);
  });
});

import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** As far as the image can be checked without an engine that builds it. */
const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
const tracked = git('ls-files').trim().split('\n');

type Stage = { name: string; lines: string[] };

function stagesOf(dockerfile: string): Stage[] {
  const stages: Stage[] = [];
  for (const line of dockerfile.replaceAll('\\\n', ' ').split('\n')) {
    const name = /^FROM \S+ AS (\w+)$/.exec(line)?.[1];
    if (name !== undefined) stages.push({ name, lines: [] });
    else if (line !== '' && !line.startsWith('#')) stages.at(-1)?.lines.push(line);
  }
  return stages;
}

/** @returns what is copied from the build context */
const sourcesOf = ({ lines }: Stage) =>
  lines
    .filter((line) => /^COPY (?!--from)/.test(line))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));

/** @returns those of the sources that no tracked file stands behind */
const missing = (sources: readonly string[], files: readonly string[]) =>
  sources.filter((source) => !files.some((file) => `${file}/`.startsWith(`${source}/`)));

/** What .dockerignore keeps out, as far as this one goes: paths, and `**` before a name. */
function isIgnored(file: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const source = pattern.replace(/\*\*\/|\*|[.+]/g, (token) => {
      return token === '**/' ? '(.*/)?' : token === '*' ? '[^/]*' : `\\${token}`;
    });
    return new RegExp(`^${source}(/|$)`).test(file);
  });
}

const stages = stagesOf(read('deploy/Dockerfile'));
const ignored = read('.dockerignore')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

describe('deploy/Dockerfile', () => {
  it('copies only what is tracked, and what .dockerignore lets through', () => {
    const sources = stages.flatMap(sourcesOf);
    expect(sources.length).toBeGreaterThan(10);
    expect(missing(sources, tracked)).toEqual([]);
    expect(
      missing(
        sources,
        tracked.filter((file) => !isIgnored(file, ignored)),
      ),
    ).toEqual([]);
  });

  it('would be found to copy what is not there', () =>
    expect(missing(['libs', 'deploy/gone.mjs'], ['libs/law/package.json'])).toEqual([
      'deploy/gone.mjs',
    ]));

  it('has every workspace’s package.json before it installs', () => {
    const sources = sourcesOf(stages[0] ?? { name: '', lines: [] });
    const packages = tracked.filter((file) => /^[^.]*\/package\.json$/.test(file));
    const left = packages.filter(
      (file) => !sources.some((source) => `${file}/`.startsWith(`${source}/`)),
    );
    expect(left).toEqual([]);
  });

  it('takes into its last stage what was pruned of development, and installs nothing there', () => {
    const [build, run, ...more] = stages;
    expect([build?.name, run?.name, more]).toEqual(['build', 'run', []]);
    const commands = build?.lines.filter((line) => line.startsWith('RUN ')) ?? [];
    expect(commands.at(-1)).toMatch(/^RUN npm prune --omit=dev/);
    const installs = run?.lines.filter((line) => /\b(npm|npx|yarn|apt-get|curl)\b/.test(line));
    expect(installs).toEqual([]);
    expect(run?.lines).toContain('ENV NODE_ENV=production');
    expect(run?.lines).toContain('USER writ');
  });

  it('holds what the runbooks have run inside it', () => {
    const named = git('grep', '-ho', 'node deploy/[a-z-]*.mjs', '--', 'docs/runbooks');
    const scripts = new Set([...named.matchAll(/deploy\/\S+/g)].map(([script]) => script));
    expect([...scripts]).not.toEqual([]);
    const copied = sourcesOf(stages[1] ?? { name: '', lines: [] });
    expect([...scripts].filter((script) => !copied.includes(script))).toEqual([]);
  });
});

describe('secrets and old builds', () => {
  it.each(['.env', '.env.local', '.data/keys/alias', 'libs/law/dist/index.js', 'a.log'])(
    '%s is in neither the repository nor the image',
    (file) => {
      expect(git('check-ignore', '--no-index', file).trim()).toBe(file);
      expect(isIgnored(file, ignored)).toBe(true);
    },
  );

  it('leaves what the image is made of', () =>
    expect(isIgnored('libs/law/src/index.ts', ignored)).toBe(false));
});

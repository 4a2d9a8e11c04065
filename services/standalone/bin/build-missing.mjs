// Builds what is not built yet, with progress on stderr. Plain JavaScript: runs before any build.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * @param {string[]} projects tsconfig.build.json files, relative to the root; what they refer to is
 *   built too
 */
export async function buildMissing(projects) {
  const all = new Set();
  for (const project of projects) collect(join(ROOT, project), all);
  const stale = [...all].filter(isStale);
  if (stale.length === 0) return;
  const startedAt = new Date();
  await build(projects, all.size);
  // The compiler leaves the file as it is where nothing changed but a time.
  for (const project of all) utimesSync(builtInfo(project), startedAt, startedAt);
}

function builtInfo(project) {
  return join(dirname(project), 'dist', 'build.tsbuildinfo');
}

function collect(project, all) {
  if (all.has(project)) return;
  const { references = [] } = JSON.parse(readFileSync(project, 'utf8'));
  for (const { path } of references) collect(resolve(dirname(project), path), all);
  all.add(project);
}

/** As cheap as can be: a start that has nothing to build must not load the compiler. */
function isStale(project) {
  const info = builtInfo(project);
  if (!existsSync(info)) return true;
  const builtAt = statSync(info).mtimeMs;
  return [project, ...sources(join(dirname(project), 'src'))].some(
    (file) => statSync(file).mtimeMs > builtAt,
  );
}

function sources(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'),
    )
    .map((entry) => join(entry.parentPath, entry.name));
}

function build(projects, count) {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const child = spawn(
    process.execPath,
    [compiler, '-b', '--verbose', '--pretty', 'false', ...projects],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let seen = 0;
  let rest = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const project = /Project '([^']+)' is /.exec(line)?.[1];
      if (project) progress(++seen, count, relative('.', dirname(project)) || project);
      else if (/error TS\d+/.test(line)) process.stderr.write(`\n${line}\n`);
    }
  });
  return new Promise((settle, fail) => {
    child.once('error', fail);
    child.once('close', (code) => {
      if (process.stderr.isTTY) process.stderr.write('\n');
      if (code === 0) settle();
      else fail(new Error('the build failed'));
    });
  });
}

function progress(seen, count, project) {
  const line = `building ${Math.min(seen, count)}/${count} ${project}`;
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
}

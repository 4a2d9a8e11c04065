import type { Finding, Repository } from './repository.js';

type LineRule = {
  rule: string;
  files: RegExp;
  except?: RegExp;
  breaks: (line: string) => string | undefined;
};

const CODE = /\.(ts|mjs|cjs)$/;
const TIDY_ITSELF = /^tools\/tidy\//;

const LINE_RULES: LineRule[] = [
  {
    // Code is prettier's to break; what it leaves long is a text that is better left whole.
    rule: 'comments-fit',
    files: /\.(ts|mjs)$/,
    breaks: (line) =>
      line.length > 100 && /^\s*(\/\/|\/?\*)/.test(line) && !/https?:\/\//.test(line)
        ? 'over 100 columns'
        : undefined,
  },
  {
    rule: 'no-skipped-tests',
    files: /\.ts$/,
    except: TIDY_ITSELF,
    breaks: (line) =>
      /\b(it|test|describe)\.(skip|only|todo)\b|\bx(it|describe)\(|\bfdescribe\(/.test(line)
        ? 'a test on main runs'
        : undefined,
  },
  {
    // While a connection is out its pool does not listen: an error nobody hears ends the process.
    rule: 'connections-are-checked-out',
    files: /^(services|libs|cli)\/.*\.ts$/,
    except:
      /\.(spec|fixture)\.ts$|^libs\/(service-host\/src\/pool|exchange\/src\/transaction)\.postgres\.ts$/,
    breaks: (line) =>
      /\b(\w*pool|reader|writer)\.connect\(\)/i.test(line)
        ? 'checkOut and giveBack, or inTransaction'
        : undefined,
  },
  {
    rule: 'todos-have-a-number',
    files: CODE,
    except: TIDY_ITSELF,
    breaks: (line) =>
      /\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))/.test(line) ? 'TODO(#n) or nothing' : undefined,
  },
  {
    rule: 'no-machine-paths',
    files: /.*/,
    except: /^tools\/tidy\/|^package-lock\.json$/,
    breaks: (line) =>
      /(^|["'`\s=(])\/(home|root|work|Users)\/[\w.-]+/.test(line)
        ? 'a path of one machine'
        : undefined,
  },
  {
    rule: 'no-registry-addresses',
    files: /^package-lock\.json$|^\.npmrc$/,
    breaks: (line) =>
      /"resolved": "http|registry=http/.test(line) ? 'a download address' : undefined,
  },
  {
    rule: 'no-secrets',
    files: /.*/,
    except: TIDY_ITSELF,
    breaks: (line) =>
      /-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}/.test(line) ? 'a secret' : undefined,
  },
];

/** Rules that read one line at a time. */
export function linesAreInOrder({ files }: Repository): Finding[] {
  const findings: Finding[] = [];
  for (const [file, text] of files) {
    const rules = LINE_RULES.filter((rule) => rule.files.test(file) && !rule.except?.test(file));
    if (rules.length === 0) continue;
    text.split('\n').forEach((line, index) => {
      for (const { rule, breaks } of rules) {
        const says = breaks(line);
        if (says !== undefined) findings.push({ rule, file, line: index + 1, says });
      }
    });
  }
  return findings;
}

/** A suite that cannot run here says so in one loud line, and counts as skipped. */
export function skipsAreLoud({ files }: Repository): Finding[] {
  return (
    [...files]
      .filter(([file, text]) => file.endsWith('.ts') && !TIDY_ITSELF.test(file) && SKIPS.test(text))
      // What the testkit's publicData does not find, it says loudly itself.
      .filter(([, text]) => !/SKIPPED|\bpublicData\(/.test(text))
      .map(([file]) => ({ rule: 'skips-are-loud', file, says: 'no loud line says SKIPPED' }))
  );
}

const SKIPS = /\b(it|test|describe)\['skip'\]/;

/** Files stay under 400 lines; specs and generated files may be longer. */
export function filesAreShort({ files }: Repository): Finding[] {
  return [...files]
    .filter(([file]) => /\.(ts|mjs)$/.test(file) && !/\.(spec|contract|generated)\.ts$/.test(file))
    .map(([file, text]) => ({ file, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > 400)
    .map(({ file, lines }) => ({ rule: 'files-are-short', file, says: `${lines} lines` }));
}

/** One page, one title. */
export function onePageOneTitle({ files }: Repository): Finding[] {
  return [...files]
    .filter(([file]) => file.endsWith('.md'))
    .map(([file, text]) => ({ file, titles: titlesOf(text) }))
    .filter(({ titles }) => titles !== 1)
    .map(({ file, titles }) => ({ rule: 'one-page-one-title', file, says: `${titles} H1` }));
}

function titlesOf(markdown: string): number {
  return withoutFences(markdown).filter((line) => /^# /.test(line)).length;
}

function withoutFences(markdown: string): string[] {
  let inside = false;
  return markdown.split('\n').filter((line) => {
    if (/^\s*```/.test(line)) inside = !inside;
    return !inside;
  });
}

/** A relative link in a page leads to a file of the repository. */
export function linksResolve({ files }: Repository): Finding[] {
  const findings: Finding[] = [];
  const folders = new Set<string>();
  for (const file of files.keys()) {
    const parts = file.split('/');
    for (let n = 1; n < parts.length; n++) folders.add(parts.slice(0, n).join('/'));
  }
  for (const [file, text] of files) {
    if (!file.endsWith('.md')) continue;
    for (const [, target] of withoutFences(text)
      .join('\n')
      .matchAll(/\]\(([^)\s]+)\)/g)) {
      if (target === undefined || /^(https?:|mailto:|#)/.test(target)) continue;
      const reached = new URL(target.split('#')[0] ?? '', `file:///${file}`).pathname.slice(1);
      const path = decodeURIComponent(reached).replace(/\/$/, '');
      if (!files.has(path) && !folders.has(path)) {
        findings.push({ rule: 'links-resolve', file, says: `${target} leads nowhere` });
      }
    }
  }
  return findings;
}

/** A lock that lacks a platform's optional package is refused by `npm ci` elsewhere. */
export function lockIsWhole({ files }: Repository): Finding[] {
  const text = files.get('package-lock.json');
  if (text === undefined) return [];
  type Locked = { optionalDependencies?: Record<string, string> };
  const { packages } = JSON.parse(text) as { packages: Record<string, Locked> };
  const names = new Set(Object.keys(packages).map((key) => key.split('node_modules/').pop()));
  return Object.entries(packages).flatMap(([key, locked]) =>
    Object.keys(locked.optionalDependencies ?? {})
      .filter((name) => !names.has(name))
      .map((name) => ({
        rule: 'lock-is-whole',
        file: 'package-lock.json',
        says: `${key} lacks ${name}`,
      })),
  );
}

import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** One way a secret could have been written down. */
export type Needle = { secret: string; form: string; bytes: Buffer };

/** Every form that is searched for: see docs on leaks. Base64 in its three alignments. */
export function needlesOf(secret: string): Needle[] {
  const plain = Buffer.from(secret, 'utf8');
  const digest = createHash('sha256').update(plain).digest();
  const forms: [string, Buffer | string][] = [
    ['plain', plain],
    ['json', JSON.stringify(secret).slice(1, -1)],
    ['json-ascii', asciiJson(secret)],
    ['url', encodeURIComponent(secret)],
    ['hex', plain.toString('hex')],
    ['hex-upper', plain.toString('hex').toUpperCase()],
    ['sha256-raw', digest],
    ['sha256-hex', digest.toString('hex')],
    ['sha256-base64', digest.toString('base64').replace(/=+$/, '')],
    ['sha256-base64url', digest.toString('base64url')],
    ...base64Forms(plain),
  ];
  return forms.map(([form, text]) => ({
    secret,
    form,
    bytes: typeof text === 'string' ? Buffer.from(text, 'utf8') : text,
  }));
}

function asciiJson(text: string): string {
  return [...text]
    .flatMap((char) => char.split(''))
    .map((unit) => {
      const code = unit.charCodeAt(0);
      return code < 128 ? unit : `\\u${code.toString(16).padStart(4, '0')}`;
    })
    .join('');
}

/** What stays the same of the base64 text whatever stands before and behind. */
function base64Forms(plain: Buffer): [string, string][] {
  return [0, 1, 2].map((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), plain]);
    const skip = offset === 0 ? 0 : offset + 1;
    const text = padded.toString('base64').replace(/=+$/, '');
    // The last characters hang on what follows; the first on what stood before.
    return [`base64+${offset}`, text.slice(skip, -2)];
  });
}

/** @returns the forms found in a text or a buffer */
export function found(needles: readonly Needle[], haystack: Buffer | string): string[] {
  const bytes = typeof haystack === 'string' ? Buffer.from(haystack, 'utf8') : haystack;
  return needles.filter((needle) => bytes.includes(needle.bytes)).map(({ form }) => form);
}

/** @returns every file below a folder, except what cannot be read any more */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

const NOTHING = Buffer.alloc(8 << 20);

const isEmpty = (bytes: Buffer) =>
  bytes.length <= NOTHING.length && bytes.equals(NOTHING.subarray(0, bytes.length));

/** Forms found in a file, read in pieces that overlap by the longest needle. */
export async function foundInFile(needles: readonly Needle[], file: string): Promise<string[]> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return [];
  const overlap = Math.max(...needles.map(({ bytes }) => bytes.length));
  const hits = new Set<string>();
  let tail: Buffer = Buffer.alloc(0);
  for await (const piece of createReadStream(file, { highWaterMark: 4 << 20 })) {
    const window = Buffer.concat([tail, piece as Buffer]);
    // Most of what servers set aside beforehand is empty.
    if (!isEmpty(window)) for (const form of found(needles, window)) hits.add(form);
    tail = window.subarray(Math.max(0, window.length - overlap));
  }
  return [...hits];
}

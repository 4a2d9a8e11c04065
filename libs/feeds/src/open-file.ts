import type { SourceFile } from './dated-copy.js';
import type { FeedDescription } from './description-schema.js';
import type { ImportRequest } from './import-body.js';
import { decodeText, type FileRefusal } from './source-table.js';
import { unpack } from './unpack.js';

/**
 * A source's file as text.
 *
 * @param bytesMax largest source, unpacked; absent: 256 MiB
 */
export async function openFile(
  { name, bytes, observedAt }: ImportRequest['file'],
  { encoding }: Pick<FeedDescription, 'encoding'>,
  bytesMax?: number,
): Promise<{ ok: true; file: SourceFile } | { ok: false; reason: FileRefusal }> {
  const unpacked = await unpack(name, bytes, bytesMax);
  if (!unpacked.ok) return unpacked;
  const decoded = decodeText(unpacked.bytes, encoding);
  if (!decoded.ok) return decoded;
  const file = { name, digest: unpacked.digest, text: decoded.text };
  return { ok: true, file: observedAt === undefined ? file : { ...file, observedAt } };
}

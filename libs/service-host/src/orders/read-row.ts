import { pointerPart } from '../json-pointer.js';
import { Problem } from '../problem.js';

/** A row of a batch as far as it can be read: its id, if it has one, and what is at fault. */
export type ReadRow =
  { id: string; type: unknown; data: unknown } | { id?: string; problem: Problem };

const ID = /^[!-~]{1,200}$/;
const MEMBERS = new Set(['id', 'type', 'data']);

/** Reads a row: {id, type, data}, and nothing beside it. */
export function readRow(row: unknown): ReadRow {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    return { problem: new Problem(400, 'row_is_malformed', '') };
  }
  const { id, type, data } = row as Record<string, unknown>;
  if (id === undefined) return { problem: new Problem(400, 'id_is_missing', '/id') };
  if (typeof id !== 'string' || !ID.test(id)) {
    return { problem: new Problem(400, 'id_is_malformed', '/id') };
  }
  const unknown = Object.keys(row).find((name) => !MEMBERS.has(name));
  if (unknown === undefined) return { id, type, data };
  return { id, problem: new Problem(400, 'field_is_unknown', `/${pointerPart(unknown)}`) };
}

/** Where what HTTP names stands in a row; what stands beside the rows keeps its name. */
export function fieldInRow(field: string): string {
  if (field === '/headers/idempotency-key') return '/id';
  if (field.startsWith('/headers/')) return field;
  return field.startsWith('/path/') ? `/data${field.slice('/path'.length)}` : `/data${field}`;
}

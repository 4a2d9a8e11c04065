import type { Json } from './system.fixture.js';

type Schema = {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
};

/** As much of OpenAPI as is looked at here. */
export type OpenApi = {
  paths: Record<string, { get?: object; post?: { requestBody?: { content: Content } } }>;
  components: { schemas: Record<string, Schema> };
};
type Content = Record<string, { schema: Schema }>;

/** A body that would be served but for one member, and where that is. */
export type Spoilt = { how: 'dropped' | 'null'; pointer: string; body: Json };

/**
 * Every way to leave out one required member of a body, and to send null for one that is
 * documented, required or not.
 *
 * @param body one that would be served; members it does not have are still sent as null
 */
export function spoiltBodies(document: OpenApi, path: string, body: Json): Spoilt[] {
  const content = document.paths[path]?.post?.requestBody?.content;
  const schema = content?.['application/json']?.schema;
  const spoilt: Spoilt[] = [];
  // Of a body that the document says nothing of, what a good one has is taken for required.
  const keys = Object.keys(body);
  const assumed = { properties: Object.fromEntries(keys.map((key) => [key, {}])), required: keys };
  walk(document, schema ?? assumed, body, '', (how, pointer, value) => {
    spoilt.push({ how, pointer, body: value as Json });
  });
  return spoilt;
}

/** Hands on one spoilt copy after the other of what it walks through. */
type Say = (how: Spoilt['how'], pointer: string, spoilt: unknown) => void;

function walk(document: OpenApi, given: Schema, value: unknown, at: string, say: Say): void {
  const schema = alternative(document, resolved(document, given), value);
  if (Array.isArray(value)) {
    const [first, ...rest] = value as unknown[];
    if (first === undefined) return;
    say('null', `${at}/0`, [null, ...rest]);
    const within: Say = (how, pointer, one) => say(how, pointer, [one, ...rest]);
    return walk(document, schema.items ?? {}, first, `${at}/0`, within);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const pointer = `${at}/${name}`;
    if (!takesNull(resolved(document, member))) say('null', pointer, { ...value, [name]: null });
    if (!(name in value)) continue;
    const { [name]: own, ...others } = value as Json;
    if (schema.required?.includes(name)) say('dropped', pointer, others);
    walk(document, member, own, pointer, (how, where, one) =>
      say(how, where, { ...value, [name]: one }),
    );
  }
}

/** Of a body that takes several forms, the one this value has. */
function alternative(document: OpenApi, schema: Schema, value: unknown): Schema {
  const forms = schema.oneOf ?? schema.anyOf;
  if (!forms || typeof value !== 'object' || value === null) return schema;
  const names = Object.keys(value);
  const fits = forms
    .map((form) => resolved(document, form))
    .find(({ properties = {} }) => names.every((name) => name in properties));
  return fits ?? schema;
}

function resolved(document: OpenApi, schema: Schema): Schema {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/components/schemas/', '');
    return resolved(document, document.components.schemas[name] ?? {});
  }
  const [only] = schema.allOf ?? [];
  return only && schema.allOf?.length === 1 ? resolved(document, only) : schema;
}

function takesNull({ type }: Schema): boolean {
  return type === 'null' || (Array.isArray(type) && type.includes('null'));
}

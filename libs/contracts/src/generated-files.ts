import { stringify } from 'yaml';
import { asyncApiDocument, type Catalogue } from './asyncapi.js';
import { ORDERS } from './orders/catalogue.js';

const PAGE_HEAD = `# @writ/contracts

The facts: what is recorded in a ledger is what others read, the same bytes. Per type and version
one closed JSON Schema (\`schemas/\`) and one golden JSON (\`golden/\`); Kafka: \`asyncapi.yaml\`.
Orders (what is asked, over Kafka or in batches) have theirs in \`orders/\`: docs/intake.md.
A new version only adds optional fields; readers accept every version for as long as history is
replayed. This page and those files are written by \`npm run contracts\`.

| Fact | Says |
|---|---|
`;

/** The catalogue as a page, one line per fact. */
export function cataloguePage(catalogue: Catalogue): string {
  const lines = Object.entries(catalogue).map(([type, line]) => {
    const concerns = line.subject === 'required' ? '' : ' (concerns no subject)';
    return `| \`${type}\` | ${line.summary}${concerns} |\n`;
  });
  return PAGE_HEAD + lines.join('');
}

/**
 * Every file that follows from the catalogue.
 *
 * @returns path within this package → content
 */
export function generatedFiles(catalogue: Catalogue, version: string): Map<string, string> {
  const schemas = Object.entries(catalogue).map(([type, { schema, summary }]): [string, string] => {
    return [`schemas/${type}.json`, schemaFile(`urn:writ:fact:${type}`, summary, schema)];
  });
  const orders = Object.entries(ORDERS).map(([type, { data, summary }]): [string, string] => {
    return [`orders/${type}.json`, schemaFile(`urn:writ:order:${type}`, summary, data)];
  });
  const asyncApi = stringify(asyncApiDocument(catalogue, version), {
    aliasDuplicateObjects: false,
    lineWidth: 100,
  });
  return new Map([
    ...schemas,
    ...orders,
    ['asyncapi.yaml', asyncApi],
    ['README.md', cataloguePage(catalogue)],
  ]);
}

function schemaFile($id: string, title: string, schema: object): string {
  const $schema = 'http://json-schema.org/draft-07/schema#';
  return `${JSON.stringify({ $schema, $id, title, ...schema }, null, 2)}\n`;
}

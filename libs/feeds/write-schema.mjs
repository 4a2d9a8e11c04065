// Writes feed.schema.json from the schema in src: `npm run schema -w @writ/feeds`.
import { writeFileSync } from 'node:fs';
import { FeedDescriptionSchema } from './dist/description-schema.js';

const published = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'feed.json: a source that a feed takes in',
  ...FeedDescriptionSchema,
};
const target = new URL('feed.schema.json', import.meta.url);
writeFileSync(target, `${JSON.stringify(published, null, 2)}\n`);

import type { ServiceDefinition } from '@writ/service-host';
import { FeedKeys1795900000000 } from './migrations/1795900000000-feed-keys.migration.js';
import { Feeds1795300000000 } from './migrations/1795300000000-feeds.migration.js';
import { RegulatoryModule } from './regulatory.module.js';

/** A snapshot of 50 MB as base64, with its description. */
const IMPORT_BODY_BYTES_MAX = 80 * 1024 * 1024;

export const regulatoryService: ServiceDefinition = {
  name: 'regulatory',
  ledger: 'regulatory',
  migrations: [Feeds1795300000000, FeedKeys1795900000000],
  bodyLimits: { '/regulatory/v1/feeds/:list/imports': IMPORT_BODY_BYTES_MAX },
  module: (host) => RegulatoryModule.register(host),
};

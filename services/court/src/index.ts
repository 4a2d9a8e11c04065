import type { ServiceDefinition } from '@writ/service-host';
import { CourtModule } from './court.module.js';
import { FeedKeys1796000000000 } from './migrations/1796000000000-feed-keys.migration.js';

/** A copy of 50 MB as base64, with its description. */
const IMPORT_BODY_BYTES_MAX = 80 * 1024 * 1024;

/** The court: records who is listed, what is performed, and when a listing ends. */
export const courtService: ServiceDefinition = {
  name: 'court',
  ledger: 'court',
  migrations: [FeedKeys1796000000000],
  bodyLimits: { '/court/v1/feeds/:list/imports': IMPORT_BODY_BYTES_MAX },
  module: (host) => CourtModule.register(host),
};

import type { ServiceDefinition } from '@writ/service-host';
import { IdentityModule } from './identity.module.js';
import { Identity1790000000001 } from './migrations/0001-identity.migration.js';
import { Erasure1790000000002 } from './migrations/0002-erasure.migration.js';

/** Who is who: the only service that holds names, numbers and texts. */
export const identityService: ServiceDefinition = {
  name: 'identity',
  migrations: [Identity1790000000001, Erasure1790000000002],
  bodyLimits: {
    '/identity/v1/resolve': 16 * 1024 * 1024,
    '/identity/v1/texts': 16 * 1024 * 1024,
  },
  module: (host) => IdentityModule.register(host),
};

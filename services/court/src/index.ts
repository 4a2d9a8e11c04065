import type { ServiceDefinition } from '@writ/service-host';
import { CourtModule } from './court.module.js';

/** The court: records who is listed, what is performed, and when a listing ends. */
export const courtService: ServiceDefinition = {
  name: 'court',
  ledger: 'court',
  module: (host) => CourtModule.register(host),
};

import { courtService } from '@writ/court';
import { enforcementService } from '@writ/enforcement';
import { identityService } from '@writ/identity';
import { projectionService } from '@writ/projection';
import { regulatoryService } from '@writ/regulatory';
import type { ServiceDefinition } from '@writ/service-host';

/** In the order in which one process starts them: who is asked comes before who asks. */
export const SERVICE_DEFINITIONS: readonly ServiceDefinition[] = [
  identityService,
  regulatoryService,
  courtService,
  enforcementService,
  projectionService,
];

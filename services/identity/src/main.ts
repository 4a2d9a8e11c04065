import { runService } from '@writ/service-host';
import { identityService } from './index.js';

await runService(identityService);

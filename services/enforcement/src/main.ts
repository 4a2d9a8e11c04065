import { runService } from '@writ/service-host';
import { enforcementService } from './enforcement.module.js';

await runService(enforcementService);

import { runService } from '@writ/service-host';
import { regulatoryService } from './index.js';

await runService(regulatoryService);

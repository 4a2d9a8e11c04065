import { runService } from '@writ/service-host';
import { projectionService } from './index.js';

await runService(projectionService);

import { runService } from '@writ/service-host';
import { courtService } from './index.js';

await runService(courtService);

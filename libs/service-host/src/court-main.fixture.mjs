// A service with a ledger and nothing else, as its own process; runs on the built library.
import { runService } from '@writ/service-host';

await runService({ name: 'court', ledger: 'court', module: () => ({ module: class Empty {} }) });

export type { RunningService, RunningSystem, SystemOptions } from './running-system.js';
export { startStack, type StackOptions } from './stack.process.js';
export { startStandalone } from './standalone.process.js';
export { copyKeys, keyPrints } from './backup/keys.process.js';
export { BackupRefused } from './backup/manifest.js';
export { openOwned } from './backup/owners.process.js';
export { checkBackup, restoreBackup } from './backup/restore-backup.postgres.js';
export { takeBackup, type Owners } from './backup/take-backup.postgres.js';
export { EpochRefused, openEpoch } from '@writ/ledger';

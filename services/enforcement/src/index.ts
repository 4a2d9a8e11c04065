export { EnforcementModule, enforcementService } from './enforcement.module.js';
export { rereadSource } from './reread.postgres.js';

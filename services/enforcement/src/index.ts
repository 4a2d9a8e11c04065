export { EnforcementModule, enforcementService } from './enforcement.module.js';

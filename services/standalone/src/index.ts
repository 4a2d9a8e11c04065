export type { RunningService, RunningSystem, SystemOptions } from './running-system.js';
export { startStack, type StackOptions } from './stack.process.js';
export { startStandalone } from './standalone.process.js';

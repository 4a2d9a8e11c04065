export * from './command.controller.js';
export * from './command-context.js';
export * from './config.js';
export * from './identity.client.js';
export * from './metrics.process.js';
export * from './problem.js';
export * from './receipt.js';
export * from './service.js';

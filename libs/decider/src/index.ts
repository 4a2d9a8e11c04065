export * from './decision.js';
export * from './handle.js';

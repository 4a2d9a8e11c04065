export * from './legal-time.js';
export * from './money.js';

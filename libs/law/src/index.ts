export * from './duration.js';
export * from './legal-time.js';
export * from './minimum.js';
export * from './memorandum-rows.js';
export * from './money.js';
export * from './rule-pack.js';

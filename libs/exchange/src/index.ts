export * from './embedded-source.embedded.js';
export * from './fact-source.js';
export * from './join-on.js';
export * from './place-store.postgres.js';

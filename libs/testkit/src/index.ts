export * from './fixed.js';
export * from './scenario.js';
export { testPostgres, type FreshDatabase, type TestPostgres } from './test-postgres.process.js';
export { publicData } from './public-data.process.js';

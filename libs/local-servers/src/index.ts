export * from './kafka-broker.process.js';
export { kafkaClassPath, startKafka, type LocalKafka } from './kafka-local.process.js';
export { defaultDataFolder, openDataFolder, temporaryFolder } from './folders.process.js';
export { startPostgres, type PostgresOptions, type PostgresServer } from './postgres.process.js';
export { DATABASE_ROLES, grantStatements, type DatabaseRole } from './grants.js';
export { provisionDatabase, type DatabaseUrls } from './provision.postgres.js';

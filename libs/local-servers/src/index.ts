export * from './kafka-broker.process.js';
export { startKafka, type LocalKafka } from './kafka-local.process.js';

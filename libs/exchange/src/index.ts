export * from './fact-source.js';

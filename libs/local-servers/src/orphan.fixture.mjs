// Run by a test as a process of its own: starts a server, says so, and is killed.
import { startPostgres } from '../dist/index.js';

const server = await startPostgres({ dataDirectory: process.argv[2], fsync: false });
process.stdout.write(`${server.pid}\n`);
setInterval(() => {}, 60_000);

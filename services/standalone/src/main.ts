import { launch } from './launch.process.js';
import { startStandalone } from './standalone.process.js';

await launch(startStandalone, 'standalone');

import { launch } from './launch.process.js';
import { startStack } from './stack.process.js';

await launch(startStack, 'stack');

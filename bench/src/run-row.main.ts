import type { Measure, RowContext } from './row-file.js';

/** One row file in its own process: whatever it breaks ends with it. */
const [, , file = '', settings = '{}'] = process.argv;
const given = JSON.parse(settings) as Pick<RowContext, 'quick' | 'rounds' | 'root'>;
const context: RowContext = {
  ...given,
  note: (line) => void process.stderr.write(`  ${file}: ${line}\n`),
  done: (row) => void process.send?.({ row }),
};
const { measure } = (await import(`./rows/${file}.bench.js`)) as { measure: Measure };
try {
  await measure(context);
  process.exitCode = 0;
} catch (error) {
  process.stderr.write(`${String((error as Error).stack ?? error)}\n`);
  process.send?.({ error: String(error).split('\n')[0] });
  process.exitCode = 1;
}
// What a row leaves open must not keep the bench waiting.
setTimeout(() => process.exit(), 2_000).unref();
process.disconnect?.();

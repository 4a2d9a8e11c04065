import preset from '../jest.preset.mjs';

// Whole systems start, die and come back here.
export default { ...preset(import.meta.dirname), testTimeout: 600_000 };

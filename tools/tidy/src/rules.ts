import type { Finding, Repository } from './repository.js';
import { exportedFunctionsAreDocumented, noClassWithOneMethod } from './syntax-rules.js';
import {
  filesAreShort,
  linesAreInOrder,
  linksResolve,
  lockIsWhole,
  onePageOneTitle,
  skipsAreLoud,
} from './text-rules.js';
import {
  everyContractHasAGolden,
  everyProjectIsTagged,
  namesSayWhatTheyAre,
  noBarrels,
  noFolderWithOneFile,
  noLargeFiles,
  projectsDependDownwards,
} from './tree-rules.js';

/** Every house rule that is not a lint rule. Each has a fixture that breaks it. */
export const RULES: readonly ((repository: Repository) => Finding[])[] = [
  namesSayWhatTheyAre,
  noBarrels,
  noFolderWithOneFile,
  everyProjectIsTagged,
  projectsDependDownwards,
  noLargeFiles,
  everyContractHasAGolden,
  linesAreInOrder,
  skipsAreLoud,
  filesAreShort,
  onePageOneTitle,
  linksResolve,
  lockIsWhole,
  noClassWithOneMethod,
  exportedFunctionsAreDocumented,
];

import ts from 'typescript';
import type { Finding, Repository } from './repository.js';

const NEST_ROLE =
  /\.(controller|module|filter|guard|interceptor|migration|strategy|entity|dto)\.ts$/;

/** A class whose only method is `execute`, whatever it is called, is a function. */
export function noClassWithOneMethod({ files }: Repository): Finding[] {
  const findings: Finding[] = [];
  for (const [file, source] of sources(files)) {
    if (NEST_ROLE.test(file)) continue;
    visit(source, (node) => {
      // A decorated class has a role in Nest, wherever it stands.
      if (!ts.isClassDeclaration(node) || ts.getDecorators(node)?.length) return;
      const extendsClass = node.heritageClauses?.some(
        (clause) => clause.token === ts.SyntaxKind.ExtendsKeyword,
      );
      const methods = node.members.filter((member) => ts.isMethodDeclaration(member));
      if (methods.length === 1 && extendsClass !== true) {
        findings.push({
          rule: 'no-class-with-one-method',
          file,
          line: lineOf(source, node),
          says: `${node.name?.text ?? 'a class'} is a function`,
        });
      }
    });
  }
  return findings;
}

/** What a lib exports says what it does, its units and its errors. */
export function exportedFunctionsAreDocumented({ files }: Repository): Finding[] {
  const findings: Finding[] = [];
  for (const [file, source] of sources(files)) {
    if (!/^libs\/[^/]+\/src\//.test(file) || /\.(spec|contract|fixture)\.ts$/.test(file)) continue;
    for (const node of source.statements) {
      if (!ts.isFunctionDeclaration(node) || node.name === undefined) continue;
      const exported = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      if (exported === true && ts.getJSDocCommentsAndTags(node).length === 0) {
        findings.push({
          rule: 'exported-functions-are-documented',
          file,
          line: lineOf(source, node),
          says: node.name.text,
        });
      }
    }
  }
  return findings;
}

function* sources(files: ReadonlyMap<string, string>): Generator<[string, ts.SourceFile]> {
  for (const [file, text] of files) {
    if (!file.endsWith('.ts') || file.includes('/fixtures/')) continue;
    yield [file, ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true)];
  }
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
}

/**
 * `node scripts/check-docs.mjs`: do the pages still tell the truth? Part of `npm run verify`.
 *
 * A. A relative link leads to a file that exists, and its `#anchor` to a heading of that page. So does a path of this
 *    repository in backticks (`packages/core/src/index.ts`); write `<name>` in those that stand for many.
 * B. A block after `<!-- example: examples/01-hello.ts -->` is, word for word, what stands between `// begin-example` and
 *    `// end-example` in that file. `--write` cuts the blocks anew.
 * C. Each code of the catalogue has a heading in docs/errors.md, and each heading that looks like a code is in the catalogue.
 * D. Each ```ts block of README.md and docs/ compiles, as a module of its own. One that is only a sketch is ```text.
 *
 * Boundary: the functions that find problems take text and give text; only `main` reads, writes and calls the compiler.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheDirectory, compilers, root } from './run-command.mjs';

/** Everything in a page that a check looks at, with line numbers from 1. Nothing inside a fenced block is a link or a heading. */
export function readPage(path, text) {
  const page = { path, text, links: [], paths: [], headings: [], blocks: [] };
  let open;
  let marker;
  for (const [index, line] of text.split('\n').entries()) {
    const number = index + 1;
    const fence = /^(\s*)(`{3,}|~{3,})\s*(.*)$/.exec(line);
    if (open) {
      if (fence && fence[3] === '' && fence[2].startsWith(open.fence)) {
        page.blocks.push({ ...open, endLine: number });
        open = undefined;
      } else {
        open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart());
      }
      continue;
    }
    if (fence) {
      open = { line: number, indent: fence[1], fence: fence[2], language: fence[3].trim(), lines: [], example: marker };
      marker = undefined;
      continue;
    }
    const example = /^\s*<!--\s*example:\s*(\S+)\s*-->\s*$/.exec(line);
    if (example) marker = example[1];
    else if (line.trim() !== '') marker = undefined;
    const heading = /^#{1,6}\s+(.*?)\s*#*\s*$/.exec(line);
    if (heading) page.headings.push(heading[1]);
    for (const [, path] of line.matchAll(
      /`((?:packages|examples|docs|scripts|benchmarks|integration|\.ci)\/[\w./-]*)`/g,
    )) {
      page.paths.push({ line: number, target: path });
    }
    const prose = line.replaceAll(/`[^`]*`/g, '``');
    for (const [, target] of prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)) {
      page.links.push({ line: number, target });
    }
    const definition = /^\s*\[[^\]]+\]:\s*<?([^\s>]+)>?/.exec(prose);
    if (definition) page.links.push({ line: number, target: definition[1] });
  }
  if (open) page.blocks.push({ ...open, endLine: undefined });
  return page;
}

/** The anchor that GitHub gives to a heading. */
export function anchorOf(heading) {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

/** Invariant A. `exists` is asked with paths from the root, with `/`. */
export function linkProblems(pages, exists) {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  const problems = [];
  for (const page of pages) {
    for (const { line, target } of page.links) {
      if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
      const [file, anchor] = decodeURI(target).split('#');
      const path = file === '' ? page.path : posix.normalize(posix.join(posix.dirname(page.path), file));
      if (!exists(path)) problems.push(`${page.path}:${line}: the link ${target} leads nowhere`);
      else if (anchor !== undefined && byPath.has(path) && !anchorsOf(byPath.get(path)).has(anchor)) {
        problems.push(`${page.path}:${line}: ${path} has no heading for #${anchor}`);
      }
    }
    for (const { line, target } of page.paths) {
      if (!target.includes('/dist') && !exists(target)) problems.push(`${page.path}:${line}: ${target} does not exist`);
    }
    for (const { line, endLine } of page.blocks) {
      if (endLine === undefined) problems.push(`${page.path}:${line}: this code block is never closed`);
    }
  }
  return problems;
}

function anchorsOf(page) {
  const anchors = new Set();
  for (const heading of page.headings) {
    const anchor = anchorOf(heading);
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  for (const [, id] of page.text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** The marked region of an example without its indentation; undefined where it has none. */
export function cutExample(source) {
  const lines = source.split('\n');
  const begin = lines.findIndex((line) => line.trim() === '// begin-example');
  const end = lines.findIndex((line) => line.trim() === '// end-example');
  if (begin === -1 || end <= begin) return undefined;
  const region = lines.slice(begin + 1, end);
  const indents = region.filter((line) => line.trim() !== '').map((line) => /^\s*/.exec(line)[0].length);
  return region
    .map((line) => line.slice(Math.min(...indents)).trimEnd())
    .join('\n')
    .trim();
}

/** Invariant B. `read` gives the text of a file, or undefined. */
export function cutProblems(pages, read) {
  return pages.flatMap((page) =>
    page.blocks.flatMap((block) => {
      if (block.example === undefined) return [];
      const source = read(block.example);
      const cut = source === undefined ? undefined : cutExample(source);
      const where = `${page.path}:${block.line}`;
      if (source === undefined) return [`${where}: ${block.example} does not exist`];
      if (cut === undefined) return [`${where}: ${block.example} has no region // begin-example … // end-example`];
      if (cut === block.lines.join('\n').trim()) return [];
      return [`${where}: differs from ${block.example}; run node scripts/check-docs.mjs --write`];
    }),
  );
}

/** The page with its blocks cut anew. */
export function cutAnew(page, read) {
  const lines = page.text.split('\n');
  for (const block of page.blocks.toReversed()) {
    const source = block.example === undefined ? undefined : read(block.example);
    const cut = source === undefined ? undefined : cutExample(source);
    if (cut === undefined || block.endLine === undefined) continue;
    const indented = cut.split('\n').map((line) => (line === '' ? '' : block.indent + line));
    lines.splice(block.line, block.endLine - block.line - 1, ...indented);
  }
  return lines.join('\n');
}

/** Invariant C. */
export function codeProblems(codes, errorsPage) {
  if (errorsPage === undefined) return ['docs/errors.md does not exist: each error message leads there'];
  const headings = errorsPage.headings.map((heading) => heading.replaceAll('`', ''));
  const missing = codes.filter((code) => !headings.includes(code));
  const unknown = headings.filter(
    (heading) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(heading) && !codes.includes(heading),
  );
  return [
    ...missing.map(
      (code) => `docs/errors.md: no heading for ${code}, which packages/core/src/errors/error-codes.ts lists`,
    ),
    ...unknown.map((code) => `docs/errors.md: ${code} is not in packages/core/src/errors/error-codes.ts`),
  ];
}

/** Invariant D. Each block is compiled at its own line of a file named after its page, so that messages point at the page. */
function compileProblems(pages) {
  const directory = cacheDirectory('docs');
  rmSync(directory, { recursive: true, force: true });
  const files = [];
  for (const page of pages.filter(({ path }) => path === 'README.md' || path.startsWith('docs/'))) {
    for (const block of page.blocks) {
      if (!/^(ts|typescript)$/.test(block.language)) continue;
      const file = `${page.path}.${block.line}.ts`;
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      writeFileSync(join(directory, file), `${'\n'.repeat(block.line)}${block.lines.join('\n')}\nexport {};\n`);
      files.push(file);
    }
  }
  if (files.length === 0) return [];
  const options = { noEmit: true, noUnusedLocals: false, noUnusedParameters: false, rootDir: root };
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions: options, files, include: [], exclude: [] }),
  );
  const compiler = join(root, compilers[6]);
  const { stdout, status } = spawnSync(process.execPath, [compiler, '-p', '.', '--pretty', 'false'], {
    cwd: directory,
    encoding: 'utf8',
  });
  if (status === 0) return [];
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(\S+)\.\d+\.ts\((\d+),(\d+)\)/, '$1:$2:$3'));
}

async function readCodes(path) {
  if (!existsSync(path)) return undefined;
  const { transformSync } = await import('esbuild');
  const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts', format: 'esm' });
  const { ERROR_CODES } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return Object.keys(ERROR_CODES);
}

function findPages(directory = root) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory())
      return ['node_modules', 'dist', 'coverage', 'api', 'licence-report', '.git'].includes(entry.name)
        ? []
        : findPages(path);
    return entry.name.endsWith('.md') ? [relative(root, path).split(sep).join('/')] : [];
  });
}

async function main() {
  const read = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
  if (process.argv.includes('--write')) {
    for (const path of findPages()) {
      const anew = cutAnew(readPage(path, read(path)), read);
      if (anew !== read(path)) writeFileSync(join(root, path), anew);
    }
  }
  const pages = findPages().map((path) => readPage(path, read(path)));
  const codes = await readCodes(join(root, 'packages/core/src/errors/error-codes.ts'));
  const errorsPage = pages.find((page) => page.path === 'docs/errors.md');
  const problems = [
    ...linkProblems(pages, (path) => existsSync(join(root, path))),
    ...cutProblems(pages, read),
    ...(codes === undefined ? [] : codeProblems(codes, errorsPage)),
    ...compileProblems(pages),
  ];
  for (const problem of problems) console.error(problem);
  console.log(`${pages.length} pages, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();

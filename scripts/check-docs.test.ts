import { anchorOf, codeProblems, cutAnew, cutExample, cutProblems, linkProblems, readPage } from './check-docs.mjs';

const fence = '```';

describe('links of the pages', () => {
  const problems = (text: string, files: string[] = []) => {
    const pages = [
      readPage('docs/page.md', text),
      readPage('docs/other.md', '# Other\n## The layer rule\n## Same\n## Same\n'),
    ];
    return linkProblems(pages, (path: string) => ['docs/page.md', 'docs/other.md', ...files].includes(path));
  };

  it('may lead to a file, a heading, elsewhere on the page and out of the repository', () => {
    const text =
      '# Top\n[a](other.md) [b](other.md#the-layer-rule) [c](#top) [d](../LICENSE "text") [e](https://example.com/x)\n';
    expect(problems(text, ['LICENSE'])).toEqual([]);
  });

  it('may not lead nowhere', () => {
    expect(problems('\nSee [a](gone.md).\n')).toEqual(['docs/page.md:2: the link gone.md leads nowhere']);
    expect(problems('![picture](gone.png)\n')).toHaveLength(1);
    expect(problems('[a]: gone.md\n')).toHaveLength(1);
    expect(problems('[a](other.md#gone)\n')).toEqual(['docs/page.md:1: docs/other.md has no heading for #gone']);
  });

  it('count repeated headings as GitHub does', () => {
    expect(problems('[a](other.md#same-1)\n')).toEqual([]);
    expect(problems('[a](other.md#same-2)\n')).toHaveLength(1);
  });

  it('are not looked for in code', () => {
    expect(problems(`${fence}text\n[a](gone.md)\n${fence}\nand \`[b](gone.md)\`\n`)).toEqual([]);
  });

  it('include paths of the repository in backticks', () => {
    expect(problems('`packages/core/src/gone.ts`\n')).toEqual([
      'docs/page.md:1: packages/core/src/gone.ts does not exist',
    ]);
    expect(
      problems('`packages/core/dist` `packages/<name>/src` `examples/01-hello.ts`\n', ['examples/01-hello.ts']),
    ).toEqual([]);
  });

  it('are not hidden by a block that is never closed', () => {
    expect(problems(`text\n${fence}ts\nconst x = 1;\n`)).toEqual(['docs/page.md:2: this code block is never closed']);
  });

  it('take anchors as GitHub makes them', () => {
    expect(anchorOf('`UNKNOWN_NODE`')).toBe('unknown_node');
    expect(anchorOf('One loop, one await!')).toBe('one-loop-one-await');
  });
});

describe('blocks that are cut from examples', () => {
  const example = 'import x;\n  // begin-example\n  const a = 1;\n\n    use(a);\n  // end-example\nrest();\n';
  const read = (path: string) =>
    path === 'examples/01-hello.ts' ? example : path === 'examples/bare.ts' ? 'x' : undefined;
  const page = (file: string, body: string) =>
    readPage('README.md', `# R\n<!-- example: ${file} -->\n\n${fence}ts\n${body}\n${fence}\nend\n`);

  it('are the region between the marks, without its indentation', () => {
    expect(cutExample(example)).toBe('const a = 1;\n\n  use(a);');
    expect(cutProblems([page('examples/01-hello.ts', 'const a = 1;\n\n  use(a);')], read)).toEqual([]);
  });

  it('may not differ by a word, and are mended by --write', () => {
    const stale = page('examples/01-hello.ts', 'const a = 2;');
    expect(cutProblems([stale], read)).toEqual([
      expect.stringContaining('README.md:4: differs from examples/01-hello.ts'),
    ]);
    const mended = readPage('README.md', cutAnew(stale, read));
    expect(cutProblems([mended], read)).toEqual([]);
    expect(mended.text).toBe(page('examples/01-hello.ts', 'const a = 1;\n\n  use(a);').text);
  });

  it('need a file, and marks in it', () => {
    expect(cutProblems([page('examples/gone.ts', '')], read)).toEqual([expect.stringContaining('does not exist')]);
    expect(cutProblems([page('examples/bare.ts', '')], read)).toEqual([expect.stringContaining('no region')]);
  });
});

describe('the headings of docs/errors.md', () => {
  it('are the codes of the catalogue, no more and no less', () => {
    const page = readPage('docs/errors.md', '# Errors\n## `NO_START`\n### GONE_CODE\n');
    expect(codeProblems(['NO_START'], readPage('docs/errors.md', '## NO_START\n'))).toEqual([]);
    expect(codeProblems(['NO_START', 'NO_ROUTE'], page)).toEqual([
      expect.stringContaining('no heading for NO_ROUTE'),
      expect.stringContaining('GONE_CODE is not in'),
    ]);
    expect(codeProblems([], undefined)).toHaveLength(1);
  });
});

import { sep } from 'node:path';
import { projectFolder } from '../support/project-folder.js';
import { findPackages, NothingInstalledError } from './find-packages.js';

const named = (name: string, more: object = {}): object => ({ name, version: '1.0.0', license: 'MIT', ...more });
const paths = async (folder: string): Promise<string[]> =>
  (await findPackages(folder)).packages.map(({ path }) => path);

describe('The inventory', () => {
  it('finds what is flat, scoped and nested, each once', async () => {
    const folder = projectFolder({
      'package.json': named('shop'),
      'node_modules/a/package.json': named('a'),
      'node_modules/a/node_modules/b/package.json': named('b', { version: '2.0.0' }),
      'node_modules/b/package.json': named('b'),
      'node_modules/@scope/c/package.json': named('@scope/c'),
      'node_modules/.bin/a': 'not a package',
      'node_modules/.cache/x/package.json': named('x'),
    });
    expect(await paths(folder)).toEqual([
      'node_modules/@scope/c',
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/b',
    ]);
  });

  it('takes a linked workspace for an own package, with what is installed in it alone', async () => {
    const folder = projectFolder({
      'package.json': named('shop', { workspaces: ['packages/*'] }),
      'packages/core/package.json': named('@shop/core'),
      'packages/core/node_modules/d/package.json': named('d'),
      'node_modules/@shop/core': { linkTo: 'packages/core' },
    });
    expect(await findPackages(folder)).toMatchObject({
      packages: [{ name: 'd', path: 'packages/core/node_modules/d' }],
      own: ['shop', '@shop/core'],
    });
  });

  it('reviews what is linked from elsewhere', async () => {
    const elsewhere = projectFolder({ 'package.json': named('linked') });
    const folder = projectFolder({ 'package.json': named('shop'), 'node_modules/.keep': '' });
    const { symlinkSync } = await import('node:fs');
    symlinkSync(elsewhere, `${folder}${sep}node_modules${sep}linked`);
    expect((await findPackages(folder)).packages).toMatchObject([{ name: 'linked', location: elsewhere }]);
  });

  it('finds what pnpm keeps in its store, and what is needed there', async () => {
    const store = 'node_modules/.pnpm';
    const folder = projectFolder({
      'package.json': named('shop', { dependencies: { a: '1.0.0' } }),
      [`${store}/a@1.0.0/node_modules/a/package.json`]: named('a', { dependencies: { b: '1.0.0' } }),
      [`${store}/b@1.0.0/node_modules/b/package.json`]: named('b'),
      [`${store}/a@1.0.0/node_modules/b`]: { linkTo: `${store}/b@1.0.0/node_modules/b` },
      'node_modules/a': { linkTo: `${store}/a@1.0.0/node_modules/a` },
    });
    expect((await findPackages(folder)).packages).toMatchObject([
      { name: 'a', use: 'shipped' },
      { name: 'b', use: 'shipped', path: `${store}/b@1.0.0/node_modules/b` },
    ]);
  });

  it('ends where links lead in a circle, and passes over one that leads nowhere', async () => {
    const folder = projectFolder({
      'package.json': named('shop'),
      'node_modules/a/package.json': named('a'),
      'node_modules/a/node_modules/shop': { linkTo: '.' },
      'node_modules/a/node_modules/a': { linkTo: 'node_modules/a' },
      'node_modules/gone': { linkTo: 'nowhere' },
    });
    expect(await paths(folder)).toEqual(['node_modules/a']);
  });

  it('knows what is shipped: what own packages need, and what that needs', async () => {
    const folder = projectFolder({
      'package.json': named('shop', {
        dependencies: { a: '*' },
        devDependencies: { tool: '*' },
        peerDependencies: { host: '*' },
      }),
      'node_modules/a/package.json': named('a', {
        optionalDependencies: { b: '*', missing: '*' },
        peerDependencies: { c: '*' },
      }),
      'node_modules/a/node_modules/b/package.json': named('b'),
      'node_modules/b/package.json': named('b'),
      'node_modules/c/package.json': named('c'),
      'node_modules/tool/package.json': named('tool', { dependencies: { b: '*' } }),
      'node_modules/host/package.json': named('host'),
    });
    const { packages } = await findPackages(folder);
    const of = (use: string): string[] => packages.filter((found) => found.use === use).map(({ path }) => path);
    expect(of('shipped')).toEqual(['node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/c']);
    expect(of('development')).toEqual(['node_modules/b', 'node_modules/host', 'node_modules/tool']);
  });

  it('counts everything as shipped where no package.json says what is', async () => {
    const folder = projectFolder({ 'node_modules/a/package.json': named('a') });
    expect((await findPackages(folder)).packages).toMatchObject([{ use: 'shipped' }]);
  });

  it('lists a package that cannot be read, with its defect', async () => {
    const folder = projectFolder({
      'node_modules/broken/package.json': '{ "name": ',
      'node_modules/@s/list/package.json': '[]',
    });
    expect((await findPackages(folder)).packages).toMatchObject([
      { name: '@s/list', version: '?', defect: 'package.json is not an object' },
      { name: 'broken', version: '?', defect: 'package.json is not valid JSON' },
    ]);
  });

  it.each([
    [{ license: ' MIT ' }, 'MIT'],
    [{ license: { type: 'ISC', url: 'https://example.com' } }, 'ISC'],
    [{ licenses: [{ type: 'MIT' }, { type: 'Apache 2' }, 7] }, 'MIT OR (Apache 2)'],
    [{ licenses: 'BSD' }, 'BSD'],
    [{ license: '' }, undefined],
    [{}, undefined],
  ])('reads the declaration %j', async (fields, declared) => {
    const folder = projectFolder({ 'node_modules/a/package.json': { name: 'a', version: '1.0.0', ...fields } });
    expect((await findPackages(folder)).packages[0]!.declared).toBe(declared);
  });

  it.each([
    [{ homepage: 'https://example.com/a' }, 'https://example.com/a'],
    [{ repository: { url: 'git+https://github.com/x/a.git' } }, 'https://github.com/x/a'],
    [{ repository: 'git://github.com/x/a.git' }, 'https://github.com/x/a'],
    [{ homepage: 'javascript:alert(1)' }, undefined],
    [{ homepage: 'https://x"onclick="y' }, undefined],
  ])('reads the page %j', async (fields, homepage) => {
    const folder = projectFolder({ 'node_modules/a/package.json': { name: 'a', ...fields } });
    expect((await findPackages(folder)).packages[0]!.homepage).toBe(homepage);
  });

  it('takes files for licences by their names', async () => {
    const names = [
      'LICENSE',
      'licence.md',
      'LICENSE-MIT.txt',
      'COPYING',
      'NOTICE',
      'UNLICENSE',
      'mit-license.txt',
      'CopyrightNotice.txt',
    ];
    const others = ['license-checker.js', 'README.md', 'licenses.json', 'index.js'];
    const files = Object.fromEntries([...names, ...others].map((name) => [`node_modules/a/${name}`, 'text']));
    const folder = projectFolder({ 'node_modules/a/package.json': named('a'), ...files });
    expect((await findPackages(folder)).packages[0]!.files).toEqual([...names].sort());
  });

  it('says what is missing where nothing is installed', async () => {
    const folder = projectFolder({ 'package.json': named('shop') });
    await expect(findPackages(folder)).rejects.toThrow(NothingInstalledError);
    await expect(findPackages(folder)).rejects.toThrow('has no node_modules: install its packages first');
    await expect(findPackages(`${folder}/nowhere`)).rejects.toThrow('There is no folder');
  });
});

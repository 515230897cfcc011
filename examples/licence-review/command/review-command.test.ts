import { existsSync } from 'node:fs';
import { licenceText, packageFiles, projectFolder } from '../support/project-folder.js';
import type { Screen } from '../terminal/progress-view.js';
import { readArguments, UsageError } from './arguments.js';
import { EXIT, reviewCommand } from './review-command.js';

async function command(folder: string, ...args: string[]): Promise<{ code: number; said: string }> {
  let said = '';
  const screen: Screen = { write: (text) => void (said += text), isTerminal: false, columns: 80 };
  const code = await reviewCommand(args, { folder, screen });
  return { code, said };
}

const mit = { license: 'MIT', text: licenceText('MIT') };
const key = process.env['OPENAI_API_KEY'];
beforeAll(() => delete process.env['OPENAI_API_KEY']);
afterAll(() => {
  if (key !== undefined) process.env['OPENAI_API_KEY'] = key;
});

describe('The command', () => {
  it('reviews the folder that it is called in, and says where the reports are', async () => {
    const folder = projectFolder({ 'package.json': { name: 'shop' }, ...packageFiles('a', mit) });
    const { code, said } = await command(folder);
    expect(code).toBe(EXIT.done);
    expect(said).toContain('Released: the policy permits everything that was found.');
    for (const file of ['report.html', 'report.md', 'NOTICE']) {
      expect(said).toContain(`${folder}/licence-report/${file}`);
      expect(existsSync(`${folder}/licence-report/${file}`)).toBe(true);
    }
  }, 60_000);

  it.each([
    [['nowhere'], /^There is no folder .*nowhere, and no command nowhere\.\n\nReviews the licences/],
    [['package.json'], /package\.json is not a folder\./],
    [['.', 'b'], /^One folder at a time: b is too much\./],
    [['--ouput', 'x'], /^Unknown option '--ouput'/],
    [['--output'], /argument missing/],
    [
      ['empty'],
      /^Licence review[^]*empty has no node_modules: install its packages first, for instance with npm ci\.\n$/,
    ],
  ])('says of the arguments %j what is wrong with them', async (args, message) => {
    const folder = projectFolder({ 'package.json': {}, 'empty/package.json': {} });
    const { code, said } = await command(folder, ...args);
    expect(code).toBe(EXIT.usage);
    expect(said).toMatch(message);
  });

  it('explains itself', async () => {
    expect(await command('.', '--help')).toEqual({
      code: EXIT.done,
      said: expect.stringContaining('npm start -- <folder>'),
    });
  });

  it('takes paths from where it is called', () => {
    const folder = projectFolder({ 'shop/package.json': {} });
    expect(readArguments(['shop', '--output', 'out', '--as', 'alice', '--new'], folder)).toEqual({
      command: 'review',
      folder: `${folder}/shop`,
      output: `${folder}/out`,
      user: 'alice',
      isNew: true,
    });
    expect(() => readArguments(['shop/package.json'], folder)).toThrow(UsageError);
  });
});

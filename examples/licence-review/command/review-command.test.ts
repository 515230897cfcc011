import { ed25519Verifier, verifyEvidence } from '@drawloom/core';
import { createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
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

/** What a stranger finds proven who has the folder and the public key, and nothing else. */
async function provenBy(output: string) {
  const publicKey = createPublicKey(readFileSync(`${output}/audit-key.public.pem`, 'utf8'));
  const verdict = await verifyEvidence(`${output}/evidence`, ed25519Verifier('licence-review', publicKey));
  const [review] = verdict.runs;
  const decided = (review?.decisions ?? []).filter(({ action }) => action === 'approval.decided');
  const decisions = decided.map(({ actor, facts }) => `${actor} ${String(facts['outcome'])}`);
  return { ok: verdict.ok, problems: verdict.problems, runId: review?.run, decisions };
}

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

  it('waits for legal, takes decisions, and goes on when enough of them have agreed', async () => {
    const folder = projectFolder({
      'package.json': { name: 'shop' },
      ...packageFiles('a', mit),
      ...packageFiles('copyleft', { license: 'AGPL-3.0-only', text: licenceText('AGPL-3.0-only') }),
    });
    const waiting = await command(folder, '--as', 'alice');
    expect(waiting.code).toBe(EXIT.done);
    expect(waiting.said).toMatch(/legal has to decide about 1 package\. 2 of bob, carol have to agree, until/);
    const [, wait] = /decide (\w+) approve --as bob/.exec(waiting.said)!;

    expect((await command(folder)).said).toContain('Going on with'); // nothing has changed: it waits as before
    expect((await command(folder, 'inbox')).said).toMatch(
      /May shop be released.*copyleft@1\.0\.0.*decide \w+ approve/s,
    );
    expect(await command(folder, 'decide', 'x', 'approve', '--as', 'bob')).toEqual({
      code: EXIT.usage,
      said: `No wait is called x; open: ${wait}.\n`,
    });
    const own = await command(folder, 'decide', wait!, 'approve', '--as', 'alice');
    expect(own).toMatchObject({ code: EXIT.usage, said: expect.stringContaining('DECISION_REFUSED') });

    const first = await command(folder, 'decide', wait!, 'approve', '--as', 'bob', '--because', 'It is only a tool');
    expect(first.said).toContain('1 of carol has to agree');
    expect((await command(folder, 'decide', wait!, 'approve', '--as', 'bob')).said).toContain('Known already');
    const second = await command(folder, 'decide', wait!, 'approve', '--as', 'carol');
    expect(second.code).toBe(EXIT.done);
    expect(second.said).toContain('Released: bob and carol agreed to 1 package in doubt.');
    expect(readFileSync(`${folder}/licence-report/report.html`, 'utf8')).toContain('It is only a tool');
    expect(await provenBy(`${folder}/licence-report`)).toMatchObject({
      ok: true,
      problems: [],
      decisions: ['user:bob approved', 'user:carol approved'],
    });
    expect((await command(folder, 'inbox')).said).toBe('Nothing waits for a decision.\n');
  }, 60_000);

  it('writes the reports of a review that had ended before they were written, then begins a new one', async () => {
    const folder = projectFolder({ 'package.json': { name: 'shop' }, ...packageFiles('a', mit) });
    const report = `${folder}/licence-report/report.html`;
    mkdirSync(report, { recursive: true }); // what stands there cannot be replaced by a file
    await expect(command(folder)).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    rmdirSync(report);

    const { code, said } = await command(folder);
    expect(code).toBe(EXIT.done);
    const [, runId] = /Going on with (\S+-1), begun/.exec(said)!;
    expect(said).toContain('Released: the policy permits everything that was found.');
    expect(readFileSync(report, 'utf8')).toContain(runId);
    expect(await provenBy(`${folder}/licence-report`)).toMatchObject({ runId, problems: [] });

    const next = await command(folder);
    expect(next.said).not.toContain('Going on with');
    expect(readFileSync(report, 'utf8')).toContain(runId!.replace(/-1$/, '-2'));
  }, 60_000);

  it('is held by one rejection, and says so with its exit code', async () => {
    const folder = projectFolder({
      'package.json': { name: 'shop' },
      ...packageFiles('a', { license: 'AGPL-3.0-only' }),
    });
    const [, wait] = /decide (\w+) approve/.exec((await command(folder)).said)!;
    const { code, said } = await command(folder, 'decide', wait!, 'reject', '--as', 'bob', '--because', 'Not that one');
    expect(code).toBe(EXIT.held);
    expect(said).toContain('Not released: bob did not agree to 1 package in doubt.');
  }, 60_000);

  it.each([
    [['nowhere'], /^There is no folder .*nowhere, and no command nowhere\.\n\nReviews the licences/],
    [['package.json'], /package\.json is not a folder\./],
    [['.', 'b'], /^One folder at a time: b is too much\./],
    [['decide'], /^Say what is decided, and how/],
    [['decide', 'w', 'perhaps'], /^Say what is decided, and how/],
    [['decide', 'w', 'approve'], /^Say who decides: --as alice/],
    [['decide', 'w', 'approve', '--as', 'eve'], /^Nobody is called eve; there are alice, bob, carol, dave\./],
    [['--as', 'eve'], /^Nobody is called eve/],
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

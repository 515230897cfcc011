import { ModelRegistry, PriceList } from '@drawloom/core';
import { agents } from '@drawloom/decorators';
import { scriptedModels, type ScriptedTurn } from '@drawloom/testing';
import { testWorkflow } from '@drawloom/testing/classes';
import { ContainerModule } from 'inversify';
import { LicenceReader, type ReaderAnswer } from './agents/licence-reader.js';
import { STAND_IN, StandInReader } from './agents/stand-in-reader.js';
import type { Finding } from './finding.js';
import { findPackages } from './inventory/find-packages.js';
import { LicenceTexts } from './licences/licence-texts.js';
import { PackageReview } from './package-review.js';
import { POLICY, policy } from './policy.js';
import { licenceText, packageFiles, projectFolder, type Content } from './support/project-folder.js';

const texts = new LicenceTexts();
beforeAll(() => void texts.prepare(), 60_000); // seven hundred texts, once

const parts = new ContainerModule(({ bind }) => {
  bind(LicenceTexts).toConstantValue(texts);
  bind(PriceList).toConstantValue(new PriceList({ [STAND_IN]: { input: 0, output: 0 } }));
  bind(POLICY).toConstantValue(policy);
});
const review = testWorkflow(PackageReview).load(parts, agents(LicenceReader));
const scripted = scriptedModels();

function answerWith(...turns: ScriptedTurn[]): void {
  review.override(ModelRegistry, new ModelRegistry([scripted(turns, { name: 'gpt-4.1-mini' })]));
}
async function findingOf(files: Readonly<Record<string, Content>>): Promise<Finding> {
  const { packages } = await findPackages(projectFolder(files));
  return (await review.run(packages[0]!)).output;
}

const preamble = 'Parts of this were written by others, who are named in their files and keep their rights in them. ';
const odd = packageFiles('odd', { license: 'MIT', text: `${preamble.repeat(10)}\n\n${licenceText('MIT')}` });
const answer: ReaderAnswer = {
  licence: 'MIT',
  certainty: 'certain',
  file: 'LICENSE',
  quote: 'Permission is hereby granted, free of charge',
  reason: 'The preamble takes nothing back.',
};

describe('The review of a package', () => {
  beforeEach(() => answerWith());

  it('permits what the policy permits, without asking anybody', async () => {
    const finding = await findingOf(packageFiles('a', { license: 'MIT', text: licenceText('MIT') }));
    expect(finding).toMatchObject({
      verdict: 'permitted',
      under: 'MIT',
      risk: 'none',
      obligations: [],
      reading: undefined,
    });
  });

  it('imposes what a licence asks for', async () => {
    const finding = await findingOf(packageFiles('a', { license: 'MPL-2.0', text: licenceText('MPL-2.0') }));
    expect(finding).toMatchObject({ verdict: 'conditions', obligations: ['source'], risk: 'low' });
  });

  it('has the NOTICE of a package under Apache-2.0 passed on', async () => {
    const files = packageFiles('a', { license: 'Apache-2.0', text: licenceText('Apache-2.0') });
    const finding = await findingOf({ ...files, 'node_modules/a/NOTICE': 'By Ada.' });
    expect(finding).toMatchObject({ verdict: 'conditions', obligations: ['notice'] });
  });

  it('forbids what the policy forbids, and what it does not list', async () => {
    const agpl = await findingOf(packageFiles('a', { license: 'AGPL-3.0-only' }));
    expect(agpl).toMatchObject({ verdict: 'forbidden', risk: 'high' });
    const unlisted = await findingOf(packageFiles('a', { license: 'Beerware' }));
    expect(unlisted.reasons).toEqual(['The policy does not list Beerware.']);
  });

  it('has an agent read what is unclear; what it says is judged like any other expression', async () => {
    answerWith(
      {
        expect: { lastMessage: /"doubts":\["It declares MIT; LICENSE holds the text of MIT, and more\."\]/ },
        toolCalls: [{ name: 'find_similar', arguments: { file: 'LICENSE' } }],
      },
      { expect: { lastMessage: /"contains":\["MIT"\]/ }, content: JSON.stringify(answer) },
    );
    const finding = await findingOf(odd);
    expect(finding).toMatchObject({ verdict: 'permitted', under: 'MIT', basis: 'read by the agent', risk: 'none' });
    expect(finding.reading).toMatchObject({ ...answer, objections: [] });
  });

  it.each([
    ['is not certain', { certainty: 'probable' }, 'The agent is not certain: probable.'],
    [
      'quotes what is not there',
      { quote: 'Anybody may do anything with it.' },
      'The quoted words do not stand in LICENSE.',
    ],
    ['quotes next to nothing', { quote: 'the' }, 'The quoted words do not stand in LICENSE.'],
    ['names a file that is not there', { file: 'README' }, 'The quoted words do not stand in README.'],
    ['makes a licence up', { licence: 'MIT-ish' }, 'MIT-ish names no licence.'],
    [
      'names a licence of which nothing is there',
      { licence: 'MIT AND 0BSD' },
      'Neither is 0BSD declared, nor does a file hold its text or name it.',
    ],
    ['cannot tell', { licence: 'NOASSERTION' }, 'NOASSERTION names no licence.'],
  ] satisfies [string, Partial<ReaderAnswer>, string][])(
    'leaves a package unclear whose agent %s',
    async (_, wrong, objection) => {
      answerWith({ content: JSON.stringify({ ...answer, ...wrong }) });
      const finding = await findingOf(odd);
      expect(finding).toMatchObject({ verdict: 'unclear', risk: 'high', under: undefined });
      expect(finding.reading?.objections).toContain(objection);
    },
  );

  it('leaves a package unclear whose agent fails, or never comes to an answer', async () => {
    answerWith({ error: { code: 'MODEL_CONTENT_FILTERED' } });
    const failed = await findingOf(odd);
    expect(failed).toMatchObject({ verdict: 'unclear', reading: undefined });
    expect(failed.doubts.at(-1)).toMatch(/^The agent that was asked gave no answer: /);
    const asks = { toolCalls: [{ name: 'read_file', arguments: { file: 'LICENSE' } }] };
    answerWith(asks, asks, asks, asks, asks, asks);
    expect(await findingOf(odd)).toMatchObject({ verdict: 'unclear', reading: undefined });
  });

  it('lets the agent read the files of this package, and no others', async () => {
    const escape = {
      toolCalls: ['../../secret', '/etc/hostname', 'LICENSE\0'].map((file) => ({
        name: 'read_file',
        arguments: { file },
      })),
    };
    answerWith(escape, { expect: { lastMessage: /^ERROR: .*no text file/ }, content: JSON.stringify(answer) });
    await findingOf({ ...odd, secret: 'the password is swordfish' });
  });

  it('offline has a stand-in read, which asks for the same tools', async () => {
    review.override(ModelRegistry, new ModelRegistry([new StandInReader()]));
    const both = packageFiles('a', { license: 'MIT', text: `${licenceText('MIT')}\n\n${licenceText('ISC')}` });
    expect(await findingOf(both)).toMatchObject({ verdict: 'permitted', under: 'MIT AND ISC' });
    expect(await findingOf(odd)).toMatchObject({ verdict: 'unclear', reading: { certainty: 'probable' } });
    expect(await findingOf(packageFiles('a'))).toMatchObject({
      verdict: 'unclear',
      reading: { licence: 'NOASSERTION' },
    });
  });

  afterAll(() => expect(review.coverage).toCoverEveryEdge());
});

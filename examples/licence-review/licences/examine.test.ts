import { findPackages } from '../inventory/find-packages.js';
import { licenceText, packageFiles, projectFolder, type Content } from '../support/project-folder.js';
import { examine, type Examination } from './examine.js';
import { LicenceTexts } from './licence-texts.js';

const texts = new LicenceTexts();
beforeAll(() => void texts.prepare(), 60_000); // seven hundred texts, once

async function examined(files: Readonly<Record<string, Content>>): Promise<Examination> {
  const { packages } = await findPackages(projectFolder(files));
  return examine(packages[0]!, texts, 0.9);
}

describe('A package', () => {
  it('is under what it declares, where its text confirms that', async () => {
    const examination = await examined(packageFiles('a', { license: 'MIT', text: licenceText('MIT') }));
    expect(examination).toMatchObject({ expression: 'MIT', basis: 'declared and found', doubts: [], remarks: [] });
    expect(examination.texts).toMatchObject([
      { file: 'LICENSE', licence: 'MIT', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });

  it('is under what it declares where it has no text, and that is remarked', async () => {
    const examination = await examined(packageFiles('a', { license: 'MIT' }));
    expect(examination).toMatchObject({
      basis: 'declared',
      doubts: [],
      remarks: ['It comes without the text of its licence.'],
    });
  });

  it('is under its text where it declares nothing', async () => {
    const examination = await examined(packageFiles('a', { text: licenceText('ISC') }));
    expect(examination).toMatchObject({ expression: 'ISC', basis: 'found', doubts: [] });
    expect(examination.remarks).toEqual(['It declares no licence. LICENSE is the text of ISC.']);
  });

  it('is in doubt where declaration and text differ', async () => {
    const { doubts } = await examined(packageFiles('a', { license: 'MIT', text: licenceText('Apache-2.0') }));
    expect(doubts).toEqual(['It declares MIT, but LICENSE is the text of Apache-2.0.']);
  });

  it('is in doubt where the text holds more than the licence', async () => {
    const more = 'This part is from elsewhere, and may be used by nobody who has not asked us first. '.repeat(12);
    const { doubts } = await examined(packageFiles('a', { license: 'MIT', text: `${licenceText('MIT')}\n${more}` }));
    expect(doubts).toEqual(['It declares MIT; LICENSE holds the text of MIT, and more.']);
  });

  it('is in doubt where a second text was not declared', async () => {
    const { doubts } = await examined({
      ...packageFiles('a', { license: 'MIT', text: licenceText('MIT') }),
      'node_modules/a/LICENSE.vendored': licenceText('GPL-3.0-only'),
    });
    expect(doubts).toEqual([expect.stringMatching(/^It declares MIT, but LICENSE\.vendored is the text of GPL-3\.0/)]);
  });

  it.each([
    [{}, 'It declares no licence.'],
    [{ license: 'SEE LICENSE IN terms.txt' }, 'For its licence it refers to terms.txt.'],
    [{ license: 'ask us' }, 'It declares "ask us", which names no licence.'],
    [{ license: 'Apache 2' }, 'It declares "Apache 2", which was read as Apache-2.0.'],
    [{ text: 'You may look at it.' }, 'LICENSE is like no text of the SPDX list (0 % at most).'],
  ])('is in doubt where it has %j', async (fields, doubt) => {
    expect((await examined(packageFiles('a', fields))).doubts).toContain(doubt);
  });

  it('is not in doubt over a guess that its text confirms, over a short note, or over a NOTICE', async () => {
    const examination = await examined({
      ...packageFiles('a', { license: 'Apache 2', text: licenceText('Apache-2.0') }),
      'node_modules/a/COPYRIGHT': 'Ada has written all of this.',
      'node_modules/a/NOTICE': 'This product has parts by Ada.',
    });
    expect(examination).toMatchObject({ doubts: [], notices: [{ file: 'NOTICE' }] });
  });

  it('is not in doubt over a missing text of one of two licences, which is remarked', async () => {
    const both = await examined(packageFiles('a', { license: 'MIT AND ISC', text: licenceText('MIT') }));
    expect(both).toMatchObject({ doubts: [], remarks: ['It has no text of ISC.'] });
    const either = await examined(packageFiles('a', { license: 'MIT OR ISC', text: licenceText('MIT') }));
    expect(either).toMatchObject({ doubts: [], remarks: [] });
  });

  it('that cannot be read is in doubt for that', async () => {
    const { doubts } = await examined({ 'node_modules/a/package.json': '{' });
    expect(doubts).toEqual(['a@?: package.json is not valid JSON.']);
  });

  it('is not read beyond its own folder, nor where a licence is no text', async () => {
    const { texts: found } = await examined({
      ...packageFiles('a', { license: 'MIT' }),
      'secret.txt': licenceText('MIT'),
      'node_modules/a/LICENSE': { linkTo: 'secret.txt' },
      'node_modules/a/LICENSE.bin': 'PK\0\u0001',
      'node_modules/a/LICENSES/MIT.txt': licenceText('MIT'),
    });
    expect(found).toEqual([]);
  });
});

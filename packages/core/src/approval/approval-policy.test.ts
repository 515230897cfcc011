import { type ApprovalPolicy, checkApprovalPolicy, termsOf, termsText } from './approval-policy.js';

const optionsWrongIn = (policy: unknown): string[] =>
  checkApprovalPolicy('claims.ask', policy as ApprovalPolicy).map(
    ({ what }) => /^option (\S+)|no option (\S+)/.exec(what)![0],
  );

describe('The policy of an approval', () => {
  it('needs nothing but somebody who may decide', () => {
    expect(checkApprovalPolicy('claims.ask', { groups: ['managers'] })).toEqual([]);
    expect(checkApprovalPolicy('claims.ask', { users: ['mia'] })).toEqual([]);
    expect(termsOf({ users: ['mia'] })).toEqual({
      users: ['mia'],
      groups: [],
      quorum: 1,
      rejections: 1,
      notBy: [],
      deadlineMs: null,
      reminder: null,
      escalate: null,
      delegation: false,
    });
  });

  it.each<[string, unknown, string[]]>([
    ['nobody', {}, ['option groups']],
    ['empty lists', { users: [], groups: [] }, ['option groups']],
    ['a list that is text', { users: 'mia' }, ['option users']],
    ['an id that is empty', { groups: [''] }, ['option groups']],
    ['an id that is named twice', { users: ['mia', 'mia'] }, ['option users']],
    ['half a surrogate pair', { users: ['\ud800'] }, ['option users']],
    ['a quorum of none', { groups: ['g'], quorum: 0 }, ['option quorum']],
    ['a quorum that is no number', { groups: ['g'], quorum: '2' }, ['option quorum']],
    ['a quorum of more than there are', { users: ['mia'], quorum: 2 }, ['option quorum']],
    ['more rejections than there are people', { users: ['mia'], rejections: 2 }, ['option rejections']],
    ['rejections that are no count', { groups: ['g'], rejections: 1.5 }, ['option rejections']],
    ['nodes that are no list', { groups: ['g'], notBy: 'intake' }, ['option notBy']],
    ['a deadline of nothing', { groups: ['g'], deadline: 0 }, ['option deadline']],
    ['a deadline without a unit', { groups: ['g'], deadline: '48' }, ['option deadline']],
    ['a reminder after the deadline', { groups: ['g'], deadline: '1h', reminder: '1h' }, ['option reminder']],
    ['a reminder without a time', { groups: ['g'], reminder: {} }, ['option reminder.after']],
    ['reminders without a pause', { groups: ['g'], reminder: { after: '1h', every: 5 } }, ['option reminder.every']],
    ['an escalation to nobody', { groups: ['g'], escalate: { after: '1h' } }, ['option escalate.groups']],
    [
      'an escalation after the deadline',
      { groups: ['g'], deadline: '1h', escalate: { after: '2h', groups: ['h'] } },
      ['option escalate.after'],
    ],
    ['an escalation that is text', { groups: ['g'], escalate: '1h' }, ['option escalate']],
    ['a delegation that is text', { groups: ['g'], delegation: 'yes' }, ['option delegation']],
    ['options of no policy', { groups: ['g'], quota: 2 }, ['no option "quota"']],
    [
      'options of no escalation',
      { groups: ['g'], escalate: { after: 1, group: ['h'], users: ['u'] } },
      ['no option "escalate.group"'],
    ],
    ['a policy that is a list', ['g'], ['option policy']],
    ['everything at once', { quorum: 0, deadline: -1 }, ['option groups', 'option quorum', 'option deadline']],
  ])('refuses %s', (_, policy, wrong) => {
    expect(optionsWrongIn(policy)).toEqual(wrong);
  });

  it('counts those of an escalation among the people there are', () => {
    const escalate = { after: '1h', users: ['ida'] } as const;
    expect(optionsWrongIn({ users: ['mia'], quorum: 2, escalate })).toEqual([]);
    expect(optionsWrongIn({ users: ['mia'], quorum: 9, escalate: { after: '1h', groups: ['board'] } })).toEqual([]);
  });

  it('suggests the option that was meant', () => {
    expect(checkApprovalPolicy('claims.ask', { groups: ['g'], quorom: 2 } as never)[0]).toMatchObject({
      where: 'claims.ask',
      fix: 'change it to "quorum"',
    });
  });

  it('is the same text however its times and its order are written', () => {
    const text = termsText({ groups: ['g'], deadline: '2d', reminder: '1h' });
    expect(termsText({ reminder: { after: 3_600_000 }, deadline: '48h', groups: ['g'], quorum: 1 })).toBe(text);
    expect(termsText({ groups: ['g'], deadline: '3d', reminder: '1h' })).not.toBe(text);
  });
});

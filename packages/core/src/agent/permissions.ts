/**
 * Job. Decides by rules which tools may run, and asks a person about the others.
 *
 * Invariants.
 * P1. `deny` beats `ask`, `ask` beats `allow`, `allow` beats the mode; a user's own rules add to what is denied to everybody
 *     and take nothing away from it.
 * P2. Where a question has nobody to answer it, the tool does not run.
 */
import { DefinitionError, type Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { isPlain } from '../values/freeze.js';
import { asPolicy, type ApprovalContext, type ApproveToolCall, type PendingToolCall } from './approval.js';

/** Which tools may run; tools are named by their names. */
export interface PermissionRules {
  /** These run. @defaultValue none */
  readonly allow?: readonly string[] | undefined;
  /** These never run, whatever else is said, also by the tool itself. @defaultValue none */
  readonly deny?: readonly string[] | undefined;
  /** These are asked about, also where they are allowed. @defaultValue none */
  readonly ask?: readonly string[] | undefined;
  /**
   * What becomes of the others. `ask`: tools that are `destructive` or need `approval` are asked about, the rest runs;
   * `allow`: all run; `deny`: none does. @defaultValue `'ask'`
   */
  readonly mode?: 'ask' | 'allow' | 'deny' | undefined;
  /**
   * Answers what is asked about, as an agent's `approve` does: anything but a clear yes denies.
   * @defaultValue what is asked about is denied
   */
  readonly handler?: ApproveToolCall | undefined;
}

/** {@link permissions} */
export interface PermissionOptions extends PermissionRules {
  /**
   * Rules for single users, by user id. What a user's rules leave out is as for everybody, and what is denied to everybody
   * is denied to the user, too. @defaultValue none
   */
  readonly perUser?: Readonly<Record<string, PermissionRules>> | undefined;
}

/**
 * Rules for an agent's `approve`. With them every call of a tool is judged, also of tools with `approval: false`.
 *
 * @throws {@link DefinitionError} INVALID_OPTION with everything that is wrong.
 *
 * @example
 * const clerk = new Agent({
 *   name: 'clerk',
 *   model: new EchoModel(),
 *   approve: permissions({ deny: ['delete_account'], handler: (call) => askManager(call), perUser: { auditor: { mode: 'deny' } } }),
 * });
 */
export function permissions(options: PermissionOptions = {}): ApproveToolCall {
  DefinitionError.throwIfAny(problemsOf(options));
  const everybody = rulesOf(options);
  const users = new Map(
    Object.entries(options.perUser ?? {}).map(([user, rules]) => [user, rulesOf(rules, everybody)]),
  );
  return asPolicy((call: PendingToolCall, context: ApprovalContext): unknown => {
    const { userId } = context.run;
    const rules = (userId === undefined ? undefined : users.get(userId)) ?? everybody;
    const verdict = judge(rules, call);
    if (verdict === 'allow') return true;
    if (verdict === 'deny') return { decision: 'deny', reason: 'the permissions do not allow it' };
    if (rules.handler !== undefined) return rules.handler(call, context);
    return { decision: 'deny', reason: 'it needs approval, and nobody can give it' };
  });
}

interface Rules {
  readonly allow: ReadonlySet<string>;
  readonly deny: ReadonlySet<string>;
  readonly ask: ReadonlySet<string>;
  readonly mode: 'ask' | 'allow' | 'deny';
  readonly handler: ApproveToolCall | undefined;
}

/** P1. */
function rulesOf({ allow, deny, ask, mode, handler }: PermissionRules, around?: Rules): Rules {
  return {
    allow: allow === undefined && around !== undefined ? around.allow : new Set(allow),
    deny: new Set([...(around?.deny ?? []), ...(deny ?? [])]),
    ask: ask === undefined && around !== undefined ? around.ask : new Set(ask),
    mode: mode ?? around?.mode ?? 'ask',
    handler: handler ?? around?.handler,
  };
}

/** P1. */
function judge({ allow, deny, ask, mode }: Rules, { tool, destructive, approval }: PendingToolCall): Rules['mode'] {
  if (deny.has(tool)) return 'deny';
  if (ask.has(tool)) return 'ask';
  if (allow.has(tool)) return 'allow';
  if (mode !== 'ask') return mode;
  return (approval ?? destructive) ? 'ask' : 'allow';
}

const LISTS = ['allow', 'deny', 'ask'] as const;
const RULES: readonly string[] = [...LISTS, 'mode', 'handler'];

function problemsOf(options: PermissionOptions): Problem[] {
  const where = 'permissions()';
  const found = problemsOfRules(where, options, [...RULES, 'perUser']);
  const perUser: unknown = isPlain(options) ? options.perUser : undefined;
  if (perUser === undefined) return found;
  if (!isPlain(perUser) || Array.isArray(perUser))
    return [
      ...found,
      problem.invalidOption(where, 'perUser', perUser, 'an object { userId: { allow, deny, ask, mode } }'),
    ];
  const ofUsers = Object.entries(perUser).flatMap(([user, rules]) =>
    problemsOfRules(`${where}.perUser.${user}`, rules, RULES),
  );
  return [...found, ...ofUsers];
}

function problemsOfRules(where: string, rules: unknown, known: readonly string[]): Problem[] {
  if (!isPlain(rules) || Array.isArray(rules))
    return [problem.invalidOption(where, 'rules', rules, 'an object { allow, deny, ask, mode, handler }')];
  const { mode, handler } = rules as PermissionRules;
  const isNames = (value: unknown): boolean =>
    value === undefined || (Array.isArray(value) && value.every((name) => typeof name === 'string'));
  const lists = LISTS.map((list) => [list, (rules as PermissionRules)[list] as unknown] as const);
  return [
    ...Object.keys(rules)
      .filter((key) => !known.includes(key))
      .map((key) => problem.unknownOption(where, key, known)),
    ...lists
      .filter(([, value]) => !isNames(value))
      .map(([list, value]) => problem.invalidOption(where, list, value, 'a list of names of tools')),
    ...([undefined, 'ask', 'allow', 'deny'].includes(mode)
      ? []
      : [problem.invalidOption(where, 'mode', mode, '"ask", "allow", "deny"')]),
    ...(handler === undefined || typeof handler === 'function'
      ? []
      : [problem.invalidOption(where, 'handler', handler, 'a function (call, context)')]),
  ];
}

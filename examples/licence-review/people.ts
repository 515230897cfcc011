/** Who works here, and in which groups. An application would ask its directory; this one is a file. */
const PEOPLE: Readonly<Record<string, readonly string[]>> = {
  alice: ['legal'],
  bob: ['legal'],
  carol: ['legal'],
  dave: ['developers'],
};

/** The groups of somebody; `undefined` where nobody has this name. */
export function groupsOf(person: string): readonly string[] | undefined {
  return Object.hasOwn(PEOPLE, person) ? PEOPLE[person] : undefined;
}

/** Who is in a group. */
export function membersOf(group: string): readonly string[] {
  return Object.keys(PEOPLE).filter((person) => PEOPLE[person]!.includes(group));
}

export function everybody(): readonly string[] {
  return Object.keys(PEOPLE);
}

import { markMember, type Mark, type MarkedMember } from '../metadata/class-metadata.js';

/** What TypeScript calls for a decorated member; fields have no descriptor. */
type MemberDecorator = (target: object, key: string | symbol, descriptor?: PropertyDescriptor) => void;

/** The whole of what a member decorator does: it leaves a mark on the class, and never touches the member. */
export function mark(decorator: Mark['decorator'], options: unknown): MemberDecorator {
  return (target, key, descriptor) => {
    const isStatic = typeof target === 'function';
    const holder = isStatic ? target : target.constructor;
    markMember(holder, key, isStatic ? 'static member' : kindOf(descriptor), { decorator, options });
  };
}

function kindOf(descriptor: PropertyDescriptor | undefined): MarkedMember['on'] {
  if (descriptor === undefined) return 'property';
  return typeof descriptor.value === 'function' ? 'method' : 'accessor';
}

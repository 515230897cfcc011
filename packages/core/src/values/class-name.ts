/** Whether a text can be shown as the name of a class; whoever makes one can give it any text. */
export function isClassName(name: unknown): name is string {
  return typeof name === 'string' && new RegExp(String.raw`^[\p{L}_$][\p{L}\p{N}_$]{0,59}$`, 'u').test(name);
}

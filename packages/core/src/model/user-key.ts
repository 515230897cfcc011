/** A user of a tenant as one text: no pair can be taken for another. */
export function userKey(tenant: string | undefined, userId: string | undefined): string {
  return JSON.stringify([tenant ?? '', userId ?? null]);
}

import type { ArgsDef } from 'citty'

/** What is known of a command without loading it: for help, completion, and the reading of its arguments. */
export interface Listed<Args extends ArgsDef = ArgsDef> {
  readonly meta: { readonly name: string; readonly description: string }
  readonly args: Args
  /** Command lines that work as they stand here, and what each is for. */
  readonly examples: readonly (readonly [line: string, does: string])[]
  /** In `docs/`. */
  readonly page: string
}

/** A row of the table. */
export function listed<const Args extends ArgsDef>(
  name: string,
  description: string,
  row: Omit<Listed<Args>, 'meta'>,
): Listed<Args> {
  return { meta: { name, description }, ...row }
}

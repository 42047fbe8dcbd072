import { describe } from 'vitest'
import { type Client, client, type Kind, required, VERSIONS } from './install.js'

interface Form {
  readonly name: string
  /** Undefined where it can't be installed. */
  readonly client: Client | undefined
}

/** Every form in which Claude Code is in use; installed here, before a test is collected. */
export const FORMS: readonly Form[] = [
  await find('native', VERSIONS.native),
  await find('npm', VERSIONS.native),
  await find('npm', VERSIONS.javascript),
]

/** The newest native binary alone, for what needs one client only. */
export const NEWEST = FORMS.slice(0, 1)
/** The last one that is JavaScript alone. */
export const JAVASCRIPT = FORMS.slice(2)

/** Describes the same behaviour for each of the forms. */
export function describeClients(forms: readonly Form[], tests: (client: Client) => void): void {
  for (const { name, client } of forms) {
    describe.skipIf(!client)(`Claude Code ${name}`, () => tests(client as Client))
  }
}

/** One that can't be installed is skipped with a loud word, or fails the run where it is required. */
async function find(kind: Kind, version: string): Promise<Form> {
  const name = `${version} (${kind})`
  try {
    return { name, client: await client(kind, version) }
  } catch (error) {
    if (required) throw error
    console.warn(`\nSKIPPED: Claude Code ${name} could not be installed: ${(error as Error).message}\n`)
    return { name, client: undefined }
  }
}

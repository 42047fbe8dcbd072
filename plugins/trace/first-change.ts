import { bodyDifferences, type Change, type Passage, type ShownChanges } from '../../core/kit.js'

/** A change, in which part of the prompt it is (`tools`, `system`, `messages[3]`), and the plugin of the gateway that made it. */
export interface FirstChange extends Change {
  readonly region: string
  readonly plugin?: string
}

/** The first difference in the order in which a prompt is read; what was added behind the turn before is none. */
export function firstChange(
  before: Buffer,
  after: Buffer,
  shown: ShownChanges,
  passages: readonly Passage[],
): FirstChange | undefined {
  const changes = bodyDifferences(before, after, shown)
  for (const field of ['tools', 'system', 'messages']) {
    const change = changes.find(
      ({ path }) => path === field || path.startsWith(`${field}[`) || path.startsWith(`${field}.`),
    )
    if (change === undefined) continue
    const { path } = change
    const region = field === 'messages' ? (/^messages\[\d+\]/.exec(path)?.[0] ?? field) : field
    const plugin = pluginOf(path, passages)
    return { region, ...change, ...(plugin !== undefined && { plugin }) }
  }
  return undefined
}

/** The first plugin that changed this place, one around it or one in it. */
function pluginOf(path: string, passages: readonly Passage[]): string | undefined {
  return passages.find(({ changes = [] }) =>
    changes.some(
      ({ path: changed }) =>
        changed.startsWith(path) || path.startsWith(`${changed}.`) || path.startsWith(`${changed}[`),
    ),
  )?.plugin
}

import { hash } from 'node:crypto'
import type { CallHead } from '../../core/index.js'
import { presentedKeys } from '../../core/kit.js'
import type { Limit } from './limits.js'

/** The ones that a limit is about: a request may have several labels, or no session. */
export function idsOf({ per, label }: Limit, { headers, record: { facts } }: CallHead): readonly string[] {
  switch (per) {
    case 'day':
      return ['all']
    case 'key':
      return [digest(presentedKeys(headers)[0] ?? '')]
    case 'session':
      return facts.session === undefined ? [] : [digest(facts.session)]
    case 'agent':
      return facts.agent === undefined ? [] : [digest(facts.agent)]
    case 'label': {
      const labels = Object.entries(facts.labels ?? {}).map(([key, value]) => `${key}=${value}`)
      return labels.filter((name) => label === undefined || name === label).map(digest)
    }
  }
}

export function digest(text: string): string {
  return hash('sha256', text).slice(0, 24)
}

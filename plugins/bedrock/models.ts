import { mappedName } from '../../core/kit.js'

export interface Names {
  /** Client model, or a pattern with `*`, to Bedrock's. */
  readonly models: Readonly<Record<string, string>>
  /** Of the inference profile: `global`, `us`, `eu`; empty for none. */
  readonly profile: string
}

/** A name with a date, from before 4.6, and one from after it that has a version all the same. */
const DATED = /-\d{8}$/
const VERSIONED = /^claude-opus-4-6$/

/** What Bedrock calls a client's model: as the map says, else Anthropic's own name with what Bedrock puts around it. */
export function bedrockModel(model: string, { models, profile }: Names): string {
  const mapped = mappedName(models, model)
  if (mapped !== undefined) return mapped
  const name = model.replace(/\[1m\]$/, '')
  if (!/^claude-[\w.-]+$/.test(name)) return model
  const version = DATED.test(name) ? '-v1:0' : VERSIONED.test(name) ? '-v1' : ''
  return `${profile && `${profile}.`}anthropic.${name}${version}`
}

/** CountTokens knows models, and no profiles of them. */
export function withoutProfile(model: string): string {
  return model.replace(/^[a-z-]+\.(?=anthropic\.)/, '')
}

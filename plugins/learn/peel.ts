import type { Accepts, Call } from '../../core/index.js'
import { extended, type Lesson } from '../../core/kit.js'
import { FEATURES, type Feature, isTaken } from './features.js'

/** What is left out together, where a refusal names nothing. */
export interface Half {
  readonly lesson: Lesson
  readonly why: string
}

/** The features that this request makes use of and its upstream is not known to refuse, in two halves. */
export function halvesOf(call: Call, accepts: Accepts): Half[] {
  return halved(FEATURES.filter((feature) => isTaken(feature, accepts) && feature.used(call)))
}

/** The same for the values of its `anthropic-beta`. */
export function halvesOfBetas(call: Call, accepts: Accepts): Half[] {
  const features = betasOf(call).map((beta) => ({
    off: { betaNames: { [beta]: null } },
    why: `beta ${beta}`,
  }))
  return halved(features.filter((feature) => isTaken(feature, accepts)))
}

/** The values of `anthropic-beta`; so many that no honest client sends more. */
export function betasOf(call: Call): string[] {
  const names = (call.header('anthropic-beta') ?? '').split(',').map((name) => name.trim())
  return names.filter((name) => /^[\w.-]{1,80}$/.test(name)).slice(0, 50)
}

function halved(features: readonly Omit<Feature, 'used'>[]): Half[] {
  const middle = Math.ceil(features.length / 2)
  return [features.slice(0, middle), features.slice(middle)]
    .filter((half) => half.length > 0)
    .map((half) => ({
      lesson: half.reduce<Lesson>((lesson, { off }) => extended(lesson, off), {}),
      why: half.map(({ why }) => why).join(', '),
    }))
}
